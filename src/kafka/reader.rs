//! Reads topics from their beginning to their current end.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::client::Broker;
use super::client_logging::LoggingContext;
use super::topics::{self, PartitionRange};
use super::{Error, Result, fetch_errors};
use crate::failpoint::failpoint;
use crate::retry::ShutdownSignal;
use crate::store::offsets::{PartitionOffset, TopicPartition};
use crate::wire::headers::UNREADABLE_NAME;
use crate::wire::proof::RecordContent;
use crate::wire::{RawRecord, Topic};

/// A record as its topic stores it.
pub struct TopicRecord<'a> {
    pub partition: TopicPartition,
    pub offset: i64,
    /// Milliseconds since 1970, as the producer or the broker set it.
    pub timestamp_ms: Option<i64>,
    pub key: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub value: Option<&'a [u8]>,
}

impl TopicRecord<'_> {
    /// What the MAC of the record covers.
    pub fn content(&self) -> RecordContent<'_> {
        RecordContent {
            topic: self.partition.topic,
            partition: self.partition.partition,
            headers: &self.headers,
            key: self.key,
            value: self.value,
        }
    }
}

impl<'a> From<TopicRecord<'a>> for RawRecord<'a> {
    fn from(record: TopicRecord<'a>) -> Self {
        Self {
            topic: record.partition.topic,
            partition: record.partition.partition,
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            key: record.key,
            headers: record.headers,
            value: record.value,
        }
    }
}

/// Returns the headers of a message. A header without a value has an empty value. A header whose name is not UTF-8 gets
/// the name [`UNREADABLE_NAME`]: rdkafka panics on such a name, so any client that may write to the topic could
/// otherwise end the process.
pub fn headers<'a>(message: &'a BorrowedMessage<'_>) -> Vec<(&'a str, &'a [u8])> {
    let Some(headers) = message.headers() else {
        return Vec::new();
    };
    if let Ok(all) = catch_unwind(AssertUnwindSafe(|| headers.iter().map(plain).collect())) {
        return all;
    }
    let mut all = Vec::with_capacity(headers.count());
    for index in 0..headers.count() {
        let one = catch_unwind(AssertUnwindSafe(|| headers.get(index)));
        all.push(one.map_or((UNREADABLE_NAME, b"".as_slice()), plain));
    }
    all
}

fn plain<'a>(header: Header<'a, &'a [u8]>) -> (&'a str, &'a [u8]) {
    (header.key, header.value.unwrap_or_default())
}

/// Reads every record of a topic up to its end at the time of the call, each partition in order. Blocks. Stops when
/// `each` returns false.
pub fn read_to_end(
    broker: &Broker,
    topic: Topic,
    each: &mut dyn FnMut(TopicRecord<'_>) -> Result<bool>,
) -> Result<()> {
    let ranges = topics::complete_watermarks(broker, std::iter::once(topic))?;
    read_between(broker, &ranges, each)
}

/// Reads every record between two offsets (the first included) of each partition, each partition in order. All
/// partitions are of one topic. Blocks. Stops when `each` returns false.
pub fn read_between(
    broker: &Broker,
    ranges: &[PartitionRange],
    each: &mut dyn FnMut(TopicRecord<'_>) -> Result<bool>,
) -> Result<()> {
    let ranges: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).collect();
    let starts: Vec<_> = ranges.iter().map(|range| range.first_offset()).collect();
    // All partitions are of one topic, so the number identifies the partition.
    let mut ends: HashMap<i32, PartitionOffset> =
        ranges.iter().map(|range| (range.partition.partition, range.end_offset())).collect();
    let consumer = assigned(broker, &starts)?;
    let mut errors = 0;
    while !ends.is_empty() {
        match failpoint!("read.poll", consumer.poll(POLL_TIMEOUT)) {
            None => {
                return Err(broker.unreachable("no record was received for 30 s"));
            }
            // Only markers or an open transaction can follow here.
            Some(Err(KafkaError::PartitionEOF(partition))) => drop(ends.remove(&partition)),
            // The client tries again by itself. All partitions are of one topic.
            Some(Err(KafkaError::MessageConsumption(code))) if code != RDKafkaErrorCode::AutoOffsetReset => {
                let is_of_partition = fetch_errors::concerns_partition(&KafkaError::MessageConsumption(code));
                errors += u32::from(is_of_partition);
                if errors == MAX_ERRORS {
                    let topic =
                        starts.first().map_or_else(String::new, |one| broker.name(one.partition.topic));
                    return Err(Error::Topic { topic, problem: format!("it cannot be read: {code}") });
                }
            }
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                errors = 0;
                let number = message.partition();
                let Some(PartitionOffset { partition, offset: end }) = ends.get(&number).copied() else {
                    continue;
                };
                if message.offset() < end && !each(record(partition, &message))? {
                    return Ok(());
                }
                if message.offset() + 1 >= end {
                    ends.remove(&number);
                }
            }
        }
    }
    Ok(())
}

const POLL_TIMEOUT: Duration = Duration::from_secs(30);
/// Consecutive errors without a record after which a topic counts as unreadable. The client pauses for half a second
/// after an error of a partition.
const MAX_ERRORS: u32 = 60;

fn record<'a>(partition: TopicPartition, message: &'a BorrowedMessage<'_>) -> TopicRecord<'a> {
    TopicRecord {
        partition,
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis(),
        key: message.key(),
        headers: headers(message),
        value: message.payload(),
    }
}

/// Returns a consumer of exactly these partitions, from these offsets.
pub fn assigned(broker: &Broker, starts: &[PartitionOffset]) -> Result<BaseConsumer<LoggingContext>> {
    let mut config = broker.consumer_config();
    // The broker reports the end of a partition only after it has waited this long for more records. The default is
    // 500 ms for each topic.
    config.set("fetch.wait.max.ms", "20");
    let consumer: BaseConsumer<LoggingContext> = config.create_with_context(LoggingContext)?;
    let mut list = TopicPartitionList::new();
    for PartitionOffset { partition, offset } in starts {
        list.add_partition_offset(
            &broker.name(partition.topic),
            partition.partition,
            Offset::Offset(*offset),
        )?;
    }
    failpoint!("read.assign", consumer.assign(&list))?;
    Ok(consumer)
}

/// Reads a topic from its beginning and continues past its end, until `each` returns false, the time `within` is over,
/// or shutdown is requested. Blocks.
pub fn follow(
    broker: &Broker,
    topic: Topic,
    within: Duration,
    stop: &ShutdownSignal,
    each: &mut dyn FnMut(TopicRecord<'_>) -> Result<bool>,
) -> Result<()> {
    let ranges = topics::complete_watermarks(broker, std::iter::once(topic))?;
    let starts: Vec<_> = ranges.iter().map(PartitionRange::first_offset).collect();
    let consumer = assigned(broker, &starts)?;
    let mut left = within;
    let tick = Duration::from_millis(50);
    loop {
        match failpoint!("follow.poll", consumer.poll(tick)) {
            None | Some(Err(_)) => left = left.saturating_sub(tick),
            Some(Ok(message)) => {
                let partition = TopicPartition { topic, partition: message.partition() };
                if !each(record(partition, &message))? {
                    return Ok(());
                }
            }
        }
        if left.is_zero() || *stop.borrow() {
            return Ok(());
        }
    }
}
