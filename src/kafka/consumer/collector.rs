//! Collects records into batches that are limited by number, bytes and time.

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
    records: Vec<ConsumedRecord>,
    bytes: usize,
    advances: BTreeMap<TopicPartition, (i64, i64)>,
    began: Option<Instant>,
}

impl BatchCollector {
    pub fn new(bounds: BatchLimits) -> Self {
        Self { bounds, records: Vec::new(), bytes: 0, advances: BTreeMap::new(), began: None }
    }

    /// Adds a record of `bytes` bytes; `expected` is the position of its partition before it. Before a partition is
    /// read again from an earlier offset, call [`forget`](Self::forget).
    ///
    /// # Errors
    /// If `expected` is not the end of the records collected from the partition: some would be lost, or ingested twice.
    pub fn add(&mut self, record: ConsumedRecord, bytes: usize, expected: i64, now: Instant) -> Result<()> {
        let partition = record.partition;
        let next = record.offset + 1;
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
        self.records.push(record);
        Ok(())
    }

    /// Returns true if the batch is full or has waited long enough.
    pub fn is_due(&self, now: Instant) -> bool {
        self.records.len() >= self.bounds.events
            || self.bytes >= self.bounds.bytes
            || self.began.is_some_and(|began| now.duration_since(began) >= self.bounds.wait)
    }

    /// Returns the collected batch, if any, and leaves the collector empty.
    pub fn take(&mut self) -> Option<RecordBatch> {
        if self.records.is_empty() {
            return None;
        }
        self.bytes = 0;
        self.began = None;
        let advances = std::mem::take(&mut self.advances);
        let advances = advances
            .into_iter()
            .map(|(partition, (expected, next))| OffsetAdvance { partition, expected, next })
            .collect();
        Some(RecordBatch { advances, records: std::mem::take(&mut self.records) })
    }

    /// Drops the records of a revoked partition. The next process that reads the partition starts at the offset in the
    /// database.
    pub fn forget(&mut self, partition: TopicPartition) {
        self.advances.remove(&partition);
        self.records.retain(|record| record.partition != partition);
        if self.records.is_empty() {
            self.clear();
        }
    }

    pub fn clear(&mut self) {
        self.records.clear();
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
    use crate::wire::{RawRecord, RecordKey, Topic};

    const TOPIC: Topic = Topic::RegistryMarriages;

    fn collector() -> BatchCollector {
        BatchCollector::new(BatchLimits { events: 100, bytes: 1 << 20, wait: Duration::ZERO })
    }

    /// Adds a record of one byte.
    fn add(collector: &mut BatchCollector, partition: i32, expected: i64, offset: i64) -> Result<()> {
        let message = RawRecord::empty(TOPIC, partition, offset);
        let record = ConsumedRecord::read(
            &message,
            TOPIC.name(),
            &RecordKey::new(b"test"),
            Timestamp::UNIX_EPOCH,
            false,
        );
        collector.add(record, 1, expected, Clock::new(None).unwrap().instant())
    }

    /// Partition and offset of each record of the batch, and the expected and next offset of each of its advances.
    fn collected(collector: &mut BatchCollector) -> [Vec<(i64, i64)>; 2] {
        let batch = collector.take().unwrap();
        let records = batch.records.iter().map(|record| (record.partition.partition.into(), record.offset));
        let advances = batch.advances.iter().map(|advance| (advance.expected, advance.next));
        [records.collect(), advances.collect()]
    }

    #[test]
    fn the_advances_of_a_batch_include_its_gaps() {
        let mut collector = collector();
        for (partition, expected, offset) in [(0, 5, 5), (1, 0, 0), (0, 6, 8)] {
            add(&mut collector, partition, expected, offset).unwrap();
        }
        let [records, advances] = collected(&mut collector);
        assert_eq!((records, advances), (vec![(0, 5), (1, 0), (0, 8)], vec![(5, 9), (0, 1)]));
    }

    /// Two rebalances happen within one batch: the offset in the database is still 5, so reading restarts there.
    #[test]
    fn a_partition_that_was_revoked_and_assigned_again_is_collected_again() {
        let mut collector = collector();
        for (partition, expected, offset) in [(0, 5, 5), (1, 0, 0), (0, 6, 6)] {
            add(&mut collector, partition, expected, offset).unwrap();
        }
        collector.forget(TopicPartition { topic: TOPIC, partition: 0 });
        add(&mut collector, 0, 5, 5).unwrap();
        let [records, advances] = collected(&mut collector);
        assert_eq!((records, advances), (vec![(1, 0), (0, 5)], vec![(5, 6), (0, 1)]));
    }

    #[test]
    fn positions_that_disagree_are_an_error_either_way() {
        for position in [5, 6, 8] {
            let mut collector = collector();
            add(&mut collector, 0, 5, 6).unwrap();
            let error = add(&mut collector, 0, position, 9).unwrap_err();
            assert!(error.restarts_session(), "{error}");
            assert!(error.to_string().contains(&format!("is at offset {position}")), "{error}");
        }
    }

    #[test]
    fn nothing_is_due_after_every_partition_was_forgotten() {
        let mut collector = collector();
        let now = Clock::new(None).unwrap().instant();
        add(&mut collector, 0, 5, 5).unwrap();
        assert!(collector.is_due(now + Duration::from_secs(1)));
        collector.forget(TopicPartition { topic: TOPIC, partition: 0 });
        assert!(!collector.is_due(now + Duration::from_secs(1)));
        assert!(collector.take().is_none());
    }
}
