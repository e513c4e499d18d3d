//! The metrics as OpenTelemetry instruments, with the names of the messaging conventions where these define one.

use opentelemetry::metrics::Meter;
use opentelemetry::{KeyValue, global};

use super::attributes::kafka;
use super::by_topic::{FETCH_FAILING_DOC, FETCH_FAILING_OTEL, TOPIC_COUNTERS};
use super::gauges::GAUGES;
use super::metrics::{BOUNDS, COUNTERS, Metrics};
use crate::config::Role;
use crate::wire::Topic;

/// Registers all instruments with the global meter provider, which reads them at each export.
pub(super) fn register(metrics: &'static Metrics) {
    let meter = global::meter("peyvand");
    counters(&meter, metrics);
    gauges(&meter, metrics);
}

fn counters(meter: &Meter, metrics: &'static Metrics) {
    for named in COUNTERS.iter() {
        let attributes = attributes(named.otel);
        meter
            .u64_observable_counter(named.otel)
            .with_unit(named.unit)
            .with_description(named.doc)
            .with_callback(move |observer| {
                if metrics.exports(named.role) {
                    observer.observe((named.counter)(metrics).get(), &attributes);
                }
            })
            .build();
    }
    by_topic(meter, metrics);
    meter
        .u64_observable_counter("peyvand.decisions")
        .with_unit("{decision}")
        .with_description("Decisions that ingest published, by outcome")
        .with_callback(move |observer| {
            for (outcome, count) in metrics.decisions.all().filter(|_| metrics.exports(Some(Role::Intake))) {
                observer.observe(count, &[KeyValue::new("peyvand.outcome", outcome.as_str())]);
            }
        })
        .build();
    let histogram = meter
        .f64_histogram("messaging.process.duration")
        .with_unit("s")
        .with_description("Duration of a batch up to its commit")
        .with_boundaries(BOUNDS.to_vec())
        .build();
    // It is already set only if a caller registers twice; the first histogram is kept.
    let _ = metrics.batch_seconds.exported.set(histogram);
}

fn gauges(meter: &Meter, metrics: &'static Metrics) {
    meter
        .i64_observable_gauge("peyvand.broker.up")
        .with_description("1 if the broker answered the last request of this process, else 0")
        .with_callback(move |observer| observer.observe(i64::from(metrics.is_broker_up()), &[]))
        .build();
    for named in GAUGES {
        meter
            .i64_observable_gauge(named.otel)
            .with_description(named.doc)
            .with_callback(move |observer| {
                if let Some(gauges) = metrics.gauges() {
                    observer.observe((named.gauge)(&gauges), &[]);
                }
            })
            .build();
    }
    meter
        .i64_observable_gauge("peyvand.dead_letters.open")
        .with_unit("{message}")
        .with_description("Messages that could not be read and are not dealt with")
        .with_callback(move |observer| {
            for (reason, letters) in metrics.gauges().unwrap_or_default().dead_letters_open {
                observer.observe(letters, &[KeyValue::new("peyvand.reason", reason)]);
            }
        })
        .build();
    meter
        .i64_observable_gauge("peyvand.input.lag")
        .with_unit("{message}")
        .with_description("Messages of an input topic without a disposition")
        .with_callback(move |observer| {
            for (topic, lag) in metrics.gauges().unwrap_or_default().lag {
                let attributes = [
                    KeyValue::new("messaging.system", "kafka"),
                    KeyValue::new("messaging.destination.name", topic),
                ];
                observer.observe(lag, &attributes);
            }
        })
        .build();
}

fn by_topic(meter: &Meter, metrics: &'static Metrics) {
    for named in TOPIC_COUNTERS {
        meter
            .u64_observable_counter(named.otel)
            .with_unit(named.unit)
            .with_description(named.doc)
            .with_callback(move |observer| {
                for topic in Topic::inputs().filter(|_| metrics.exports(Some(Role::Intake))) {
                    let name = KeyValue::new("messaging.destination.name", topic.name());
                    observer.observe((named.counter)(metrics).get(topic), &[name]);
                }
            })
            .build();
    }
    meter
        .u64_observable_gauge(FETCH_FAILING_OTEL)
        .with_description(FETCH_FAILING_DOC)
        .with_callback(move |observer| observer.observe(metrics.fetch_failing_partitions.get(), &[]))
        .build();
}

fn attributes(instrument: &str) -> Vec<KeyValue> {
    match instrument {
        "messaging.client.consumed.messages" => kafka("poll"),
        "messaging.client.sent.messages" => kafka("send"),
        _ => Vec::new(),
    }
}
