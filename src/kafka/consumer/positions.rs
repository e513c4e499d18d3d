//! The partitions that this process reads, and the next offset to accept from each.

use std::collections::HashMap;

use crate::store::offsets::{PartitionOffset, TopicPartition, by_partition};

/// Invariant: a partition is in the map only while the consumer reads it, and the accepted records start at its
/// position. Therefore a position is stored only after the consumer has accepted the assignment or the seek.
#[derive(Default)]
pub struct Positions {
    next: HashMap<TopicPartition, i64>,
    /// A rewind has started and is not complete: the consumer reads some partitions from another offset than their
    /// position.
    rewinding: bool,
    /// Partitions revoked since the last call of `take_revoked`.
    revoked: Vec<TopicPartition>,
}

impl Positions {
    pub fn len(&self) -> usize {
        self.next.len()
    }

    /// Returns every partition with its position.
    pub fn all(&self) -> Vec<PartitionOffset> {
        let next = self.next.iter();
        next.map(|(partition, next)| PartitionOffset { partition: *partition, offset: *next }).collect()
    }

    /// Adds partitions that the consumer reads from now on, if `assign` succeeds.
    pub fn add_assigned<E>(
        &mut self,
        starts: &[PartitionOffset],
        assign: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        assign()?;
        self.next.extend(starts.iter().map(|start| (start.partition, start.offset)));
        Ok(())
    }

    pub fn revoke(&mut self, partitions: impl IntoIterator<Item = TopicPartition>) {
        for partition in partitions {
            self.next.remove(&partition);
            self.revoked.push(partition);
        }
    }

    /// Returns the partitions that were revoked since the last call, even if they were assigned again.
    pub fn take_revoked(&mut self) -> Vec<TopicPartition> {
        std::mem::take(&mut self.revoked)
    }

    /// Moves every partition to its start offset. If a seek fails, no record is accepted until another rewind succeeds.
    pub fn rewind<E>(
        &mut self,
        starts: &[PartitionOffset],
        mut seek: impl FnMut(PartitionOffset) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rewinding = true;
        for start in starts {
            seek(*start)?;
        }
        self.next = by_partition(starts.iter().copied());
        self.rewinding = false;
        Ok(())
    }

    /// Moves the position of a partition past a record, and returns the previous position. Returns `None` if the record
    /// must be ignored: its partition was revoked, or it was fetched before a rewind, or it was accepted before.
    pub fn advance(&mut self, partition: TopicPartition, offset: i64) -> Option<i64> {
        let position = self.next.get_mut(&partition)?;
        if self.rewinding || offset < *position {
            return None;
        }
        Some(std::mem::replace(position, offset + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Topic;

    fn partition(partition: i32) -> TopicPartition {
        TopicPartition { topic: Topic::RegistryMarriages, partition }
    }

    fn start(number: i32, offset: i64) -> PartitionOffset {
        PartitionOffset { partition: partition(number), offset }
    }

    #[test]
    fn an_assignment_that_failed_leaves_no_position() {
        let mut positions = Positions::default();
        assert_eq!(positions.add_assigned(&[start(0, 5)], || Err("refused")), Err("refused"));
        assert_eq!(positions.advance(partition(0), 5), None);
        assert_eq!(positions.add_assigned(&[start(0, 5)], || Ok::<_, ()>(())), Ok(()));
        assert_eq!(positions.advance(partition(0), 7), Some(5));
        assert_eq!(positions.advance(partition(0), 7), None, "the record was accepted before");
    }

    #[test]
    fn a_rewind_moves_every_partition_or_nothing_is_taken() {
        let mut positions = Positions::default();
        let starts = [start(0, 5), start(1, 8)];
        positions.add_assigned(&starts, || Ok::<_, ()>(())).unwrap();
        for start in starts {
            positions.advance(start.partition, start.offset);
        }
        let refused = positions
            .rewind(&starts, |start| if start.partition == partition(1) { Err("refused") } else { Ok(()) });
        assert_eq!(refused, Err("refused"));
        for number in 0..2 {
            assert_eq!(positions.advance(partition(number), 9), None, "partition {number}");
        }
        assert_eq!(positions.all().len(), 2, "the next attempt rewinds both");
        assert_eq!(positions.rewind(&starts, |_| Ok::<_, ()>(())), Ok(()));
        assert_eq!(positions.advance(partition(0), 5), Some(5));
        assert_eq!(positions.advance(partition(1), 8), Some(8));
    }

    #[test]
    fn a_revoked_partition_is_reported_even_if_it_is_assigned_again() {
        let mut positions = Positions::default();
        positions.add_assigned(&[start(0, 5)], || Ok::<_, ()>(())).unwrap();
        positions.advance(partition(0), 5);
        positions.revoke([partition(0)]);
        assert_eq!(positions.advance(partition(0), 6), None);
        positions.add_assigned(&[start(0, 5)], || Ok::<_, ()>(())).unwrap();
        assert_eq!((positions.take_revoked(), positions.take_revoked()), (vec![partition(0)], vec![]));
        assert_eq!(positions.advance(partition(0), 5), Some(5));
    }
}
