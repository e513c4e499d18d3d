use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

/// A collector that accepts every request, and reports the first line and the body of each.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            std::thread::spawn(move || while answer(stream.as_ref().unwrap(), &sender).is_some() {});
        }
    });
    (endpoint, requests)
}

fn answer(mut stream: &TcpStream, sender: &mpsc::Sender<(String, Vec<u8>)>) -> Option<()> {
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
    sender.send((head.lines().next()?.to_owned(), body)).ok()?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        .ok()
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

fn count(body: &[u8], bytes: &[u8]) -> usize {
    body.windows(bytes.len()).filter(|window| *window == bytes).count()
}

/// The only test that starts telemetry in this process. It starts it inside the runtime, as the program does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_and_metrics_reach_a_collector() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const LINKED: &str = "00-11111111111111111111111111111111-2222222222222222-01";
    const CLOSE: &str = "00-33333333333333333333333333333333-4444444444444444-01";
    static METRICS: Metrics = Metrics::new();
    let (endpoint, requests) = collector();
    let flags =
        BTreeMap::from([("otlp_endpoint".to_owned(), endpoint), ("log".to_owned(), "error".to_owned())]);
    let settings = Settings::load_from(&flags, None, []).unwrap().settings;
    let telemetry = start(&settings, &METRICS).unwrap();
    assert!(start(&settings, &METRICS).is_err());

    METRICS.consumed.add(7);
    METRICS.batch_seconds.record(Duration::from_millis(30));
    METRICS.set_gauges(GaugeValues {
        lag: BTreeMap::from([("a-topic".to_owned(), 3)]),
        ..GaugeValues::default()
    });
    {
        let span = tracing::info_span!("ingest a batch");
        trace::adopt(&span, PARENT);
        let child = trace::traceparent_of(&span).unwrap();
        assert!(child.starts_with(&PARENT[..36]) && child != PARENT, "{child}");
        trace::adopt(&tracing::info_span!("other"), "nonsense");
        // The span has a trace of its own, and only the link refers to the other trace.
        let traces = [LINKED, "nonsense", LINKED].into_iter();
        let process = trace::process(Some("insured.records.v1"), "a-group", 3, traces);
        process.in_scope(|| trace::failed(&process));
        trace::sent(&trace::send(2), 5);
        // The trace of a close is known only at its end.
        let close = trace::close_month("1404-07");
        trace::adopt(&close, CLOSE);
    }
    telemetry.stop(Duration::from_secs(5)).await;

    let all: Vec<_> = requests.try_iter().collect();
    let (_, traces) = all.iter().find(|(line, _)| line.contains("post /v1/traces")).unwrap();
    let (_, metrics) = all.iter().find(|(line, _)| line.contains("post /v1/metrics")).unwrap();
    for text in [
        "ingest a batch",
        "peyvand",
        "process insured.records.v1",
        "messaging.consumer.group.name",
        "a-group",
        "messaging.operation.type",
        "messaging.batch.message_count",
        "close-month",
    ] {
        assert!(contains(traces, text), "{text}");
    }
    // A trace that is named twice is linked once, and the close is in its own trace.
    assert_eq!((count(traces, &[0x11; 16]), count(traces, &[0x33; 16])), (1, 1));
    for text in
        ["messaging.client.consumed.messages", "messaging.process.duration", "peyvand.input.lag", "a-topic"]
    {
        assert!(contains(metrics, text), "{text}");
    }
}

fn instance_id(flags: &[(&str, &str)]) -> String {
    let flags = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let resource = resource(&Settings::load_from(&flags, None, []).unwrap().settings);
    resource.get(&opentelemetry::Key::from_static_str("service.instance.id")).unwrap().to_string()
}

fn exporting_to(endpoint: &str) -> (Exporters, Settings) {
    let flags = BTreeMap::from([("log".to_owned(), "warn".to_owned())]);
    let settings = Settings::load_from(&flags, None, []).unwrap().settings;
    (exporters(endpoint, &settings).unwrap(), settings)
}

/// sqlx asks whether a statement is logged before each one that it logs.
#[test]
fn a_question_whether_something_is_logged_loses_no_later_record_or_span() {
    let (endpoint, requests) = collector();
    let (exporters, settings) = exporting_to(&endpoint);
    tracing::subscriber::with_default(layers::subscriber(Some(&exporters), &settings), || {
        for _ in 0..2 {
            let _ = tracing::enabled!(target: "sqlx::query", tracing::Level::WARN);
            let span = tracing::info_span!("kept span");
            let _ = tracing::enabled!(target: "sqlx::query", tracing::Level::WARN);
            span.in_scope(|| tracing::warn!("kept record"));
        }
    });
    exporters.traces.force_flush().unwrap();
    exporters.logs.force_flush().unwrap();
    let all: Vec<_> = requests.try_iter().collect();
    let found = |path: &str, text: &str| {
        let bodies = all.iter().filter(|(line, _)| line.contains(path));
        bodies.map(|(_, body)| count(body, text.as_bytes())).sum::<usize>()
    };
    assert_eq!((found("/v1/traces", "kept span"), found("/v1/logs", "kept record")), (2, 2));
}

