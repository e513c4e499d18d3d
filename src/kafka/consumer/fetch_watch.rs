//! Names the partitions of this process that cannot be read, by log lines, a counter and a gauge. Other partitions
//! continue meanwhile, and the consumer tries the unreadable ones again by itself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::positions::Positions;
use crate::kafka::client::Broker;
use crate::kafka::fetch_check::{self, UnreadablePartition};
use crate::store::offsets::TopicPartition;
use crate::telemetry::Metrics;

/// How soon after a fetch error the partitions are checked.
const FIRST_CHECK: Duration = Duration::from_secs(1);
/// How often they are checked while one of them cannot be read.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The partitions that could not be read at the last check. It outlives the sessions of ingest: an alarm begins and
/// ends once, even if a session restarts in between.
#[derive(Default)]
pub struct FailingPartitions(BTreeMap<TopicPartition, UnreadablePartition>);

/// What a check changed.
#[derive(Default, PartialEq, Eq, Debug)]
struct Changes {
    began: Vec<UnreadablePartition>,
    ended: Vec<TopicPartition>,
}

impl FailingPartitions {
    fn observe(&mut self, unreadable: Vec<UnreadablePartition>) -> Changes {
        let now: BTreeMap<_, _> = unreadable.into_iter().map(|one| (one.partition, one)).collect();
        let before = std::mem::replace(&mut self.0, now);
        let began = self.0.values().filter(|one| !before.contains_key(&one.partition)).cloned().collect();
        let ended = before.into_keys().filter(|partition| !self.0.contains_key(partition)).collect();
        Changes { began, ended }
    }
}

/// One session's view of the fetches.
#[derive(Clone)]
pub struct FetchWatch {
    pub broker: Broker,
    pub positions: Arc<Mutex<Positions>>,
    pub failing: Arc<Mutex<FailingPartitions>>,
    /// Set by the poller when the consumer reports an error of a partition.
    pub noticed: Arc<AtomicBool>,
    /// Set when the session ends.
    pub stop: Arc<AtomicBool>,
}

impl FetchWatch {
    /// Checks the partitions after each fetch error, and repeatedly while one cannot be read. Does not return.
    pub async fn watch(self) {
        loop {
            let is_failing = !lock(&self.failing).0.is_empty();
            tokio::time::sleep(if is_failing { CHECK_INTERVAL } else { FIRST_CHECK }).await;
            if self.noticed.swap(false, Ordering::AcqRel) || is_failing {
                self.check().await;
            }
        }
    }

    async fn check(&self) {
        let positions = lock(&self.positions).all();
        // Before the first assignment nothing is known about the partitions of the last session.
        if positions.is_empty() {
            return;
        }
        let (broker, stop) = (self.broker.clone(), self.stop.clone());
        let check = tokio::task::spawn_blocking(move || fetch_check::unreadable(&broker, &positions, &stop));
        match check.await {
            Ok(Ok(unreadable)) => {
                for one in &unreadable {
                    Metrics::global().fetch_errors.add(one.partition.topic, 1);
                }
                let mut failing = lock(&self.failing);
                let changes = failing.observe(unreadable);
                Metrics::global().fetch_failing_partitions.set(failing.0.len());
                tell(&changes);
            }
            Ok(Err(error)) => tracing::debug!(%error, "it is unknown which partitions can be read"),
            Err(_) => {}
        }
    }
}

fn tell(changes: &Changes) {
    for UnreadablePartition { partition, offset, error } in &changes.began {
        let (topic, partition) = (partition.topic.name(), partition.partition);
        tracing::error!(topic, partition, offset, %error, "ALARM: a partition of the input cannot be read");
    }
    for partition in &changes.ended {
        let (topic, partition) = (partition.topic.name(), partition.partition);
        tracing::info!(topic, partition, "the partition can be read again, or another process reads it now");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use rdkafka::error::RDKafkaErrorCode;

    use super::*;
    use crate::wire::Topic;

    fn unreadable(partition: i32) -> UnreadablePartition {
        let partition = TopicPartition { topic: Topic::InsuredRecords, partition };
        UnreadablePartition { partition, offset: 7, error: RDKafkaErrorCode::BadCompression }
    }

    fn began(one: &UnreadablePartition) -> Changes {
        Changes { began: vec![one.clone()], ended: Vec::new() }
    }

    #[test]
    fn a_partition_begins_and_ends_to_fail_once() {
        let mut failing = FailingPartitions::default();
        let [one, other] = [1, 2].map(unreadable);
        assert_eq!(failing.observe(vec![one.clone()]), began(&one));
        assert_eq!(failing.observe(vec![one.clone()]), Changes::default(), "it was told before");
        assert_eq!(failing.observe(vec![one.clone(), other.clone()]), began(&other));
        let ended = Changes { began: Vec::new(), ended: vec![one.partition] };
        assert_eq!(failing.observe(vec![other]), ended);
    }
}
