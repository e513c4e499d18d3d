//! The delivery reports of one producer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::producer::{DeliveryResult, ProducerContext};

use super::client_logging;

/// The offsets that the messages of one producer received in a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetRange {
    pub first: i64,
    /// The offset after the last one.
    pub next: i64,
}

/// The offsets that were acknowledged in a partition of this topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcknowledgedRange {
    /// The name of the topic on the broker.
    pub topic: String,
    pub partition: i32,
    pub offsets: OffsetRange,
}

/// Counts delivery reports. A message counts as acknowledged only with an offset of its own.
///
/// librdkafka reports success without an offset in two cases: the broker reported the message as a duplicate, or a
/// later request of the partition succeeded although this one had failed. In both cases the broker may not have the
/// message.
#[derive(Default)]
pub struct DeliveryReports {
    acknowledged: AtomicU64,
    unconfirmed: AtomicU64,
    refused: AtomicU64,
    first_error: Mutex<Option<KafkaError>>,
    offsets: Mutex<Offsets>,
}

/// Offsets by topic and partition.
#[derive(Default)]
struct Offsets(HashMap<String, HashMap<i32, PartitionOffsets>>);

#[derive(Clone, Copy)]
struct PartitionOffsets {
    last: i64,
    /// The offsets since the last call of `take`.
    range: Option<OffsetRange>,
}

impl Offsets {
    /// Returns false if the offset is not valid, or not greater than the offset before it in the partition: two
    /// messages cannot share an offset, and the reports of a partition arrive in the order of its messages.
    fn add(&mut self, topic: &str, partition: i32, offset: i64) -> bool {
        if offset < 0 {
            return false;
        }
        if !self.0.contains_key(topic) {
            self.0.insert(topic.to_owned(), HashMap::new());
        }
        let Some(partitions) = self.0.get_mut(topic) else { return false };
        let known = partitions.entry(partition).or_insert(PartitionOffsets { last: -1, range: None });
        let range = known.range.get_or_insert(OffsetRange { first: offset, next: offset + 1 });
        // A recreated topic starts again with smaller offsets. The range must show this to the caller.
        range.first = range.first.min(offset);
        if offset <= known.last {
            return false;
        }
        known.last = offset;
        range.next = offset + 1;
        true
    }

    fn take(&mut self) -> Vec<AcknowledgedRange> {
        let mut ranges = Vec::new();
        for (topic, partitions) in &mut self.0 {
            for (partition, offsets) in partitions {
                let Some(offsets) = offsets.range.take() else { continue };
                ranges.push(AcknowledgedRange { topic: topic.clone(), partition: *partition, offsets });
            }
        }
        ranges
    }
}

/// The number of messages that the broker has reported, by outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reported {
    /// Messages that are stored, each with an offset of its own.
    pub acknowledged: u64,
    /// Messages reported as stored without an offset of their own. It is unknown whether they are stored.
    pub unconfirmed: u64,
    pub refused: u64,
}

impl DeliveryReports {
    pub fn reported(&self) -> Reported {
        Reported {
            acknowledged: self.acknowledged.load(Ordering::Acquire),
            unconfirmed: self.unconfirmed.load(Ordering::Acquire),
            refused: self.refused.load(Ordering::Acquire),
        }
    }

    /// The error of the first refused message.
    pub fn first_error(&self) -> Option<KafkaError> {
        lock(&self.first_error).clone()
    }

    /// The offsets of the messages that were acknowledged since the last call.
    pub fn take_offsets(&self) -> Vec<AcknowledgedRange> {
        lock(&self.offsets).take()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ClientContext for DeliveryReports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client_logging::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client_logging::error(&error, reason);
    }
}

impl ProducerContext for DeliveryReports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let counter = match result {
            Ok(message) => {
                let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
                let has_own_offset = lock(&self.offsets).add(topic, partition, offset);
                if has_own_offset { &self.acknowledged } else { &self.unconfirmed }
            }
            Err((error, _)) => {
                lock(&self.first_error).get_or_insert_with(|| error.clone());
                &self.refused
            }
        };
        counter.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: i64, next: i64) -> AcknowledgedRange {
        let offsets = OffsetRange { first, next };
        AcknowledgedRange { topic: "topic".to_owned(), partition: 0, offsets }
    }

    #[test]
    fn a_message_is_acknowledged_only_with_an_offset_of_its_own() {
        let mut offsets = Offsets::default();
        let added = [-1001, 4, 5, 5, 4, 6, -1].map(|offset| offsets.add("topic", 0, offset));
        assert_eq!(added, [false, true, true, false, false, true, false]);
        assert!(offsets.add("topic", 1, 0), "the offsets of each partition are independent");
    }

    #[test]
    fn offsets_are_taken_once_and_still_compared() {
        let mut offsets = Offsets::default();
        for offset in [4, 5, 9] {
            offsets.add("topic", 0, offset);
        }
        assert_eq!(offsets.take(), [range(4, 10)]);
        assert_eq!(offsets.take(), []);
        assert!(!offsets.add("topic", 0, 9), "an offset before the last call is not new");
        assert!(offsets.add("topic", 0, 10));
    }

    #[test]
    fn offsets_that_start_again_are_reported() {
        let mut offsets = Offsets::default();
        offsets.add("topic", 0, 40);
        offsets.take();
        assert!(!offsets.add("topic", 0, 0));
        assert_eq!(offsets.take(), [range(0, 1)]);
    }
}
