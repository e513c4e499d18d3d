//! The metrics with the label `topic`, and the gauges of this process alone.

use super::counter::TopicCounter;
use super::metrics::Metrics;

/// A counter with the label `topic`, which is exported for every input topic.
pub(super) struct TopicCounterDescription {
    pub prometheus: &'static str,
    pub otel: &'static str,
    pub unit: &'static str,
    pub doc: &'static str,
    pub counter: fn(&Metrics) -> &TopicCounter,
}

pub(super) const TOPIC_COUNTERS: &[TopicCounterDescription] = &[
    TopicCounterDescription {
        prometheus: "peyvand_fetch_errors_total",
        otel: "peyvand.fetch.errors",
        unit: "{error}",
        doc: "Attempts to read a partition of the topic that failed",
        counter: |metrics| &metrics.fetch_errors,
    },
    TopicCounterDescription {
        prometheus: "peyvand_misrouted_total",
        otel: "peyvand.misrouted",
        unit: "{message}",
        doc: "Input messages that are not in the partition of their key",
        counter: |metrics| &metrics.misrouted,
    },
];

pub(super) const FETCH_FAILING: &str = "peyvand_fetch_failing_partitions";
pub(super) const FETCH_FAILING_OTEL: &str = "peyvand.fetch.failing_partitions";
pub(super) const FETCH_FAILING_DOC: &str = "Partitions of this process that cannot be read now";
