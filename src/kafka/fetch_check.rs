//! Finds the partitions that cannot be read. The client reports a fetch error without its partition, so each partition
//! is read alone, by a second reader.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::client::Broker;
use super::client_logging::LoggingContext;
use super::{Error, Result, reader};
use crate::failpoint::failpoint;
use crate::store::offsets::TopicPartition;

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

/// Returns true if the error is about one partition or topic. Other errors are about the connection to a broker, the
/// consumer group or the client itself.
pub fn concerns_partition(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let KafkaError::MessageConsumption(code) = error else { return false };
    !matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::BrokerDestroy
            | Code::DestroyBroker
            | Code::Resolve
            | Code::SSL
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::NetworkException
            | Code::PollExceeded
            | Code::Fatal
            | Code::Fenced
            | Code::FencedInstanceId
            | Code::AssignmentLost
            | Code::NodeUpdate
            | Code::GroupAuthorizationFailed
            | Code::ThrottlingQuotaExceeded
    )
}

/// Reads each of these partitions at its position, and returns those that answer with an error instead of a record or
/// their end. Blocks. `stop` aborts it.
///
/// # Errors
/// If a partition does not answer: it is then unknown which partitions can be read.
pub fn unreadable(
    broker: &Broker,
    positions: &[(TopicPartition, i64)],
    stop: &AtomicBool,
) -> Result<Vec<UnreadablePartition>> {
    let mut found = Vec::new();
    if positions.is_empty() {
        return Ok(found);
    }
    let consumer = reader::assigned(broker, &[])?;
    for (partition, offset) in positions {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_no_error_of_a_partition() {
        use RDKafkaErrorCode as Code;
        let is_of_partition = |code| concerns_partition(&KafkaError::MessageConsumption(code));
        assert!(
            [Code::BadCompression, Code::BadMessage, Code::TopicAuthorizationFailed]
                .map(is_of_partition)
                .iter()
                .all(|is| *is)
        );
        assert!(
            ![Code::AllBrokersDown, Code::BrokerTransportFailure].map(is_of_partition).iter().any(|is| *is)
        );
        assert!(!concerns_partition(&KafkaError::PartitionEOF(3)));
    }
}
