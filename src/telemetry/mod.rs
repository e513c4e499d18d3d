//! Telemetry: log lines on standard error, traces and metrics to a collector.
//!
//! Telemetry contains no personal data: the types of `ident` mask themselves, and messages contain only ids. A
//! collector that is unavailable, or an exporter that cannot be built, never prevents a payment: the error is logged,
//! and the service continues.

mod attributes;
mod by_topic;
mod counter;
mod gauges;
mod instruments;
mod json_log;
pub mod metrics;
mod prometheus;
pub mod trace;

use std::io::IsTerminal as _;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

pub use gauges::GaugeValues;
pub use metrics::Metrics;
pub use prometheus::render_prometheus;

use crate::config::{LogFormat, Settings};
use json_log::JsonWithTrace;

/// The timeout of one export to the collector.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Telemetry was already started in this process.
#[derive(Debug, thiserror::Error)]
#[error("telemetry was started twice in one process")]
pub struct AlreadyStarted;

/// The exporters of this process. [`stop`](Self::stop) flushes them.
#[derive(Debug, Default)]
pub struct Telemetry {
    exporters: Option<Exporters>,
}

#[derive(Debug)]
struct Exporters {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

/// Starts logging and, if `otlp_endpoint` is set, exporting.
///
/// # Errors
/// If this process has already started logging.
pub fn start(settings: &Settings, metrics: &'static Metrics) -> Result<Telemetry, AlreadyStarted> {
    let (exporters, fault) =
        match settings.otlp_endpoint.as_deref().map(|endpoint| exporters(endpoint, settings)) {
            None => (None, None),
            Some(Ok(exporters)) => (Some(exporters), None),
            Some(Err(fault)) => (None, Some(fault)),
        };
    let spans = exporters.as_ref().map(span_layer);
    Registry::default().with(spans).with(log_layer(settings)).try_init().map_err(|_| AlreadyStarted)?;
    if let Some(exporters) = &exporters {
        opentelemetry::global::set_meter_provider(exporters.metrics.clone());
        instruments::register(metrics);
    }
    if let Some(fault) = fault {
        tracing::warn!(%fault, "no traces and metrics are exported; check the setting otlp_endpoint");
    }
    Ok(Telemetry { exporters })
}

impl Telemetry {
    /// Flushes the exporters, for at most `within`.
    pub async fn stop(self, within: Duration) {
        let Some(Exporters { traces, metrics }) = self.exporters else {
            return;
        };
        // Both block, and their HTTP client must not be dropped on a thread of the runtime.
        let flush = tokio::task::spawn_blocking(move || {
            let results = [traces.shutdown_with_timeout(within), metrics.shutdown_with_timeout(within)];
            for fault in results.into_iter().filter_map(Result::err) {
                tracing::warn!(%fault, "the last traces or metrics were not exported");
            }
        });
        // On a timeout the rest is dropped without a report, because logging ends here, too.
        let _ = tokio::time::timeout(within, flush).await;
    }
}

fn exporters(endpoint: &str, settings: &Settings) -> Result<Exporters, ExporterBuildError> {
    crate::tls::install();
    let resource = resource(settings);
    let spans = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    let metrics = MetricExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/metrics"))
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    Ok(Exporters {
        traces: SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_batch_exporter(spans)
            .build(),
        metrics: SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(metrics).build(),
    })
}

fn resource(settings: &Settings) -> Resource {
    Resource::builder()
        .with_service_name("peyvand")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", instance_id(settings)))
        .build()
}

/// Two processes must never look like one, so a process without a name gets an id that no other has.
fn instance_id(settings: &Settings) -> String {
    settings.instance.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
}

/// Exports only the spans of this crate: exporting the spans of the exporter's HTTP client would create new spans
/// without end.
fn span_layer<S>(exporters: &Exporters) -> impl Layer<S> + use<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a> + Send + Sync,
{
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), LevelFilter::INFO);
    tracing_opentelemetry::layer().with_tracer(exporters.traces.tracer("peyvand")).with_filter(ours)
}

fn log_layer<S>(settings: &Settings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a> + Send + Sync,
{
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed(),
        LogFormat::Json => {
            let json = tracing_subscriber::fmt::format().json().flatten_event(true);
            lines.json().event_format(JsonWithTrace(json)).with_filter(filter).boxed()
        }
    }
}

#[cfg(test)]
mod tests;
