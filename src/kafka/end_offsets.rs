//! The end offsets of the input topics: the offset after the last record of each partition. A transaction of an outside
//! system leaves a marker after its records, and its aborted records leave a gap. Neither ever gets a disposition, so
//! no caller may wait for them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::client::Broker;
use super::{Error, Result, fetch_errors, reader, topics};
use crate::failpoint::failpoint;
use crate::store::offsets::TopicPartition;
use crate::wire::Topic;

/// A partition, its first offset that is considered, and its end offset.
type EndOffset = (TopicPartition, i64, i64);

/// Returns the first and the end offset of every input partition. They are those of `watermarks`, but where ingest,
/// which is at `offsets`, lags, the end offset is the offset after the last record. Blocks.
pub fn end_offsets(broker: &Broker, offsets: &[(TopicPartition, i64)]) -> Result<Vec<EndOffset>> {
    let mut ends = topics::watermarks(broker, Topic::inputs())?;
    let lag: Vec<EndOffset> = topics::lag(&ends, offsets)
        .into_iter()
        .filter_map(|(partition, behind)| {
            let (_, _, high) = ends.iter().find(|(known, ..)| *known == partition)?;
            Some((partition, high - behind, *high))
        })
        .collect();
    if lag.is_empty() {
        return Ok(ends);
    }
    let consumer = reader::assigned(broker, &[])?;
    let mut last = HashMap::new();
    for topic in Topic::inputs() {
        let own = lag.iter().filter(|(partition, ..)| partition.topic == topic).copied().collect();
        last.extend(last_readable(broker, &consumer, own)?);
    }
    for (partition, next, _) in &lag {
        let end = last.get(partition).map_or(*next, |offset| offset + 1);
        ends.iter_mut().filter(|(known, ..)| known == partition).for_each(|known| known.2 = end);
    }
    Ok(ends)
}

/// Like `last_records`. A partition that cannot be read counts as if its last offset were a record, so that a
/// wait for the input includes it.
fn last_readable<C: ConsumerContext>(
    broker: &Broker,
    consumer: &BaseConsumer<C>,
    open: Vec<EndOffset>,
) -> Result<HashMap<TopicPartition, i64>> {
    match last_records(broker, consumer, open.clone()) {
        Err(Error::Kafka(error)) if fetch_errors::concerns_partition(&error) => {}
        outcome => return outcome,
    }
    let mut found = HashMap::new();
    for (partition, next, high) in open {
        match last_records(broker, consumer, vec![(partition, next, high)]) {
            Err(Error::Kafka(error)) if fetch_errors::concerns_partition(&error) => {
                found.insert(partition, high - 1);
            }
            outcome => found.extend(outcome?),
        }
    }
    Ok(found)
}

/// Returns the offset of the last record of each partition, before its end offset, if there is a record. All partitions
/// are of one topic. The first read covers the last offset, which usually is a record; each further read starts 32
/// times as far back.
fn last_records<C: ConsumerContext>(
    broker: &Broker,
    consumer: &BaseConsumer<C>,
    mut open: Vec<EndOffset>,
) -> Result<HashMap<TopicPartition, i64>> {
    let mut found = HashMap::new();
    let mut distance = 1_i64;
    while !open.is_empty() {
        let mut list = TopicPartitionList::new();
        for (partition, next, high) in &open {
            let from = Offset::Offset((high - distance).max(*next));
            list.add_partition_offset(&broker.name(partition.topic), partition.partition, from)?;
        }
        failpoint!("ends.assign", consumer.assign(&list))?;
        read_to(broker, consumer, &open, &mut found)?;
        open.retain(|(partition, next, high)| !found.contains_key(partition) && high - distance > *next);
        distance = distance.saturating_mul(32);
    }
    Ok(found)
}

fn read_to<C: ConsumerContext>(
    broker: &Broker,
    consumer: &BaseConsumer<C>,
    open: &[EndOffset],
    found: &mut HashMap<TopicPartition, i64>,
) -> Result<()> {
    let mut reading: HashSet<i32> = open.iter().map(|(partition, ..)| partition.partition).collect();
    while !reading.is_empty() {
        match failpoint!("ends.poll", consumer.poll(Duration::from_secs(30))) {
            None => {
                return Err(broker.unreachable("no end of a partition was received for 30 s"));
            }
            // All partitions are of one topic, so the number identifies the partition.
            Some(Err(KafkaError::PartitionEOF(number))) => drop(reading.remove(&number)),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let reading_of =
                    open.iter().find(|(partition, ..)| partition.partition == message.partition());
                let Some((partition, _, high)) = reading_of else {
                    continue;
                };
                if message.offset() < *high {
                    found.insert(*partition, message.offset());
                }
                if message.offset() + 1 >= *high {
                    reading.remove(&partition.partition);
                }
            }
        }
    }
    Ok(())
}
