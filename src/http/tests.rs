use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::telemetry::GaugeValues;

async fn request(address: SocketAddr, path: &str) -> (u16, String) {
    let text = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    exchange(address, &text).await
}

async fn exchange(address: SocketAddr, text: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[tokio::test]
async fn the_routes_and_the_graceful_shutdown() {
    static METRICS: Metrics = Metrics::new();
    static UP: AtomicBool = AtomicBool::new(false);
    let probe = Probe::new(&METRICS, || async {
        if UP.load(Ordering::Relaxed) { Ok(()) } else { Err(vec!["database".to_owned()]) }
    });
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve(listener, probe, stopped));

    assert_eq!(request(address, "/healthz").await.0, 200);
    let (status, answer) = request(address, "/readyz").await;
    assert_eq!(status, 503);
    assert!(answer.ends_with(r#"{"missing":["database"],"ready":false}"#), "{answer}");
    let text = request(address, "/metrics").await.1;
    assert!(text.contains("\npeyvand_batches_total 0\n"), "no counters without a database");
    assert!(!text.contains("peyvand_open_cases"), "a gauge is reported before it was read");
    UP.store(true, Ordering::Relaxed);
    METRICS.set_gauges(GaugeValues { open_cases: 4, ..GaugeValues::default() });
    assert_eq!(request(address, "/readyz").await.0, 200);
    assert!(request(address, "/metrics").await.1.contains("\npeyvand_open_cases 4\n"));
    assert_eq!(request(address, "/nothing").await.0, 404);

    let error = bind(address).await.unwrap_err().to_string();
    assert!(error.contains("PEYVAND_HTTP_LISTEN") && error.contains("http_listen"), "{error}");
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
}

/// Clients that send no head, or announce a body that never comes, take no place for long, and scrapes need none of the
/// database: the process answers others meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_connections_and_many_scrapes_do_not_hold_the_server_up() {
    static METRICS: Metrics = Metrics::new();
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve(listener, Probe::new(&METRICS, async || Ok(())), stopped));

    let mut half_open = Vec::new();
    for _ in 0..500 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost:").await.unwrap();
        half_open.push(stream);
    }
    let scrapes: Vec<_> = (0..100).map(|_| tokio::spawn(request(address, "/metrics"))).collect();
    // A generous bound for a busy machine: it is far below the timeout of a head.
    let health = tokio::time::timeout(Duration::from_secs(3), request(address, "/healthz")).await;
    assert_eq!(health.expect("/healthz waits for other clients").0, 200);
    for scrape in scrapes {
        assert_eq!(scrape.await.unwrap().0, 200);
    }
    let unsent = "POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n";
    let answer = tokio::time::timeout(Duration::from_secs(3), exchange(address, unsent)).await;
    assert_eq!(answer.expect("the server waits for a body that nobody reads").0, 405);
    // The server closes a connection without a head; until then the client would wait for ever.
    let mut first = half_open.swap_remove(0);
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(HEAD_TIMEOUT * 4, first.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "a connection without a head stays open");
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
}

/// The server has a limit of connections, and serves the next client when a place is free.
#[tokio::test]
async fn a_connection_waits_for_a_place() {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let places = Arc::new(Semaphore::new(1));
    let _clients = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
    let (_stream, place) = accept(&listener, &places).await.unwrap();
    let second = tokio::time::timeout(Duration::from_millis(200), accept(&listener, &places)).await;
    assert!(second.is_err(), "a second connection got a place that is taken");
    drop(place);
    assert!(accept(&listener, &places).await.is_some());
}
