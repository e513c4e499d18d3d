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
        let next = taken.offset + 1;
        self.advances.entry(taken.partition).or_insert((expected, next)).1 = next;
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
