//! The tails of the output topics: the last sequence number in each partition. The topic is authoritative for what is
//! delivered.
//!
//! Architecture invariant: only a record with a proof counts. A foreign record neither stops a shard nor moves its
//! position.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::message::Message;

use crate::failpoint::failpoint;
use crate::kafka::client::Broker;
use crate::kafka::topics::{self, PartitionRange};
use crate::kafka::{Error, Result, reader};
use crate::store::offsets::{PartitionOffset, TopicPartition};
use crate::wire::proof::{Origin, RecordContent};
use crate::wire::{RecordKey, Topic, dead_letters_v1};

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

/// A relay shard, and the number of shards.
#[derive(Clone, Copy)]
pub struct OutputShard {
    pub number: i16,
    pub of: i16,
}

impl OutputShard {
    pub fn contains(self, partition: TopicPartition) -> bool {
        partition.partition % i32::from(self.of) == i32::from(self.number)
    }
}

/// Returns the tail of each output partition of a relay shard, if the partition contains a record of the relay. Call it
/// after fencing, when no other writer can write to these partitions.
///
/// `ended` are the end offsets that the database knows: own records that it does not know follow them. All records from
/// there are read, because copies of older records may follow the last one. Their proof is right, so the highest
/// sequence number counts and not the last.
///
/// # Errors
/// Besides a broker that does not answer: if it does not name every partition, or names an end before the one that the
/// database knows. A partition without its tail would be written again.
pub fn last_positions(
    broker: &Broker,
    key: &RecordKey,
    shard: OutputShard,
    ended: &BTreeMap<TopicPartition, i64>,
) -> Result<HashMap<TopicPartition, Tail>> {
    let mut open = topics::complete_watermarks(broker, Topic::outputs())?;
    open.retain(|range| shard.contains(range.partition));
    for range in &open {
        let known = ended.get(&range.partition).copied().unwrap_or(0);
        if range.end < known {
            let TopicPartition { topic, partition } = range.partition;
            let problem = format!(
                "partition {partition} ends at {}, and the relay has written up to {known}",
                range.end
            );
            return Err(Error::Topic { topic: broker.name(topic), problem });
        }
    }
    open.retain(|range| !range.is_empty());
    let mut found = HashMap::new();
    let mut distance = FIRST_DISTANCE;
    while !open.is_empty() {
        let mut starts = Vec::with_capacity(open.len());
        for &PartitionRange { partition, first, end } in &open {
            let known = ended.get(&partition).copied().unwrap_or(end);
            starts.push(PartitionOffset { partition, offset: (end - distance).min(known).max(first) });
        }
        found.extend(read_tail(broker, key, &starts)?);
        open.retain(|range| !found.contains_key(&range.partition) && range.end - distance > range.first);
        distance = distance.saturating_mul(32);
    }
    Ok(found)
}

fn read_tail(
    broker: &Broker,
    key: &RecordKey,
    starts: &[PartitionOffset],
) -> Result<HashMap<TopicPartition, Tail>> {
    let consumer = reader::assigned(broker, starts)?;
    let mut found: HashMap<TopicPartition, Tail> = HashMap::new();
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
                let partition = TopicPartition { topic, partition: message.partition() };
                let content = RecordContent {
                    topic,
                    partition: partition.partition,
                    headers: &reader::headers(&message),
                    key: message.key(),
                    value: message.payload(),
                };
                let Some(tail) = tail_of(key, &content) else {
                    continue;
                };
                if found.get(&partition).is_none_or(|highest| highest.position < tail.position) {
                    found.insert(partition, tail);
                }
            }
        }
    }
    Ok(found)
}

fn tail_of(key: &RecordKey, record: &RecordContent<'_>) -> Option<Tail> {
    let Origin::Own { sequence, headers } = key.origin(record) else {
        return None;
    };
    let is_dead_letter = headers.iter().any(|(name, _)| *name == dead_letters_v1::TOPIC);
    let id = headers
        .iter()
        .rfind(|(name, _)| *name == "ce_id")
        .map(|(_, value)| *value)
        .filter(|_| !is_dead_letter)
        .and_then(|id| std::str::from_utf8(id).ok());
    Some(Tail { position: sequence, id: id.unwrap_or_default().to_owned() })
}
