//! Counts messages that are not in the partition of their key, and warns about them. Their sender computes the partition
//! in another way, so two messages of one key may be applied in the wrong order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::app::ingest::RecordBatch;
use crate::telemetry::Metrics;
use crate::wire::Topic;

/// The minimum time between two warnings about one topic.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

static WARNINGS: Mutex<Warnings> = Mutex::new(Warnings(BTreeMap::new()));

/// When each topic was last warned about.
struct Warnings(BTreeMap<Topic, Instant>);

impl Warnings {
    fn is_due(&mut self, topic: Topic, now: Instant) -> bool {
        let last = self.0.get(&topic);
        if last.is_some_and(|last| now.duration_since(*last) < WARNING_INTERVAL) {
            return false;
        }
        self.0.insert(topic, now);
        true
    }
}

/// Counts the misrouted messages of a committed batch. A warning names no key, because a key may be a national code.
pub fn count(batch: &RecordBatch, now: Instant) {
    for (partition, count) in batch.misrouted() {
        Metrics::global().misrouted.add(partition.topic, u64::try_from(count).unwrap_or(0));
        if WARNINGS.lock().unwrap_or_else(PoisonError::into_inner).is_due(partition.topic, now) {
            let (topic, partition) = (partition.topic.name(), partition.partition);
            tracing::warn!(
                topic,
                partition,
                count,
                "messages are not in the partition of their key, so their order is not known: the sender must use the Java client's partitioner (murmur2_random in librdkafka)"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_topic_is_warned_about_once_a_minute() {
        let mut warnings = Warnings(BTreeMap::new());
        let begin = Clock::new(None).unwrap().instant();
        for (topic, seconds, is_due) in [
            (Topic::InsuredRecords, 0, true),
            (Topic::InsuredRecords, 59, false),
            (Topic::RegistryMarriages, 59, true),
            (Topic::InsuredRecords, 60, true),
            (Topic::InsuredRecords, 61, false),
        ] {
            let now = begin + Duration::from_secs(seconds);
            assert_eq!(warnings.is_due(topic, now), is_due, "{topic:?} after {seconds} s");
        }
    }
}
