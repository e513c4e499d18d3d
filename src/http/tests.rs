use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

async fn request(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[tokio::test]
async fn the_routes_and_the_graceful_shutdown() {
    static METRICS: Metrics = Metrics::new();
    static UP: AtomicBool = AtomicBool::new(false);
    let ready =
        || async { if UP.load(Ordering::Relaxed) { Ok(()) } else { Err(vec!["database".to_owned()]) } };
    let gauges = || async {
        UP.load(Ordering::Relaxed).then(|| GaugeValues { open_cases: 4, ..GaugeValues::default() })
    };
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve(listener, Probe::new(&METRICS, ready, gauges), stopped));

    assert_eq!(request(address, "/healthz").await.0, 200);
    let (status, answer) = request(address, "/readyz").await;
    assert_eq!(status, 503);
    assert!(answer.ends_with(r#"{"missing":["database"],"ready":false}"#), "{answer}");
    let text = request(address, "/metrics").await.1;
    assert!(text.contains("\npeyvand_batches_total 0\n"), "no counters without a database");
    assert!(!text.contains("peyvand_open_cases"), "a gauge is reported before it was read");
    UP.store(true, Ordering::Relaxed);
    assert_eq!(request(address, "/readyz").await.0, 200);
    assert!(request(address, "/metrics").await.1.contains("\npeyvand_open_cases 4\n"));
    assert_eq!(request(address, "/nothing").await.0, 404);

    let error = bind(address).await.unwrap_err().to_string();
    assert!(error.contains("PEYVAND_HTTP_LISTEN"), "{error}");
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap().unwrap();
}
