//! Telemetry: log lines on standard error; traces, metrics and log records to a collector.
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
mod layers;
pub mod metrics;
mod prometheus;
pub mod trace;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, SpanExporter, WithExportConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use gauges::GaugeValues;
pub use metrics::Metrics;
pub use prometheus::render_prometheus;

use crate::config::Settings;

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
    logs: SdkLoggerProvider,
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
    layers::subscriber(exporters.as_ref(), settings).try_init().map_err(|_| AlreadyStarted)?;
    if let Some(exporters) = &exporters {
        opentelemetry::global::set_meter_provider(exporters.metrics.clone());
        instruments::register(metrics);
    }
    if let Some(fault) = fault {
        tracing::warn!(%fault, "no traces, metrics and logs are exported; check the setting otlp_endpoint");
    }
    Ok(Telemetry { exporters })
}

impl Telemetry {
    /// Flushes the exporters, for at most `within`.
    pub async fn stop(self, within: Duration) {
        let Some(Exporters { traces, metrics, logs }) = self.exporters else {
            return;
        };
        // Each blocks, and its HTTP client must not be dropped on a thread of the runtime. A slow collector gets all three
        // within the same time.
        let flushes = [
            tokio::task::spawn_blocking(move || traces.shutdown_with_timeout(within)),
            tokio::task::spawn_blocking(move || metrics.shutdown_with_timeout(within)),
            tokio::task::spawn_blocking(move || logs.shutdown_with_timeout(within)),
        ];
        let flushed = async {
            for flush in flushes {
                if let Ok(Err(fault)) = flush.await {
                    tracing::warn!(%fault, "the last traces, metrics or logs were not exported");
                }
            }
        };
        // On a timeout the rest is dropped without a report, because logging ends here, too.
        let _ = tokio::time::timeout(within, flushed).await;
    }
}

fn exporters(endpoint: &str, settings: &Settings) -> Result<Exporters, ExporterBuildError> {
    crate::tls::install();
    let resource = resource(settings);
    let spans = to(SpanExporter::builder().with_http(), endpoint, "traces").build()?;
    let metrics = to(MetricExporter::builder().with_http(), endpoint, "metrics").build()?;
    let logs = to(LogExporter::builder().with_http(), endpoint, "logs").build()?;
    Ok(Exporters {
        traces: SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_batch_exporter(spans)
            .build(),
        metrics: SdkMeterProvider::builder()
            .with_resource(resource.clone())
            .with_periodic_exporter(metrics)
            .build(),
        logs: SdkLoggerProvider::builder().with_resource(resource).with_batch_exporter(logs).build(),
    })
}

/// Makes an exporter send its `signal` to the collector.
fn to<B: WithExportConfig>(exporter: B, endpoint: &str, signal: &str) -> B {
    exporter
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/{signal}"))
        .with_timeout(EXPORT_TIMEOUT)
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

#[cfg(test)]
mod tests;
