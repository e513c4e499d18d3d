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
use crate::wire::{SourcePosition, Topic, dead_letters_v1};

pub async fn run(started: &CommandContext, act: DeadLetters, json: bool) -> Result<()> {
    started.env.ensure_topics().await?;
    let broker = started.env.broker.clone();
    let work = move || match act {
        DeadLetters::List => list(&broker, json),
        DeadLetters::Replay => replay(&broker, json),
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| service::Error::Interrupted)?
}

/// Lists positions, reasons and times. Never shows keys or values, which may be personal data.
fn list(broker: &Broker, json: bool) -> Result<()> {
    let mut found = 0_u64;
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        let Some(dead_letter) = dead_letters_v1::parse(&record.headers, record.value) else {
            return Ok(true);
        };
        found += 1;
        let at = dead_letter.at.map(|at| at.to_string());
        if json {
            let place = dead_letter.place.to_string();
            say!(
                "{}",
                json!({"place": place, "reason": dead_letter.reason, "at": at, "offset": record.offset})
            );
        } else {
            say!("{}  {}  {}", dead_letter.place, at.unwrap_or_default(), dead_letter.reason);
        }
        Ok(true)
    })?;
    if !json {
        say!("{found} dead letters");
    }
    Ok(())
}

/// The original positions of all misrouted messages. A message may be a dead letter for another reason first, and
/// misrouted after a replay.
fn misrouted(broker: &Broker) -> Result<HashSet<SourcePosition>> {
    let mut misrouted = HashSet::new();
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        let dead_letter = dead_letters_v1::parse(&record.headers, None);
        let dead_letter = dead_letter.filter(dead_letters_v1::DeadLetterEvent::is_misrouted);
        misrouted.extend(dead_letter.map(|dead_letter| dead_letter.original_position()));
        Ok(true)
    })?;
    Ok(misrouted)
}

/// Sends every dead letter to its source topic, with its original position. A message that became a dead letter again
/// after an earlier replay is in the topic twice, and is sent once.
fn replay(broker: &Broker, json: bool) -> Result<()> {
    let inputs: Vec<_> = Topic::inputs().collect();
    let misrouted = misrouted(broker)?;
    let mut sender = Sender::plain(broker, &inputs)?;
    let mut sent = HashSet::new();
    let mut too_long = HashSet::new();
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        match dead_letters_v1::parse(&record.headers, record.value) {
            Some(dead_letter) if !dead_letter.is_whole => {
                too_long.insert(dead_letter.original_position());
            }
            Some(dead_letter) if sent.insert(dead_letter.original_position()) => {
                let is_misrouted = misrouted.contains(&dead_letter.original_position());
                sender.send_again(&dead_letter, is_misrouted)?;
            }
            _ => {}
        }
        Ok(true)
    })?;
    sender.wait()?;
    let sent = sent.len();
    let too_long = too_long.len();
    if json {
        say!("{}", json!({"replayed": sent, "too_long": too_long}));
        return Ok(());
    }
    say!("{sent} dead letters were sent again; messages that still cannot be read become dead letters again");
    if too_long > 0 {
        say!(
            "{too_long} are too long for a dead letter: they are at the listed positions; their senders must shorten them"
        );
    }
    Ok(())
}
