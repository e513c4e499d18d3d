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
use crate::kafka::topics::{PartitionLag, PartitionRange};
use crate::store::offsets::{PartitionOffset, TopicPartition};
use crate::wire::Topic;

/// Returns the first and the end offset of every input partition. They are those of `watermarks`, but where ingest,
/// which is at `offsets`, lags, the end offset is the offset after the last record. Blocks.
pub fn end_offsets(broker: &Broker, offsets: &[PartitionOffset]) -> Result<Vec<PartitionRange>> {
    let mut ends = topics::watermarks(broker, Topic::inputs())?;
    let mut lag = Vec::new();
    for PartitionLag { partition, messages } in topics::lag(&ends, offsets) {
        let Some(known) = ends.iter().find(|known| known.partition == partition) else { continue };
        lag.push(PartitionRange { first: known.end - messages, ..*known });
    }
    if lag.is_empty() {
        return Ok(ends);
    }
    let consumer = reader::assigned(broker, &[])?;
    let mut last = HashMap::new();
    for topic in Topic::inputs() {
        let own = lag.iter().filter(|range| range.partition.topic == topic).copied().collect();
        last.extend(last_readable(broker, &consumer, own)?);
    }
    for PartitionRange { partition, first, .. } in lag {
        let end = last.get(&partition).map_or(first, |offset| offset + 1);
        ends.iter_mut().filter(|known| known.partition == partition).for_each(|known| known.end = end);
    }
    Ok(ends)
}

/// Like `last_records`. A partition that cannot be read counts as if its last offset were a record, so that a
/// wait for the input includes it.
fn last_readable<C: ConsumerContext>(
    broker: &Broker,
    consumer: &BaseConsumer<C>,
    open: Vec<PartitionRange>,
) -> Result<HashMap<TopicPartition, i64>> {
    match last_records(broker, consumer, open.clone()) {
        Err(Error::Kafka(error)) if fetch_errors::concerns_partition(&error) => {}
        outcome => return outcome,
    }
    let mut found = HashMap::new();
    for range in open {
        match last_records(broker, consumer, vec![range]) {
            Err(Error::Kafka(error)) if fetch_errors::concerns_partition(&error) => {
                found.insert(range.partition, range.end - 1);
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
    mut open: Vec<PartitionRange>,
) -> Result<HashMap<TopicPartition, i64>> {
    let mut found = HashMap::new();
    let mut distance = 1_i64;
    while !open.is_empty() {
        let mut list = TopicPartitionList::new();
        for PartitionRange { partition, first, end } in &open {
            let from = Offset::Offset((end - distance).max(*first));
            list.add_partition_offset(&broker.name(partition.topic), partition.partition, from)?;
        }
        failpoint!("ends.assign", consumer.assign(&list))?;
        read_to(broker, consumer, &open, &mut found)?;
        open.retain(|range| !found.contains_key(&range.partition) && range.end - distance > range.first);
        distance = distance.saturating_mul(32);
    }
    Ok(found)
}

fn read_to<C: ConsumerContext>(
    broker: &Broker,
    consumer: &BaseConsumer<C>,
    open: &[PartitionRange],
    found: &mut HashMap<TopicPartition, i64>,
) -> Result<()> {
    let mut reading: HashSet<i32> = open.iter().map(|range| range.partition.partition).collect();
    while !reading.is_empty() {
        match failpoint!("ends.poll", consumer.poll(Duration::from_secs(30))) {
            None => {
                return Err(broker.unreachable("no end of a partition was received for 30 s"));
            }
            // All partitions are of one topic, so the number identifies the partition.
            Some(Err(KafkaError::PartitionEOF(number))) => drop(reading.remove(&number)),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let reading_of = open.iter().find(|range| range.partition.partition == message.partition());
                let Some(PartitionRange { partition, end, .. }) = reading_of else {
                    continue;
                };
                if message.offset() < *end {
                    found.insert(*partition, message.offset());
                }
                if message.offset() + 1 >= *end {
                    reading.remove(&partition.partition);
                }
            }
        }
    }
    Ok(())
}
