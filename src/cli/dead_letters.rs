//! `peyvand dead-letters list` and `replay`.

use std::collections::HashSet;

use serde_json::json;

use super::Result;
use super::arguments::DeadLetters;
use super::start::CommandContext;
use crate::kafka::Broker;
use crate::kafka::producer::Sender;
use crate::kafka::reader::{TopicRecord, read_to_end};
use crate::service;
use crate::terminal::say;
use crate::wire::dead_letters_v1::{self, DeadLetterEvent};
use crate::wire::proof::{Origin, RecordContent};
use crate::wire::{RecordKey, Topic};

pub async fn run(started: &CommandContext, act: DeadLetters, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    let (broker, key) = (started.env.broker.clone(), ctx.records.clone());
    let work = move || match act {
        DeadLetters::List => list(&broker, &key, json),
        DeadLetters::Replay => replay(&broker, &key, json),
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| service::Error::Interrupted)?
}

/// Lists positions, reasons and times. Never shows keys or values, which may be personal data.
fn list(broker: &Broker, key: &RecordKey, json: bool) -> Result<()> {
    let mut found = 0_u64;
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        let Some(dead_letter) = own_letter(key, &record) else {
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

/// Sends every dead letter to its source topic, with its original position. A message that became a dead letter again
/// after an earlier replay is in the topic twice, and is sent once.
fn replay(broker: &Broker, key: &RecordKey, json: bool) -> Result<()> {
    let inputs: Vec<_> = Topic::inputs().collect();
    let mut sender = Sender::plain(broker, &inputs)?;
    let mut sent = HashSet::new();
    let mut too_long = HashSet::new();
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        match own_letter(key, &record) {
            Some(dead_letter) if !dead_letter.is_whole => {
                too_long.insert(dead_letter.original_position().clone());
            }
            Some(dead_letter) if sent.insert(dead_letter.original_position().clone()) => {
                if let Some(topic) = broker.topic(&dead_letter.place.topic) {
                    sender.send_again(&dead_letter, topic, key)?;
                }
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

/// A dead letter that this installation has written. Foreign records in the topic are passed over.
fn own_letter<'a>(key: &RecordKey, record: &'a TopicRecord<'a>) -> Option<DeadLetterEvent<'a>> {
    let content = RecordContent {
        topic: record.partition.topic,
        partition: record.partition.partition,
        headers: &record.headers,
        key: record.key,
        value: record.value,
    };
    match key.origin(&content) {
        Origin::Own { headers, .. } => dead_letters_v1::parse(headers, record.value),
        Origin::NoMac | Origin::WrongMac => None,
    }
}
