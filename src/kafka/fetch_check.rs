//! Finds the partitions that cannot be read. The client reports a fetch error without its partition, so each partition
//! is read alone, by a second reader.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::client::Broker;
use super::client_logging::LoggingContext;
use super::fetch_errors::concerns_partition;
use super::{Error, Result, reader};
use crate::failpoint::failpoint;
use crate::store::offsets::{PartitionOffset, TopicPartition};

/// How long one partition may take to answer. A partition that has nothing to read answers after a few milliseconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(100);

/// A partition that cannot be read at its position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnreadablePartition {
    pub partition: TopicPartition,
    pub offset: i64,
    pub error: RDKafkaErrorCode,
}

/// Reads each of these partitions at its position, and returns those that answer with an error instead of a record or
/// their end. Blocks. `stop` aborts it.
///
/// # Errors
/// If a partition does not answer: it is then unknown which partitions can be read.
pub fn unreadable(
    broker: &Broker,
    positions: &[PartitionOffset],
    stop: &AtomicBool,
) -> Result<Vec<UnreadablePartition>> {
    let mut found = Vec::new();
    if positions.is_empty() {
        return Ok(found);
    }
    let consumer = reader::assigned(broker, &[])?;
    for PartitionOffset { partition, offset } in positions {
        let mut list = TopicPartitionList::new();
        let name = broker.name(partition.topic);
        list.add_partition_offset(&name, partition.partition, Offset::Offset(*offset))?;
        failpoint!("fetch_check.assign", consumer.assign(&list))?;
        if let Some(error) = first_answer(broker, &consumer, stop)? {
            found.push(UnreadablePartition { partition: *partition, offset: *offset, error });
        }
    }
    Ok(found)
}

/// Returns None if the assigned partition answers with a record or its end.
fn first_answer(
    broker: &Broker,
    consumer: &BaseConsumer<LoggingContext>,
    stop: &AtomicBool,
) -> Result<Option<RDKafkaErrorCode>> {
    let mut left = ANSWER_TIMEOUT;
    while !left.is_zero() {
        if stop.load(Ordering::Acquire) {
            return Err(Error::Stopped);
        }
        match failpoint!("fetch_check.poll", consumer.poll(TICK)) {
            None => left = left.saturating_sub(TICK),
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(None),
            Some(Err(error)) if concerns_partition(&error) => return Ok(error.rdkafka_error_code()),
            Some(Err(error)) => return Err(error.into()),
        }
    }
    Err(broker.unreachable("a partition did not answer for 5 s"))
}
