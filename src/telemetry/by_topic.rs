//! Counters with the label `topic`, and gauges of this process alone.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::metrics::{Counter, Metrics};
use crate::wire::Topic;

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

/// A counter with the label `topic`, which is exported for every input topic.
pub(super) struct TopicCounterDescription {
    pub prometheus: &'static str,
    pub otel: &'static str,
    pub unit: &'static str,
    pub doc: &'static str,
    pub counter: fn(&Metrics) -> &TopicCounter,
}

pub(super) const TOPIC_COUNTERS: &[TopicCounterDescription] = &[TopicCounterDescription {
    prometheus: "peyvand_fetch_errors_total",
    otel: "peyvand.fetch.errors",
    unit: "{error}",
    doc: "Attempts to read a partition of the topic that failed",
    counter: |metrics| &metrics.fetch_errors,
}];

pub(super) const FETCH_FAILING: &str = "peyvand_fetch_failing_partitions";
pub(super) const FETCH_FAILING_OTEL: &str = "peyvand.fetch.failing_partitions";
pub(super) const FETCH_FAILING_DOC: &str = "Partitions of this process that cannot be read now";
