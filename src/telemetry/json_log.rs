//! Log lines as JSON, with the ids of the trace and the span that they belong to.

use std::fmt;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::{Event, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{Format, FormatEvent, FormatFields, Json, Writer};
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::registry::LookupSpan;

/// Adds `trace_id` and `span_id` to the library's JSON, in a span that is exported.
pub(super) struct JsonWithTrace(pub Format<Json, SystemTime>);

impl<S, N> FormatEvent<S, N> for JsonWithTrace
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let span = Span::current().context().span().span_context().clone();
        writer.write_str(&with_trace(line, &span))
    }
}

fn with_trace(mut line: String, span: &SpanContext) -> String {
    if span.is_valid() && line.trim_end().ends_with('}') {
        line.truncate(line.trim_end().len() - 1);
        line.push_str(&format!(
            ",\"trace_id\":\"{}\",\"span_id\":\"{}\"}}\n",
            span.trace_id(),
            span.span_id()
        ));
    }
    line
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    #[test]
    fn a_line_gets_the_ids_of_its_span_and_stays_json() {
        let trace = TraceId::from(0xf00d_u128);
        let span = SpanId::from(0xb7_u64);
        let context = SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default());
        let line = with_trace("{\"level\":\"INFO\",\"message\":\"a } b\"}\n".to_owned(), &context);
        let parsed: serde_json::Value = serde_json::from_str(line.strip_suffix('\n').unwrap()).unwrap();
        assert_eq!(parsed["trace_id"], "0000000000000000000000000000f00d");
        assert_eq!(parsed["span_id"], "00000000000000b7");
        assert_eq!(parsed["message"], "a } b");
        let plain = "{\"level\":\"INFO\"}\n".to_owned();
        assert_eq!(with_trace(plain.clone(), &SpanContext::empty_context()), plain);
    }
}
