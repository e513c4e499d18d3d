//! What happens to spans and log lines: lines go to standard error; spans and records of this crate go to the collector.

use std::io::IsTerminal as _;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::Exporters;
use super::json_log::JsonWithTrace;
use crate::config::{LogFormat, Settings};

pub(super) fn subscriber(
    exporters: Option<&Exporters>,
    settings: &Settings,
) -> impl Subscriber + Send + Sync + use<> {
    Registry::default()
        .with(exporters.map(span_layer))
        .with(exporters.map(|exporters| record_layer(exporters, settings)))
        .with(log_layer(settings))
}

/// Only spans and records of this crate are exported: exporting those of the exporter's HTTP client would create new
/// ones without end. Messages of librdkafka are records of this crate.
fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level)
}

pub(super) fn span_layer<S>(exporters: &Exporters) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    tracing_opentelemetry::layer()
        .with_tracer(exporters.traces.tracer("peyvand"))
        .with_filter(Rejudged(ours(LevelFilter::INFO)))
}

/// A record has the fields of its log line. The SDK adds the ids of the trace and the span that the layer of spans has
/// made current on this thread. The bridge reads no data of a span, so it needs none of the span's locks.
pub(super) fn record_layer<S>(exporters: &Exporters, settings: &Settings) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let logged = ours(LevelFilter::TRACE).and(log_filter(settings));
    OpenTelemetryTracingBridge::new(&exporters.logs).with_filter(Rejudged(logged))
}

fn log_filter(settings: &Settings) -> EnvFilter {
    EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"))
}

fn log_layer<S>(settings: &Settings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let filter = Rejudged(log_filter(settings));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed(),
        LogFormat::Json => {
            let json = tracing_subscriber::fmt::format().json().flatten_event(true);
            lines.json().event_format(JsonWithTrace(json)).with_filter(filter).boxed()
        }
    }
}

/// A filter that is asked about every span and event that it may accept, although its answer never changes.
///
/// `tracing-subscriber` keeps the answers of the filters in the thread between the question and the event. A question
/// without an event, as sqlx asks before it logs a statement (`log_enabled!`), leaves its answers behind. An event that
/// every filter accepts always is not asked about, so it would get the left answers, and would be lost.
struct Rejudged<F>(F);

impl<S, F: Filter<S>> Filter<S> for Rejudged<F> {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        self.0.enabled(metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.0.callsite_enabled(metadata);
        if interest.is_always() { Interest::sometimes() } else { interest }
    }

    fn event_enabled(&self, event: &Event<'_>, context: &Context<'_, S>) -> bool {
        self.0.event_enabled(event, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.max_level_hint()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.0.on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.0.on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.0.on_close(id, context);
    }
}
