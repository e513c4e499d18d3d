//! The tails of the output topics: the last sequence number in each partition. The topic is authoritative for what is
//! delivered.

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

/// The last record of the relay in a partition.
pub struct Tail {
    /// The sequence number of the record.
    pub position: i64,
    /// The `ce_id` of the record. Empty for a dead letter, which keeps the headers of its message.
    pub id: String,
}

/// How many offsets before the end the first read starts: there are transaction markers between the records. Each
/// further read starts 32 times as far back.
const FIRST_DISTANCE: i64 = 16;

/// Returns the tail of each output partition of a relay shard, if the partition contains a record of the relay. Call it
/// after fencing, when no other writer can write to these partitions.
pub fn last_positions(broker: &Broker, shard: i16, shards: i16) -> Result<HashMap<TopicPartition, Tail>> {
    let is_in_shard =
        |partition: &TopicPartition| partition.partition % i32::from(shards) == i32::from(shard);
    let ranges = topics::watermarks(broker, Topic::outputs())?;
    let mut open: Vec<_> = ranges.into_iter().filter(|(p, low, high)| is_in_shard(p) && low < high).collect();
    let mut found = HashMap::new();
    let mut distance = FIRST_DISTANCE;
    while !open.is_empty() {
        let starts: Vec<_> =
            open.iter().map(|(partition, low, high)| (*partition, (*high - distance).max(*low))).collect();
        found.extend(read_tail(broker, &starts)?);
        open.retain(|(partition, low, high)| !found.contains_key(partition) && high - distance > *low);
        distance = distance.saturating_mul(32);
    }
    Ok(found)
}

fn read_tail(broker: &Broker, starts: &[(TopicPartition, i64)]) -> Result<HashMap<TopicPartition, Tail>> {
    let consumer = reader::assigned(broker, starts)?;
    let mut found = HashMap::new();
    // The shard is fenced, so the end of each partition is reported once.
    let mut open = starts.len();
    while open > 0 {
        match failpoint!("tail.poll", consumer.poll(Duration::from_secs(30))) {
            None => {
                return Err(broker.unreachable("no tail of a partition was received for 30 s"));
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
    // The relay appends its headers. Before them, a dead letter may contain headers of its message with the same names.
    let last_header = |wanted| headers.iter().rfind(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let text = |wanted| last_header(wanted).and_then(|value| std::str::from_utf8(value).ok());
    let position = text(SEQUENCE_HEADER)?.parse().ok()?;
    let is_dead_letter = last_header(crate::wire::dead_letters_v1::TOPIC).is_some();
    Some(Tail { position, id: text("ce_id").filter(|_| !is_dead_letter).unwrap_or_default().to_owned() })
}
