//! The telemetry that a collector receives: spans with their links and traces, and gauges that are not scraped.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::fixtures::couples::Couple;
use crate::harness::TestApp;

/// The concatenated bodies of all requests so far.
type Received = Arc<Mutex<Vec<u8>>>;

/// Starts a collector that accepts every request.
fn collector() -> (String, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let received = Received::default();
    let all = received.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let all = all.clone();
            std::thread::spawn(move || while answer(stream.as_ref().unwrap(), &all).is_some() {});
        }
    });
    (endpoint, received)
}

fn answer(mut stream: &TcpStream, received: &Received) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    received.lock().unwrap().append(&mut body);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()
}

#[test]
fn batches_pages_and_a_close_are_spans() {
    const INPUT: &str = "00-7e57000000000000000000000000f00d-00f067aa0ba902b7-01";
    let (endpoint, received) = collector();
    // sqlx logs its statements, which run in the span of a batch.
    let app =
        TestApp::without_service("1404-08-01").with("log_format", "json").with("log", "info,sqlx=debug");
    let mut app = app.with("otlp_endpoint", &endpoint).serving();
    let couple = Couple::nth(24);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    app.settle();
    let (topic, data) = ("registry.marriages.v1", couple.marriage_data(1));
    let headers = [("traceparent", INPUT)];
    app.raw().event_with(topic, &couple.record_id, "registry.marriage.recorded", "one", &data, &headers);
    app.settle();
    app.close("1404-07");
    let thread = app.value("SELECT split_part(traceparent, '-', 2) FROM closes");
    let log = app.service(0).log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let of_span = |line: &serde_json::Value| {
        line["trace_id"].as_str().is_some_and(|id| id.len() == 32)
            && line["span_id"].as_str().is_some_and(|id| id.len() == 16)
    };
    assert!(lines.filter(of_span).count() > 0, "no line names its trace and span\n{log}");
    // The last spans are sent when the service stops.
    app.stop();
    let received = received.lock().unwrap().clone();
    let holds = |bytes: &[u8]| received.windows(bytes.len()).any(|window| window == bytes);
    let process = format!("process {}{topic}", app.prefix);
    let group = format!("{}peyvand-intake", app.prefix);
    for text in [&process, &group, "send", "close-month", "messaging.batch.message_count"] {
        assert!(holds(text.as_bytes()), "{text}");
    }
    assert!(holds(&hex::decode(&INPUT[3..35]).unwrap()), "the batch has no link to its input");
    assert!(holds(&hex::decode(&thread).unwrap()), "the close's span is not in the trace of its outputs");
    for gauge in ["peyvand.outbox.depth", "peyvand.months.closed", "peyvand.input.lag"] {
        assert!(holds(gauge.as_bytes()), "{gauge}");
    }
    let code = data["husband"]["national_code"].as_str().unwrap();
    assert!(!holds(code.as_bytes()), "a span contains a national code");
    app.finish();
}
