//! Gathering messages into batches bounded by number, bytes and time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::store::offsets::{Advance, Partition};
use crate::work::take_in::{Batch, Taken};

#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub events: usize,
    pub bytes: usize,
    pub wait: Duration,
}

pub struct Collector {
    bounds: Bounds,
    taken: Vec<Taken>,
    bytes: usize,
    advances: BTreeMap<Partition, (i64, i64)>,
    began: Option<Instant>,
}

impl Collector {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, taken: Vec::new(), bytes: 0, advances: BTreeMap::new(), began: None }
    }

    /// Adds a message of `bytes`; the partition stood at `expected` before it.
    pub fn add(&mut self, taken: Taken, bytes: usize, expected: i64, now: Instant) {
        let (partition, next) = (taken.partition, taken.offset + 1);
        // Given up and taken over again since: what was gathered of it before is being read once more.
        if self.advances.get(&partition).is_some_and(|(_, gathered)| *gathered != expected) {
            self.keep(|other| *other != partition);
        }
        self.advances.entry(partition).or_insert((expected, next)).1 = next;
        self.bytes += bytes;
        self.began.get_or_insert(now);
        self.taken.push(taken);
    }

    /// Full, or waited long enough.
    pub fn is_due(&self, now: Instant) -> bool {
        self.taken.len() >= self.bounds.events
            || self.bytes >= self.bounds.bytes
            || self.began.is_some_and(|began| now.duration_since(began) >= self.bounds.wait)
    }

    /// The batch that was gathered, and an empty collector.
    pub fn take(&mut self) -> Option<Batch> {
        if self.taken.is_empty() {
            return None;
        }
        self.bytes = 0;
        self.began = None;
        let advances = std::mem::take(&mut self.advances);
        let advance = |(partition, (expected, next))| Advance { partition, expected, next };
        let advances = advances.into_iter().map(advance).collect();
        Some(Batch { advances, taken: std::mem::take(&mut self.taken) })
    }

    /// Drops what was gathered of partitions that are not ours any more.
    pub fn keep(&mut self, ours: impl Fn(&Partition) -> bool) {
        self.taken.retain(|taken| ours(&taken.partition));
        self.advances.retain(|partition, _| ours(partition));
    }

    pub fn clear(&mut self) {
        self.keep(|_| false);
        self.bytes = 0;
        self.began = None;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::clock::Clock;
    use crate::wire::{Message, Topic};

    /// Partition and offset of each message of the batch, and how far its partitions advance.
    fn collected(places: &[(i32, i64, i64)]) -> [Vec<(i64, i64)>; 2] {
        let bounds = Bounds { events: 100, bytes: 1 << 20, wait: Duration::ZERO };
        let (mut collector, topic) = (Collector::new(bounds), Topic::RegistryMarriages);
        let now = Clock::new(None).unwrap().instant();
        for (partition, expected, offset) in places.iter().copied() {
            let message = Message { topic, partition, offset, key: None, headers: Vec::new(), value: None };
            let taken = Taken::read(&message, topic.name(), Timestamp::UNIX_EPOCH, false);
            collector.add(taken, 1, expected, now);
        }
        let batch = collector.take().unwrap();
        let taken = batch.taken.iter().map(|taken| (taken.partition.partition.into(), taken.offset));
        let advances = batch.advances.iter().map(|advance| (advance.expected, advance.next));
        [taken.collect(), advances.collect()]
    }

    #[test]
    fn a_batch_goes_from_the_first_position_to_the_last_over_gaps() {
        let [taken, advances] = collected(&[(0, 5, 5), (1, 0, 0), (0, 6, 8)]);
        assert_eq!((taken, advances), (vec![(0, 5), (1, 0), (0, 8)], vec![(5, 9), (0, 1)]));
    }

    /// Two rebalances within one batch: the database still says 5, and what was gathered from there is read again.
    #[test]
    fn a_partition_that_was_given_up_and_taken_over_again_is_gathered_anew() {
        let [taken, advances] = collected(&[(0, 5, 5), (1, 0, 0), (0, 6, 6), (0, 5, 5)]);
        assert_eq!((taken, advances), (vec![(1, 0), (0, 5)], vec![(5, 6), (0, 1)]));
    }
}
