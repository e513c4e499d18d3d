//! HTTP: liveness, readiness and metrics, whose data the caller supplies, and the portal for people (`portal`), which
//! calls the use cases in `crate::app`. This module does not depend on the broker.
//!
//! No client can hold the server up: connections, the time for a request's head and the life of a connection are
//! limited, and no route waits for more than one query.

pub mod assets;
pub mod pages;
pub mod portal;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::telemetry::{Metrics, render_prometheus};

/// Connections that are served at the same time. Further ones wait until one ends.
const MAX_CONNECTIONS: usize = 1024;
/// A client that has not sent the head of its request by then is disconnected.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum lifetime of a connection. A client that sends or reads slowly does not occupy it longer.
const CONNECTION_LIFE: Duration = Duration::from_secs(60);
/// The same for the portal: a picture of the maximum size needs 210 s on a line of 400 kbit/s.
pub const PORTAL_CONNECTION_LIFE: Duration = Duration::from_secs(600);
/// What requests in progress get at a shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
/// After an error of the listener, for example too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is not available yet, as text for an operator. It contains no personal data, because any client can read it.
pub type NotReady = Vec<String>;

/// The data that the routes serve.
#[derive(Clone)]
pub struct Probe {
    /// Checks what the roles of this process need. It need not check the roles: a role that ends by itself ends the
    /// process.
    pub ready: Arc<dyn Fn() -> BoxFuture<'static, Result<(), NotReady>> + Send + Sync>,
    /// The metrics of this process. A scrape reads only what is stored there.
    pub metrics: &'static Metrics,
}

impl Probe {
    /// Creates a probe from an async closure.
    pub fn new<R, F>(metrics: &'static Metrics, ready: R) -> Self
    where
        R: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), NotReady>> + Send + 'static,
    {
        Self { ready: Arc::new(move || Box::pin(ready())), metrics }
    }
}

/// Why HTTP cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is in use, or does not belong to this host.
    #[error(
        "cannot listen on {address} (setting http_listen): {source}; choose another address with --http-listen or PEYVAND_HTTP_LISTEN, or `none` for no HTTP"
    )]
    Bind {
        /// The address of the setting.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The same for the portal.
    #[error(
        "cannot listen on {address} (setting portal_listen): {source}; choose another address with --portal-listen or PEYVAND_PORTAL_LISTEN"
    )]
    BindPortal {
        /// The address of the setting.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// Binds the address. It is separate from [`serve`], so that an address in use is reported at once, and the caller can
/// read the actual port of port 0.
///
/// # Errors
/// If the address cannot be bound. The error names the setting to change.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, HttpError> {
    TcpListener::bind(address).await.map_err(|source| HttpError::Bind { address, source })
}

/// Like [`bind`], for the portal.
///
/// # Errors
/// If the address cannot be bound. The error names the setting to change.
pub async fn bind_portal(address: SocketAddr) -> Result<TcpListener, HttpError> {
    TcpListener::bind(address).await.map_err(|source| HttpError::BindPortal { address, source })
}

/// Serves liveness, readiness and metrics until `stop` is true.
pub async fn serve(listener: TcpListener, probe: Probe, stop: watch::Receiver<bool>) {
    serve_routes(listener, router(probe), CONNECTION_LIFE, stop).await;
}

/// The address of the other end of a connection, an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub IpAddr);

/// Serves until `stop` is true, then completes the requests in progress. No connection lives longer than `life`.
pub async fn serve_routes(listener: TcpListener, app: Router, life: Duration, stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut stopped = stop.clone();
    loop {
        let ((stream, peer), place) = tokio::select! {
            biased;
            // An error means that the sender is gone, which also ends the server.
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            Some(accepted) = accept(&listener, &places) => accepted,
        };
        connections.spawn(connection(stream, peer, app.clone(), life, stop.clone(), place));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Accepts a connection when there is a place for it. `None` if the listener failed.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<((TcpStream, PeerAddress), OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some(((stream, PeerAddress(peer.ip())), place)),
        Err(error) => {
            tracing::warn!(%error, "an HTTP connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Serves one connection. Its place is free when it ends.
async fn connection(
    stream: TcpStream,
    peer: PeerAddress,
    app: Router,
    life: Duration,
    mut stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        app.call(request)
    });
    let served = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    tokio::select! {
        // An error concerns only this client.
        _ = served.as_mut() => return,
        () = tokio::time::sleep(life) => return,
        _ = stop.wait_for(|stop| *stop) => served.as_mut().graceful_shutdown(),
    }
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, served).await;
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
    let text = render_prometheus(probe.metrics, probe.metrics.gauges().as_ref());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests;
