//! Where the input topics end: behind their last records. A transaction of an outside system leaves a marker behind its
//! records, and what was taken back stays as a gap; neither is ever disposed of, and nobody may wait for it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::client::Broker;
use super::{Result, reader, topics};
use crate::failpoint::failpoint;
use crate::store::offsets::TopicPartition;
use crate::wire::Topic;

/// A partition, the first offset in it that is looked at, and the one behind its last.
type EndOffset = (TopicPartition, i64, i64);

/// First and next offset of every input partition, as `watermarks` gives them, but behind the last record where the
/// intake, which stands at `offsets`, lags. Blocks.
pub fn end_offsets(broker: &Broker, offsets: &[(TopicPartition, i64)]) -> Result<Vec<EndOffset>> {
    let mut marks = topics::watermarks(broker, Topic::inputs())?;
    let lag: Vec<EndOffset> = topics::lag(&marks, offsets)
        .into_iter()
        .filter_map(|(partition, behind)| {
            let (_, _, high) = marks.iter().find(|(known, ..)| *known == partition)?;
            Some((partition, high - behind, *high))
        })
        .collect();
    if lag.is_empty() {
        return Ok(marks);
    }
    let consumer = reader::assigned(broker, &[])?;
    let mut last = HashMap::new();
    for topic in Topic::inputs() {
        let own = lag.iter().filter(|(partition, ..)| partition.topic == topic).copied().collect();
        last.extend(last_records(broker, &consumer, own)?);
    }
    for (partition, next, _) in &lag {
        let end = last.get(partition).map_or(*next, |offset| offset + 1);
        marks.iter_mut().filter(|(known, ..)| known == partition).for_each(|mark| mark.2 = end);
    }
    Ok(marks)
}

/// The last record of each of one topic's partitions within its mark, where there is any: most often the last offset is
/// one; else each further look goes 32 times as far back.
fn last_records<C: ConsumerContext>(
    broker: &Broker,
    consumer: &BaseConsumer<C>,
    mut open: Vec<EndOffset>,
) -> Result<HashMap<TopicPartition, i64>> {
    let mut found = HashMap::new();
    let mut look = 1_i64;
    while !open.is_empty() {
        let mut list = TopicPartitionList::new();
        for (partition, next, high) in &open {
            let from = Offset::Offset((high - look).max(*next));
            list.add_partition_offset(&broker.name(partition.topic), partition.partition, from)?;
        }
        failpoint!("ends.assign", consumer.assign(&list))?;
        read_to(broker, consumer, &open, &mut found)?;
        open.retain(|(partition, next, high)| !found.contains_key(partition) && high - look > *next);
        look = look.saturating_mul(32);
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
                let problem = "no end came".to_owned();
                return Err(broker.unreachable(problem));
            }
            // All of them are one topic's: the number names the partition.
            Some(Err(KafkaError::PartitionEOF(number))) => drop(reading.remove(&number)),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let mark = open.iter().find(|(partition, ..)| partition.partition == message.partition());
                let Some((partition, _, high)) = mark else {
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
