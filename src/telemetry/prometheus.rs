//! The metrics as Prometheus text (format 0.0.4).

use std::fmt::Write as _;

use super::by_topic::{FETCH_FAILING, FETCH_FAILING_DOC, TOPIC_COUNTERS};
use super::gauges::{GAUGES, GaugeValues};
use super::metrics::{BOUNDS, COUNTERS, Durations, Metrics};
use crate::config::Role;
use crate::wire::Topic;

/// Renders the counters of this process's roles, and the gauges if they are known. Writing to a `String` cannot fail, so the results of
/// `write!` are ignored.
pub fn render_prometheus(metrics: &Metrics, gauges: Option<&GaugeValues>) -> String {
    let mut text = String::with_capacity(4096);
    build(&mut text);
    broker(&mut text, metrics.is_broker_up());
    for named in COUNTERS.iter().filter(|named| metrics.exports(named.role)) {
        head(&mut text, named.prometheus, "counter", named.doc);
        let _ = writeln!(text, "{} {}", named.prometheus, (named.counter)(metrics).get());
    }
    if metrics.exports(Some(Role::Intake)) {
        topic_counters(&mut text, metrics);
        decisions(&mut text, metrics);
        histogram(&mut text, &metrics.batch_seconds);
    }
    if let Some(gauges) = gauges {
        states(&mut text, gauges);
    }
    text
}

fn build(text: &mut String) {
    const NAME: &str = "peyvand_build_info";
    head(text, NAME, "gauge", "1, with the version of the program");
    let _ = writeln!(text, "{NAME}{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
}

fn broker(text: &mut String, up: bool) {
    const NAME: &str = "peyvand_broker_up";
    head(text, NAME, "gauge", "1 if the broker answered the last request of this process, else 0");
    let _ = writeln!(text, "{NAME} {}", u8::from(up));
}

fn decisions(text: &mut String, metrics: &Metrics) {
    const NAME: &str = "peyvand_decisions_total";
    head(text, NAME, "counter", "Decisions that ingest published, by outcome");
    for (outcome, count) in metrics.decisions.all() {
        let _ = writeln!(text, "{NAME}{{outcome=\"{outcome}\"}} {count}");
    }
}

fn states(text: &mut String, gauges: &GaugeValues) {
    const LETTERS: &str = "peyvand_dead_letters_open";
    const LAG: &str = "peyvand_input_lag_messages";
    for named in GAUGES {
        head(text, named.prometheus, "gauge", named.doc);
        let _ = writeln!(text, "{} {}", named.prometheus, (named.gauge)(gauges));
    }
    head(text, LAG, "gauge", "Messages of an input topic without a disposition");
    for (topic, lag) in &gauges.lag {
        let _ = writeln!(text, "{LAG}{{topic=\"{}\"}} {lag}", escaped(topic));
    }
    head(text, LETTERS, "gauge", "Messages that could not be read and are not dealt with");
    for (reason, letters) in &gauges.dead_letters_open {
        let _ = writeln!(text, "{LETTERS}{{reason=\"{}\"}} {letters}", escaped(reason));
    }
}

/// The counts of the consumer by topic, and the partitions that it cannot read.
fn topic_counters(text: &mut String, metrics: &Metrics) {
    for named in TOPIC_COUNTERS {
        head(text, named.prometheus, "counter", named.doc);
        for topic in Topic::inputs() {
            let count = (named.counter)(metrics).get(topic);
            let _ = writeln!(text, "{}{{topic=\"{}\"}} {count}", named.prometheus, escaped(topic.name()));
        }
    }
    head(text, FETCH_FAILING, "gauge", FETCH_FAILING_DOC);
    let _ = writeln!(text, "{FETCH_FAILING} {}", metrics.fetch_failing_partitions.get());
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