/// More records than the exporter's queue holds. A collector that never answers leaves them in the queue.
#[test]
fn logging_inside_an_exported_span_does_not_wait_for_the_collector() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (exporters, settings) = exporting_to(&format!("http://{}", silent.local_addr().unwrap()));
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || {
        // Without the lines on standard error.
        let layers = tracing_subscriber::Registry::default().with(layers::span_layer(&exporters));
        let layers = layers.with(layers::record_layer(&exporters, &settings));
        tracing::subscriber::with_default(layers, || {
            let span = tracing::info_span!("process");
            span.in_scope(|| (0..5_000).for_each(|n| tracing::warn!(n, "a line")));
        });
        done.send(()).unwrap();
        // Dropping the exporters waits for the collector.
        std::mem::forget(exporters);
    });
    ended.recv_timeout(Duration::from_secs(60)).expect("a line waits for the collector");
}

#[test]
fn every_process_has_an_instance_id_of_its_own() {
    assert_eq!(instance_id(&[("instance", "intake-0")]), "intake-0");
    let one = instance_id(&[]);
    assert!(!one.is_empty() && one != instance_id(&[]), "{one}");
}

#[tokio::test]
async fn without_a_collector_nothing_is_exported() {
    assert!(trace::traceparent_of(&tracing::Span::none()).is_none());
    Telemetry::default().stop(Duration::from_secs(1)).await;
}

#[test]
fn prometheus_text() {
    let metrics = Metrics::new();
    metrics.decisions.add(crate::claim::Outcome::Waiting, 5);
    metrics.set_broker_up(true);
    for millis in [3, 60, 60, 20_000] {
        metrics.batch_seconds.record(Duration::from_millis(millis));
    }
    let gauges = GaugeValues {
        lag: BTreeMap::from([("a\"b".to_owned(), 12)]),
        dead_letters_open: BTreeMap::from([("schema".to_owned(), 3)]),
        updated_seconds: 1_700_000_000,
        open_cases: 2,
        ..GaugeValues::default()
    };
    let text = render_prometheus(&metrics, Some(&gauges));
    for line in [
        "# TYPE peyvand_decisions_total counter",
        "peyvand_decisions_total{outcome=\"WAITING\"} 5",
        "peyvand_decisions_total{outcome=\"APPROVED\"} 0",
        "peyvand_broker_up 1",
        concat!("peyvand_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "peyvand_gauges_updated_seconds 1700000000",
        "peyvand_dead_letters_open{reason=\"schema\"} 3",
        "peyvand_process_duration_seconds_bucket{le=\"0.005\"} 1",
        "peyvand_process_duration_seconds_bucket{le=\"0.075\"} 3",
        "peyvand_process_duration_seconds_bucket{le=\"10\"} 3",
        "peyvand_process_duration_seconds_bucket{le=\"+Inf\"} 4",
        "peyvand_process_duration_seconds_sum 20.123",
        "peyvand_process_duration_seconds_count 4",
        "peyvand_open_cases 2",
        "peyvand_input_lag_messages{topic=\"a\\\"b\"} 12",
    ] {
        assert!(text.lines().any(|got| got == line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_process_exports_the_counters_of_its_roles_only() {
    let metrics = Metrics::new();
    metrics.serve_roles(&[crate::config::Role::Relay].into());
    let text = render_prometheus(&metrics, None);
    for present in ["peyvand_relay_commits_total 0", "peyvand_errors_total 0", "peyvand_broker_up 0"] {
        assert!(text.lines().any(|line| line == present), "{present} is not in\n{text}");
    }
    for absent in [
        "peyvand_batches_total",
        "peyvand_closes_total",
        "peyvand_decisions_total",
        "peyvand_process_duration",
    ] {
        assert!(!text.contains(absent), "{absent} is in\n{text}");
    }
}

/// No telemetry layer masks identifiers. Only their `Debug` output keeps them out of the logs, in Latin and in Persian
/// digits.
#[test]
fn debug_output_of_identifiers_contains_no_digit() {
    use crate::ident::{InsuranceNumber, Mobile, NationalCode, Sheba, text::persian_digits};

    let code = NationalCode::with_check_digit(123_456_789).unwrap();
    let insurance = "0098765432".parse::<InsuranceNumber>().unwrap();
    let mobile = "09121234567".parse::<Mobile>().unwrap();
    let sheba = Sheba::with_check_digits("012", "3456789012345678901").unwrap();
    let shown = format!("{code:?} {insurance:?} {mobile:?} {sheba:?} {:?}", Some((code, [&mobile])));
    for full in [code.to_string(), insurance.to_string(), mobile.to_string(), sheba.to_string()] {
        assert!(!shown.contains(&full) && !shown.contains(&persian_digits(&full)), "{shown}");
    }
    assert!(!shown.chars().any(char::is_numeric), "{shown}");
}
