//! The counts as OpenTelemetry instruments, under the names of the messaging conventions where these have one.

use opentelemetry::{KeyValue, global};

use super::attributes::kafka;
use super::gauges::GAUGES;
use super::metrics::{BOUNDS, COUNTERS, Metrics};

/// Registers all of them with the global meter provider, which reads them as often as it exports.
pub(super) fn register(metrics: &'static Metrics) {
    let meter = global::meter("peyvand");
    for named in COUNTERS {
        let attributes = attributes(named.otel);
        meter
            .u64_observable_counter(named.otel)
            .with_unit(named.unit)
            .with_description(named.doc)
            .with_callback(move |observer| observer.observe((named.counter)(metrics).get(), &attributes))
            .build();
    }
    let histogram = meter
        .f64_histogram("messaging.process.duration")
        .with_unit("s")
        .with_description("How long batches took, to the commit")
        .with_boundaries(BOUNDS.to_vec())
        .build();
    // Set already only where somebody registers twice: then the first stands.
    let _ = metrics.batch_seconds.exported.set(histogram);

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
        .i64_observable_gauge("peyvand.input.lag")
        .with_unit("{message}")
        .with_description("Messages of an input topic that are not yet disposed of")
        .with_callback(move |observer| {
            for (topic, lag) in metrics.gauges().unwrap_or_default().lag {
                let about = [
                    KeyValue::new("messaging.system", "kafka"),
                    KeyValue::new("messaging.destination.name", topic),
                ];
                observer.observe(lag, &about);
            }
        })
        .build();
}

fn attributes(instrument: &str) -> Vec<KeyValue> {
    match instrument {
        "messaging.client.consumed.messages" => kafka("poll"),
        "messaging.client.sent.messages" => kafka("send"),
        _ => Vec::new(),
    }
}
