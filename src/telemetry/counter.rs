//! The values of metrics. The hot path only updates atomics.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::wire::Topic;

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One count for each topic.
#[derive(Debug)]
pub struct TopicCounter([Counter; Topic::ALL.len()]);

impl TopicCounter {
    pub(super) const fn new() -> Self {
        Self([const { Counter::new() }; Topic::ALL.len()])
    }

    pub fn add(&self, topic: Topic, n: u64) {
        self.0[topic as usize].add(n);
    }

    pub fn get(&self, topic: Topic) -> u64 {
        self.0[topic as usize].get()
    }
}

/// A value that rises and falls, and that only this process knows.
#[derive(Debug, Default)]
pub struct ProcessGauge(AtomicU64);

impl ProcessGauge {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub fn set(&self, value: usize) {
        self.0.store(u64::try_from(value).unwrap_or(u64::MAX), Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
