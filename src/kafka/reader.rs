//! Reading topics from the beginning to the end that they have now.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::client::Broker;
use super::client_logging::LoggingContext;
use super::{Result, topics};
use crate::failpoint::failpoint;
use crate::retry::ShutdownSignal;
use crate::store::offsets::TopicPartition;
use crate::wire::Topic;
use crate::wire::headers::UNREADABLE_NAME;

/// A record as it lies in its topic.
pub struct TopicRecord<'a> {
    pub partition: TopicPartition,
    pub offset: i64,
    /// Milliseconds since 1970, as the producer or the broker set it.
    pub timestamp_ms: Option<i64>,
    pub key: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub value: Option<&'a [u8]>,
}

/// The headers of a message; one without a value counts as empty, and one whose name is no UTF-8 text bears a name
/// that stands for it: rdkafka panics there, and whoever may write to the topic could end the process with it.
pub fn headers<'a>(message: &'a BorrowedMessage<'_>) -> Vec<(&'a str, &'a [u8])> {
    let Some(headers) = message.headers() else {
        return Vec::new();
    };
    let plain = |header: Header<'a, &'a [u8]>| (header.key, header.value.unwrap_or_default());
    let all = catch_unwind(AssertUnwindSafe(|| headers.iter().map(plain).collect()));
    let each = |at| catch_unwind(AssertUnwindSafe(|| headers.get(at)));
    all.unwrap_or_else(|_| {
        (0..headers.count()).map(|at| each(at).map_or((UNREADABLE_NAME, b"".as_slice()), plain)).collect()
    })
}

/// Reads every record of a topic up to its end at the call, each partition in order. Blocks. `each` may end the reading
/// by answering false.
pub fn read_to_end(
    broker: &Broker,
    topic: Topic,
    each: &mut dyn FnMut(TopicRecord<'_>) -> Result<bool>,
) -> Result<()> {
    let marks = topics::watermarks(broker, std::iter::once(topic))?;
    read_between(broker, &marks, each)
}

/// Reads every record between two offsets of each of a topic's partitions (the first included), each partition in order.
/// Blocks. `each` may end the reading by answering false.
pub fn read_between(
    broker: &Broker,
    ranges: &[(TopicPartition, i64, i64)],
    each: &mut dyn FnMut(TopicRecord<'_>) -> Result<bool>,
) -> Result<()> {
    let filled = || ranges.iter().filter(|(_, from, to)| from < to);
    let starts: Vec<_> = filled().map(|(partition, from, _)| (*partition, *from)).collect();
    // All of them are one topic's: the number names the partition.
    let mut ends: HashMap<i32, (TopicPartition, i64)> =
        filled().map(|(partition, _, to)| (partition.partition, (*partition, *to))).collect();
    let consumer = assigned(broker, &starts)?;
    while !ends.is_empty() {
        match failpoint!("read.poll", consumer.poll(SILENCE)) {
            None => {
                return Err(broker.unreachable(SILENT));
            }
            // What follows here, if anything, is markers or an open transaction.
            Some(Err(KafkaError::PartitionEOF(partition))) => drop(ends.remove(&partition)),
            Some(Err(KafkaError::MessageConsumption(code))) if code != RDKafkaErrorCode::AutoOffsetReset => {}
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let number = message.partition();
                let Some((partition, end)) = ends.get(&number).copied() else {
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

const SILENCE: Duration = Duration::from_secs(30);
const SILENT: &str = "no record came for 30 s";

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

/// A consumer of exactly these partitions from these offsets.
pub fn assigned(broker: &Broker, starts: &[(TopicPartition, i64)]) -> Result<BaseConsumer<LoggingContext>> {
    let mut config = broker.consumer_config();
    // The broker tells an end only when it has waited this long for more: half a second a topic unless told.
    config.set("fetch.wait.max.ms", "20");
    let consumer: BaseConsumer<LoggingContext> = config.create_with_context(LoggingContext)?;
    let mut list = TopicPartitionList::new();
    for (partition, offset) in starts {
        list.add_partition_offset(
            &broker.name(partition.topic),
            partition.partition,
            Offset::Offset(*offset),
        )?;
    }
    failpoint!("read.assign", consumer.assign(&list))?;
    Ok(consumer)
}

/// Reads a topic from its beginning and goes on past its end, until `each` answers false, the time is over, or `stop` says
/// so. Blocks.
pub fn follow(
    broker: &Broker,
    topic: Topic,
    within: Duration,
    stop: &ShutdownSignal,
    each: &mut dyn FnMut(TopicRecord<'_>) -> Result<bool>,
) -> Result<()> {
    let marks = topics::watermarks(broker, std::iter::once(topic))?;
    let starts: Vec<_> = marks.iter().map(|(partition, low, _)| (*partition, *low)).collect();
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
