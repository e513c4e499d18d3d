//! HTTP: is the process alive, is it ready, and its figures. What it serves is asked of the caller, so that nothing
//! here knows the database or the broker.

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

/// What is not there yet, in words for an operator; without personal data, as it is shown to anyone who asks.
pub type NotReady = Vec<String>;

/// What the routes ask.
#[derive(Clone)]
pub struct Probe {
    /// Whether the database answers. It need not ask whether the roles run: one that ends by itself ends the process.
    pub ready: Arc<dyn Fn() -> BoxFuture<'static, Result<(), NotReady>> + Send + Sync>,
    /// The gauges of now; none where they cannot be had: the last known are shown, if any were.
    pub gauges: Arc<dyn Fn() -> BoxFuture<'static, Option<GaugeValues>> + Send + Sync>,
    /// The counts of this process.
    pub metrics: &'static Metrics,
}

impl Probe {
    /// From two async closures.
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

/// Why HTTP is not served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}: {source}; choose another with --http-listen or PEYVAND_HTTP_LISTEN")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The listener broke.
    #[error("HTTP ended: {0}")]
    Serve(#[from] std::io::Error),
}

/// Takes the address; apart from `serve`, so that a taken one is told at once and port 0 can be asked for its number.
///
/// # Errors
/// Where the address cannot be had; says which setting to change.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, HttpError> {
    TcpListener::bind(address).await.map_err(|source| HttpError::Bind { address, source })
}

/// Serves until `stop` says so, then ends what is under way.
///
/// # Errors
/// Where the listener breaks.
pub async fn serve(
    listener: TcpListener,
    probe: Probe,
    mut stop: watch::Receiver<bool>,
) -> Result<(), HttpError> {
    let stopped = async move {
        // An error means that nobody is left who could ask: the same.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, router(probe)).with_graceful_shutdown(stopped).await.map_err(HttpError::Serve)
}

/// The routes.
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
