//! The metrics as Prometheus text (format 0.0.4).

use std::fmt::Write as _;

use super::by_topic::{FETCH_FAILING, FETCH_FAILING_DOC, TOPIC_COUNTERS};
use super::gauges::{GAUGES, GaugeValues};
use super::metrics::{BOUNDS, COUNTERS, Durations, Metrics};
use crate::wire::Topic;

/// Renders all counters, and the gauges if they are known. Writing to a `String` cannot fail, so the results of
/// `write!` are ignored.
pub fn render_prometheus(metrics: &Metrics, gauges: Option<&GaugeValues>) -> String {
    let mut text = String::with_capacity(4096);
    for named in COUNTERS {
        head(&mut text, named.prometheus, "counter", named.doc);
        let _ = writeln!(text, "{} {}", named.prometheus, (named.counter)(metrics).get());
    }
    for named in TOPIC_COUNTERS {
        head(&mut text, named.prometheus, "counter", named.doc);
        for topic in Topic::inputs() {
            let count = (named.counter)(metrics).get(topic);
            let _ = writeln!(text, "{}{{topic=\"{}\"}} {count}", named.prometheus, escaped(topic.name()));
        }
    }
    head(&mut text, FETCH_FAILING, "gauge", FETCH_FAILING_DOC);
    let _ = writeln!(text, "{FETCH_FAILING} {}", metrics.fetch_failing_partitions.get());
    histogram(&mut text, &metrics.batch_seconds);
    if let Some(gauges) = gauges {
        states(&mut text, gauges);
    }
    text
}

fn states(text: &mut String, gauges: &GaugeValues) {
    const LAG: &str = "peyvand_input_lag_messages";
    for named in GAUGES {
        head(text, named.prometheus, "gauge", named.doc);
        let _ = writeln!(text, "{} {}", named.prometheus, (named.gauge)(gauges));
    }
    head(text, LAG, "gauge", "Messages of an input topic without a disposition");
    for (topic, lag) in &gauges.lag {
        let _ = writeln!(text, "{LAG}{{topic=\"{}\"}} {lag}", escaped(topic));
    }
}

fn head(text: &mut String, name: &str, kind: &str, doc: &str) {
    let _ = writeln!(text, "# HELP {name} {doc}\n# TYPE {name} {kind}");
}

fn histogram(text: &mut String, durations: &Durations) {
    const NAME: &str = "peyvand_process_duration_seconds";
    head(text, NAME, "histogram", "Duration of a batch up to its commit");
    let mut cumulative = 0;
    for (bucket, count) in durations.counts().into_iter().enumerate() {
        cumulative += count;
        match BOUNDS.get(bucket) {
            Some(bound) => _ = writeln!(text, "{NAME}_bucket{{le=\"{bound}\"}} {cumulative}"),
            None => _ = writeln!(text, "{NAME}_bucket{{le=\"+Inf\"}} {cumulative}"),
        }
    }
    let _ = writeln!(text, "{NAME}_sum {}\n{NAME}_count {cumulative}", durations.sum());
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
