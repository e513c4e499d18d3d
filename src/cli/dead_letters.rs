//! `peyvand dead-letters list` and `replay`.

use std::collections::HashSet;

use serde_json::json;

use super::Result;
use super::arguments::DeadLetters;
use super::start::CommandContext;
use crate::kafka::Broker;
use crate::kafka::producer::Sender;
use crate::kafka::reader::read_to_end;
use crate::service;
use crate::terminal::say;
use crate::wire::{Topic, dead_letters_v1};

pub async fn run(started: &CommandContext, act: DeadLetters, json: bool) -> Result<()> {
    started.env.ensure_topics().await?;
    let broker = started.env.broker.clone();
    let work = move || match act {
        DeadLetters::List => list(&broker, json),
        DeadLetters::Replay => replay(&broker, json),
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| service::Error::Interrupted)?
}

/// Places, reasons and times: never bytes, which may be somebody's.
fn list(broker: &Broker, json: bool) -> Result<()> {
    let mut found = 0_u64;
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        let Some(letter) = dead_letters_v1::parse(&record.headers, record.value) else {
            return Ok(true);
        };
        found += 1;
        let at = letter.at.map(|at| at.to_string());
        if json {
            let place = letter.place.to_string();
            say!("{}", json!({"place": place, "reason": letter.reason, "at": at, "offset": record.offset}));
        } else {
            say!("{}  {}  {}", letter.place, at.unwrap_or_default(), letter.reason);
        }
        Ok(true)
    })?;
    if !json {
        say!("{found} dead letters");
    }
    Ok(())
}

/// Sends every letter to the topic that it came from, with the place where it first lay. One that came back from an
/// earlier replay lies there twice, and is sent once.
fn replay(broker: &Broker, json: bool) -> Result<()> {
    let inputs: Vec<_> = Topic::inputs().collect();
    let mut sender = Sender::plain(broker, &inputs)?;
    let (mut sent, mut left) = (HashSet::new(), HashSet::new());
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        match dead_letters_v1::parse(&record.headers, record.value) {
            Some(letter) if !letter.is_whole => drop(left.insert(letter.original_position())),
            Some(letter) if sent.insert(letter.original_position()) => sender.send_again(&letter)?,
            _ => {}
        }
        Ok(true)
    })?;
    sender.wait()?;
    let (sent, left) = (sent.len(), left.len());
    if json {
        say!("{}", json!({"replayed": sent, "too_long": left}));
        return Ok(());
    }
    say!("{sent} dead letters were sent again; what still cannot be read comes back");
    if left > 0 {
        say!(
            "{left} are too long to be carried: each lies where its letter says, and its sender must cut it"
        );
    }
    Ok(())
}
