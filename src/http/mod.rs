//! HTTP: liveness, readiness and metrics. The caller supplies the data, so this module does not depend on the database
//! or the broker.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::telemetry::{GaugeValues, Metrics, render_prometheus};

/// What is not available yet, as text for an operator. It contains no personal data, because any client can read it.
pub type NotReady = Vec<String>;

/// The data that the routes serve.
#[derive(Clone)]
pub struct Probe {
    /// Checks that the database answers. It need not check the roles: a role that ends by itself ends the process.
    pub ready: Arc<dyn Fn() -> BoxFuture<'static, Result<(), NotReady>> + Send + Sync>,
    /// Reads the current gauges. If it returns `None`, the last known gauges are served, if there are any.
    pub gauges: Arc<dyn Fn() -> BoxFuture<'static, Option<GaugeValues>> + Send + Sync>,
    /// The metrics of this process.
    pub metrics: &'static Metrics,
}

impl Probe {
    /// Creates a probe from two async closures.
    pub fn new<R, G, RF, GF>(metrics: &'static Metrics, ready: R, gauges: G) -> Self
    where
        R: Fn() -> RF + Send + Sync + 'static,
        RF: Future<Output = Result<(), NotReady>> + Send + 'static,
        G: Fn() -> GF + Send + Sync + 'static,
        GF: Future<Output = Option<GaugeValues>> + Send + 'static,
    {
        Self {
            ready: Arc::new(move || Box::pin(ready())),
            gauges: Arc::new(move || Box::pin(gauges())),
            metrics,
        }
    }
}

/// Why HTTP cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is in use, or does not belong to this host.
    #[error("cannot listen on {address}: {source}; choose another with --http-listen or PEYVAND_HTTP_LISTEN")]
    Bind {
        /// The address of the setting.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The listener failed.
    #[error("the HTTP server failed: {0}")]
    Serve(#[from] std::io::Error),
}

/// Binds the address. It is separate from [`serve`], so that an address in use is reported at once, and the caller can
/// read the actual port of port 0.
///
/// # Errors
/// If the address cannot be bound. The error names the setting to change.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, HttpError> {
    TcpListener::bind(address).await.map_err(|source| HttpError::Bind { address, source })
}

/// Serves until `stop` is true, then completes the requests in progress.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    probe: Probe,
    mut stop: watch::Receiver<bool>,
) -> Result<(), HttpError> {
    let stopped = async move {
        // An error means that the sender is gone, which also ends the server.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, router(probe)).with_graceful_shutdown(stopped).await.map_err(HttpError::Serve)
}

pub fn router(probe: Probe) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(probe)
}

async fn ready(State(probe): State<Probe>) -> Response {
    let (status, body) = match (probe.ready)().await {
        Ok(()) => (StatusCode::OK, serde_json::json!({ "ready": true })),
        Err(missing) => {
            (StatusCode::SERVICE_UNAVAILABLE, serde_json::json!({ "ready": false, "missing": missing }))
        }
    };
    (status, axum::Json(body)).into_response()
}

async fn metrics(State(probe): State<Probe>) -> Response {
    if let Some(gauges) = (probe.gauges)().await {
        probe.metrics.set_gauges(gauges);
    }
    let text = render_prometheus(probe.metrics, probe.metrics.gauges().as_ref());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests;
