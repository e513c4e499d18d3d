//! Splits a batch in two halves, to find the one message that the database refuses.

use std::collections::HashMap;

use super::{ConsumedRecord, RecordBatch};
use crate::store::offsets::{OffsetAdvance, TopicPartition};

impl RecordBatch {
    /// The earlier and the later half, each with its own advances.
    ///
    /// # Errors
    /// Returns the batch unchanged if it has fewer than two records.
    pub fn bisect(mut self) -> Result<(Self, Self), Self> {
        if self.records.len() < 2 {
            return Err(self);
        }
        let later = self.records.split_off(self.records.len() / 2);
        let reached = next_offsets(&self.records);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for OffsetAdvance { partition, expected, next } in self.advances {
            let middle = reached.get(&partition).copied();
            if let Some(next) = middle {
                first.push(OffsetAdvance { partition, expected, next });
            }
            if later.iter().any(|record| record.partition == partition) {
                second.push(OffsetAdvance { partition, expected: middle.unwrap_or(expected), next });
            }
        }
        Ok((Self { advances: first, records: self.records }, Self { advances: second, records: later }))
    }
}

/// The next offset of each partition after these records.
fn next_offsets(records: &[ConsumedRecord]) -> HashMap<TopicPartition, i64> {
    records.iter().map(|record| (record.partition, record.offset + 1)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::wire::{RawRecord, RecordKey, Topic};

    fn record(partition: i32, offset: i64) -> ConsumedRecord {
        let topic = Topic::RegistryMarriages;
        let message = RawRecord::empty(topic, partition, offset);
        ConsumedRecord::read(
            &message,
            "registry.marriages.v1",
            &RecordKey::new(b"test"),
            Timestamp::UNIX_EPOCH,
            false,
        )
    }

    fn advance(partition: i32, expected: i64, next: i64) -> OffsetAdvance {
        OffsetAdvance {
            partition: TopicPartition { topic: Topic::RegistryMarriages, partition },
            expected,
            next,
        }
    }

    #[test]
    fn halves_advance_one_after_the_other() {
        // Offsets 11 and 21 are gaps, as left by transaction markers.
        let offsets = [(0, 10), (1, 20), (0, 12), (0, 13), (2, 30)];
        let batch = RecordBatch {
            advances: vec![advance(0, 9, 14), advance(1, 20, 21), advance(2, 30, 31)],
            records: offsets.map(|(partition, offset)| record(partition, offset)).into(),
        };
        let (first, second) = batch.bisect().ok().unwrap();
        assert_eq!(first.advances, [advance(0, 9, 11), advance(1, 20, 21)]);
        assert_eq!(second.advances, [advance(0, 11, 14), advance(2, 30, 31)]);
        assert_eq!((first.records.len(), second.records.len()), (2, 3));
        let (_, last) = second.bisect().ok().unwrap();
        assert_eq!(last.advances, [advance(0, 13, 14), advance(2, 30, 31)]);
    }

    #[test]
    fn a_single_record_is_not_split() {
        let batch = RecordBatch { advances: vec![advance(0, 1, 2)], records: vec![record(0, 1)] };
        assert!(batch.bisect().is_err());
    }
}
