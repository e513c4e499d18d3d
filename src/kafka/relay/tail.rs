//! The tail of the output topics: which outbox position each partition holds last. The topic is the truth of delivery.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::message::Message;

use crate::failpoint::failpoint;
use crate::kafka::client::Broker;
use crate::kafka::{Result, reader, topics};
use crate::store::offsets::TopicPartition;
use crate::wire::Topic;
use crate::wire::outgoing::SEQUENCE_HEADER;

/// The last record of ours in a partition.
pub struct Tail {
    pub position: i64,
    /// Its `ce_id`; empty for a dead letter, which keeps the headers it came with.
    pub id: String,
}

/// How far back the first look goes; a transaction's markers lie between the records. Each further look goes 32 times as far.
const FIRST_LOOK: i64 = 16;

/// The last position in every output partition of a group. Call it after fencing: nobody else writes there then.
pub fn last_positions(broker: &Broker, group: i16, groups: i16) -> Result<HashMap<TopicPartition, Tail>> {
    let ours = |partition: &TopicPartition| partition.partition % i32::from(groups) == i32::from(group);
    let marks = topics::watermarks(broker, Topic::outputs())?;
    let mut open: Vec<_> = marks.into_iter().filter(|(p, low, high)| ours(p) && low < high).collect();
    let mut found = HashMap::new();
    let mut look = FIRST_LOOK;
    while !open.is_empty() {
        let start =
            |(partition, low, high): &(TopicPartition, i64, i64)| (*partition, (*high - look).max(*low));
        let starts: Vec<_> = open.iter().map(start).collect();
        found.extend(read_tail(broker, &starts)?);
        open.retain(|(partition, low, high)| !found.contains_key(partition) && high - look > *low);
        look = look.saturating_mul(32);
    }
    Ok(found)
}

fn read_tail(broker: &Broker, starts: &[(TopicPartition, i64)]) -> Result<HashMap<TopicPartition, Tail>> {
    let consumer = reader::assigned(broker, starts)?;
    let mut found = HashMap::new();
    // The group is fenced, so each partition ends once.
    let mut open = starts.len();
    while open > 0 {
        match failpoint!("tail.poll", consumer.poll(Duration::from_secs(30))) {
            None => {
                return Err(broker.unreachable("no tail came"));
            }
            Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let Some(topic) = broker.topic(message.topic()) else {
                    continue;
                };
                if let Some(tail) = tail_of(&reader::headers(&message)) {
                    found.insert(TopicPartition { topic, partition: message.partition() }, tail);
                }
            }
        }
    }
    Ok(found)
}

fn tail_of(headers: &[(&str, &[u8])]) -> Option<Tail> {
    // Ours come last, whatever a letter's message brought along.
    let find = |wanted| headers.iter().rfind(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let text = |wanted| find(wanted).and_then(|value| std::str::from_utf8(value).ok());
    let position = text(SEQUENCE_HEADER)?.parse().ok()?;
    let is_letter = find(crate::wire::dead_letters_v1::TOPIC).is_some();
    Some(Tail { position, id: text("ce_id").filter(|_| !is_letter).unwrap_or_default().to_owned() })
}
