//! W3C trace context, which connects an input with everything that it causes, and the spans of this process, with the
//! attributes of the messaging conventions.

use std::collections::HashMap;
use std::fmt::Display;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACEPARENT: &str = "traceparent";

/// The maximum number of links of one span. A batch with more traces is linked to the first ones only.
const MAX_LINKS: usize = 32;

/// The span of an ingest batch, linked to the traces of its messages. `topic` is set if all messages are from one
/// topic.
pub fn process<'a>(
    topic: Option<&str>,
    group: &str,
    messages: usize,
    traces: impl Iterator<Item = &'a str>,
) -> Span {
    let span = info_span!(
        "process",
        otel.name = topic.map_or("process".to_owned(), |topic| format!("process {topic}")),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.system = "kafka",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = topic,
        messaging.consumer.group.name = group,
        // As i64, because the bridge to OpenTelemetry converts unsigned numbers to text.
        messaging.batch.message_count = i64::try_from(messages).unwrap_or(i64::MAX),
    );
    let mut linked: Vec<&str> = Vec::new();
    for trace in traces {
        if linked.len() == MAX_LINKS {
            break;
        }
        if !linked.contains(&trace) {
            linked.push(trace);
            span.add_link(context_of(trace));
        }
    }
    span
}

/// The span of a page of the relay, which the writer of the shard sends in one transaction. Call [`sent`] with the
/// number of messages.
pub fn send(shard: i16) -> Span {
    info_span!(
        "send",
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = "kafka",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.batch.message_count = Empty,
        peyvand.outbox.group = i64::from(shard),
    )
}

/// Records the number of messages that a `send` span sent.
pub fn sent(span: &Span, messages: u64) {
    span.record("messaging.batch.message_count", i64::try_from(messages).unwrap_or(i64::MAX));
}

/// The span of a month's close. Do not enter it: its trace is known only when the close ends, and a span that was
/// entered accepts no parent (see [`adopt`]).
pub fn close_month(month: impl Display) -> Span {
    info_span!("close-month", otel.status_code = Empty, peyvand.month = %month)
}

/// Marks the operation of the span as failed.
pub fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// Makes the span that `traceparent` names the parent of `span`. An invalid `traceparent` is ignored.
pub fn adopt(span: &Span, traceparent: &str) {
    let parent = context_of(traceparent);
    if parent.is_valid() {
        // It fails only if nothing is exported or the span was entered; then there is no trace to continue.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
    }
}

fn context_of(traceparent: &str) -> SpanContext {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract(&carrier).span().span_context().clone()
}

/// Returns the `traceparent` that continues the trace of `span`. `None` if nothing is exported.
pub fn traceparent_of(span: &Span) -> Option<String> {
    let context = span.context();
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(TRACEPARENT)
}
