//! Gathering messages into batches bounded by number, bytes and time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::app::ingest::{ConsumedRecord, RecordBatch};
use crate::kafka::{Error, Result};
use crate::store::offsets::{OffsetAdvance, TopicPartition};

#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    pub events: usize,
    pub bytes: usize,
    pub wait: Duration,
}

pub struct BatchCollector {
    bounds: BatchLimits,
    taken: Vec<ConsumedRecord>,
    bytes: usize,
    advances: BTreeMap<TopicPartition, (i64, i64)>,
    began: Option<Instant>,
}

impl BatchCollector {
    pub fn new(bounds: BatchLimits) -> Self {
        Self { bounds, taken: Vec::new(), bytes: 0, advances: BTreeMap::new(), began: None }
    }

    /// Adds a message of `bytes`; the partition stood at `expected` before it. A partition that is read again from an
    /// earlier offset must be forgotten first.
    ///
    /// # Errors
    /// Where the partition does not stand where the gathered messages end: some would be lost, or taken twice.
    pub fn add(&mut self, taken: ConsumedRecord, bytes: usize, expected: i64, now: Instant) -> Result<()> {
        let (partition, next) = (taken.partition, taken.offset + 1);
        let advance = self.advances.entry(partition).or_insert((expected, expected));
        if advance.1 != expected {
            let (topic, partition) = (partition.topic.name().to_owned(), partition.partition);
            return Err(Error::PositionsDisagree {
                topic,
                partition,
                position: expected,
                gathered: advance.1,
            });
        }
        advance.1 = next;
        self.bytes += bytes;
        self.began.get_or_insert(now);
        self.taken.push(taken);
        Ok(())
    }

    /// Full, or waited long enough.
    pub fn is_due(&self, now: Instant) -> bool {
        self.taken.len() >= self.bounds.events
            || self.bytes >= self.bounds.bytes
            || self.began.is_some_and(|began| now.duration_since(began) >= self.bounds.wait)
    }

    /// The batch that was gathered, and an empty collector.
    pub fn take(&mut self) -> Option<RecordBatch> {
        if self.taken.is_empty() {
            return None;
        }
        self.bytes = 0;
        self.began = None;
        let advances = std::mem::take(&mut self.advances);
        let advance = |(partition, (expected, next))| OffsetAdvance { partition, expected, next };
        let advances = advances.into_iter().map(advance).collect();
        Some(RecordBatch { advances, records: std::mem::take(&mut self.taken) })
    }

    /// Drops what was gathered of a partition that was revoked: whoever reads it next begins where the database says.
    pub fn forget(&mut self, partition: TopicPartition) {
        self.advances.remove(&partition);
        self.taken.retain(|taken| taken.partition != partition);
        if self.taken.is_empty() {
            self.clear();
        }
    }

    pub fn clear(&mut self) {
        self.taken.clear();
        self.advances.clear();
        self.bytes = 0;
        self.began = None;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::clock::Clock;
    use crate::wire::{RawRecord, Topic};

    const TOPIC: Topic = Topic::RegistryMarriages;

    fn collector() -> BatchCollector {
        BatchCollector::new(BatchLimits { events: 100, bytes: 1 << 20, wait: Duration::ZERO })
    }

    /// Adds a message of one byte.
    fn add(collector: &mut BatchCollector, partition: i32, expected: i64, offset: i64) -> Result<()> {
        let message =
            RawRecord { topic: TOPIC, partition, offset, key: None, headers: Vec::new(), value: None };
        let taken = ConsumedRecord::read(&message, TOPIC.name(), Timestamp::UNIX_EPOCH, false);
        collector.add(taken, 1, expected, Clock::new(None).unwrap().instant())
    }

    /// Partition and offset of each message of the batch, and how far its partitions advance.
    fn collected(collector: &mut BatchCollector) -> [Vec<(i64, i64)>; 2] {
        let batch = collector.take().unwrap();
        let taken = batch.records.iter().map(|taken| (taken.partition.partition.into(), taken.offset));
        let advances = batch.advances.iter().map(|advance| (advance.expected, advance.next));
        [taken.collect(), advances.collect()]
    }

    #[test]
    fn a_batch_goes_from_the_first_position_to_the_last_over_gaps() {
        let mut collector = collector();
        for (partition, expected, offset) in [(0, 5, 5), (1, 0, 0), (0, 6, 8)] {
            add(&mut collector, partition, expected, offset).unwrap();
        }
        let [taken, advances] = collected(&mut collector);
        assert_eq!((taken, advances), (vec![(0, 5), (1, 0), (0, 8)], vec![(5, 9), (0, 1)]));
    }

    /// Two rebalances within one batch: the database still says 5, and what was gathered from there is read again.
    #[test]
    fn a_partition_that_was_revoked_and_assigned_again_is_gathered_anew() {
        let mut collector = collector();
        for (partition, expected, offset) in [(0, 5, 5), (1, 0, 0), (0, 6, 6)] {
            add(&mut collector, partition, expected, offset).unwrap();
        }
        collector.forget(TopicPartition { topic: TOPIC, partition: 0 });
        add(&mut collector, 0, 5, 5).unwrap();
        let [taken, advances] = collected(&mut collector);
        assert_eq!((taken, advances), (vec![(1, 0), (0, 5)], vec![(5, 6), (0, 1)]));
    }

    #[test]
    fn positions_that_disagree_are_an_error_either_way() {
        for position in [5, 6, 8] {
            let mut collector = collector();
            add(&mut collector, 0, 5, 6).unwrap();
            let error = add(&mut collector, 0, position, 9).unwrap_err();
            assert!(error.restarts_session(), "{error}");
            assert!(error.to_string().contains(&format!("stands at offset {position}")), "{error}");
        }
    }

    #[test]
    fn nothing_is_due_once_all_was_forgotten() {
        let mut collector = collector();
        let now = Clock::new(None).unwrap().instant();
        add(&mut collector, 0, 5, 5).unwrap();
        assert!(collector.is_due(now + Duration::from_secs(1)));
        collector.forget(TopicPartition { topic: TOPIC, partition: 0 });
        assert!(!collector.is_due(now + Duration::from_secs(1)));
        assert!(collector.take().is_none());
    }
}
