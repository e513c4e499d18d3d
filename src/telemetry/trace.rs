//! W3C trace context: the thread from an input to all that it causes; and the spans of what this process does, with the
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

/// The most links of one span: a batch of many threads names its first.
const MOST_LINKS: usize = 32;

/// A batch of the intake, linked to the threads that its messages come from. `topic` where all are of one.
pub fn process<'a>(
    topic: Option<&str>,
    group: &str,
    messages: usize,
    threads: impl Iterator<Item = &'a str>,
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
        // As i64: the bridge to OpenTelemetry makes text of unsigned numbers.
        messaging.batch.message_count = i64::try_from(messages).unwrap_or(i64::MAX),
    );
    let mut linked: Vec<&str> = Vec::new();
    for thread in threads {
        if linked.len() == MOST_LINKS {
            break;
        }
        if !linked.contains(&thread) {
            linked.push(thread);
            span.add_link(context_of(thread));
        }
    }
    span
}

/// A page of the relay, in one transaction of the group's writer; `sent` tells how many went out.
pub fn send(group: i16) -> Span {
    info_span!(
        "send",
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = "kafka",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.batch.message_count = Empty,
        peyvand.outbox.group = i64::from(group),
    )
}

/// How many messages a `send` sent.
pub fn sent(span: &Span, messages: u64) {
    span.record("messaging.batch.message_count", i64::try_from(messages).unwrap_or(i64::MAX));
}

/// A month's close. Do not enter it: only its end tells which thread it belongs to, and a span that has begun takes no
/// parent (`adopt`).
pub fn close_month(month: impl Display) -> Span {
    info_span!("close-month", otel.status_code = Empty, peyvand.month = %month)
}

/// What the span tells of came to nothing.
pub fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// Makes the span that `traceparent` names the parent of `span`; what is no trace context is passed over.
pub fn adopt(span: &Span, traceparent: &str) {
    let parent = context_of(traceparent);
    if parent.is_valid() {
        // It fails only where nothing is exported, or the span has begun: then there is no thread to keep.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
    }
}

fn context_of(traceparent: &str) -> SpanContext {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract(&carrier).span().span_context().clone()
}

/// The `traceparent` under which `span` goes on; none where nothing is exported.
pub fn traceparent_of(span: &Span) -> Option<String> {
    let context = span.context();
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(TRACEPARENT)
}
