//! The telemetry that a collector receives: spans with their links and traces, gauges that are not scraped, and log
//! records.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::fixtures::couples::Couple;
use crate::harness::{TestApp, now};

/// All requests so far.
pub type Received = Arc<Mutex<Vec<Request>>>;

pub struct Request {
    path: String,
    body: Vec<u8>,
}

/// The concatenated bodies of the requests to a path.
pub fn bodies(received: &Received, path: &str) -> Vec<u8> {
    let received = received.lock().unwrap();
    received
        .iter()
        .filter(|request| request.path.starts_with(path))
        .flat_map(|request| request.body.clone())
        .collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

const INFO: u64 = 9;
const WARN: u64 = 13;

/// A `LogRecord` of OTLP.
#[derive(Default)]
struct LogRecord {
    severity: u64,
    severity_text: String,
    body: String,
    attributes: Vec<String>,
    trace_id: Vec<u8>,
    span_id: Vec<u8>,
}

/// The log records of all requests so far.
fn log_records(received: &Received) -> Vec<LogRecord> {
    let mut records = Vec::new();
    // `ExportLogsServiceRequest`, `ResourceLogs`, `ScopeLogs`.
    for (_, resource) in fields(&bodies(received, "/v1/logs")).iter().filter(|(number, _)| *number == 1) {
        for (_, scope) in fields(resource).iter().filter(|(number, _)| *number == 2) {
            let all = fields(scope);
            records
                .extend(all.iter().filter(|(number, _)| *number == 2).map(|(_, record)| log_record(record)));
        }
    }
    records
}

fn log_record(bytes: &[u8]) -> LogRecord {
    let mut record = LogRecord::default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for (number, value) in fields(bytes) {
        match number {
            2 => record.severity = u64::from_le_bytes(value.try_into().unwrap()),
            3 => record.severity_text = text(&value),
            // `AnyValue.string_value`.
            5 => record.body = text(&fields(&value)[0].1),
            6 => record.attributes.push(text(&value)),
            9 => record.trace_id = value,
            10 => record.span_id = value,
            _ => {}
        }
    }
    record
}

/// The fields of a message in the protobuf encoding. Numbers are 8 bytes, little-endian.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let length = match tag & 7 {
            0 => {
                fields.push((tag >> 3, varint(&mut bytes).to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = bytes.split_at(length);
        fields.push((tag >> 3, value.to_vec()));
        bytes = rest;
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes.split_off_first().unwrap();
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

/// Starts a collector that accepts every request.
pub fn collector() -> (String, Received) {
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
    let path = head.split(' ').nth(1)?.to_owned();
    received.lock().unwrap().push(Request { path, body });
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
    let received = bodies(&received, "/v1/");
    let holds = |part: &[u8]| holds(&received, part);
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

#[test]
fn log_records_arrive_with_the_trace_of_their_span() {
    const REFUSED: &str = "a batch could not be written; trying again";
    let (endpoint, received) = collector();
    let app = TestApp::without_service("1404-08-01").with("log_format", "json");
    let mut app = app.with("log", "info,peyvand=trace").with("otlp_endpoint", &endpoint);
    app.set("instance", "office-7");
    app.serve(&[]);
    app.settle();
    app.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = 'serialization_failure'; END $$",
    )
    .unwrap();
    app.execute("CREATE TRIGGER refuse BEFORE INSERT ON marriages FOR EACH ROW EXECUTE FUNCTION refuse()")
        .unwrap();
    let couple = Couple::nth(25);
    let data = couple.marriage_data(1);
    app.raw_alone().event(
        "registry.marriages.v1",
        &couple.record_id,
        "registry.marriage.recorded",
        "one",
        &data,
    );
    app.wait_for_log(0, REFUSED);
    app.execute("DROP FUNCTION refuse() CASCADE").unwrap();
    app.settle();
    let log = app.service(0).log();
    let line = log.lines().find(|line| line.contains(REFUSED)).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let ids = [&line["trace_id"], &line["span_id"]].map(|id| hex::decode(id.as_str().unwrap()).unwrap());
    // The last records are sent when the service stops.
    app.stop();
    let records = bodies(&received, "/v1/logs");
    assert!(holds(&records, b"service.instance.id") && holds(&records, b"office-7"), "no instance");
    let logged = log_records(&received);
    let refused = logged.iter().find(|record| record.body == REFUSED).expect("the warning was not sent");
    assert_eq!((refused.severity, refused.severity_text.as_str()), (WARN, "WARN"));
    assert_eq!([&refused.trace_id, &refused.span_id], [&ids[0], &ids[1]], "{line}");
    assert!(refused.attributes.iter().any(|text| text.contains("planted")), "{:?}", refused.attributes);
    let spans = bodies(&received, "/v1/traces");
    assert!(holds(&spans, &ids[0]) && holds(&spans, &ids[1]), "the record's span was not sent");
    let outside = logged.iter().find(|record| record.body == "peyvand serves").unwrap();
    assert!(outside.trace_id.is_empty() && outside.severity == INFO);
    // Records of the HTTP client that sends the records would never end.
    for library in ["hyper_util", "reqwest", "sqlx::query"] {
        assert!(!holds(&records, library.as_bytes()), "a record of {library} was sent");
    }
    let spouses = [&data["husband"]["national_code"], &data["wife"]["national_code"]];
    for code in spouses.map(|code| code.as_str().unwrap()) {
        assert!(!holds(&records, code.as_bytes()), "a record contains a national code");
    }
    app.finish();
}

/// One collector accepts connections and never answers, and one is gone.
#[test]
fn a_collector_that_hangs_or_is_gone_stops_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (n, collector) in [(0, silent.local_addr().unwrap()), (1, gone)] {
        let mut app = TestApp::without_service("1404-08-01");
        app.serve(&["--log", "info,peyvand=trace", "--otlp-endpoint", &format!("http://{collector}")]);
        Couple::publish(&[Couple::nth(26 + n)], &mut app);
        app.close("1404-07");
        assert_eq!(app.documents().len(), 2, "{collector}");
        let began = now();
        assert!(app.service(0).terminate().success());
        let took = began.elapsed().as_secs();
        assert!(took < 20, "the stop took {took} s: it waits for the collector {collector}");
        app.forget(0);
        app.finish();
    }
}
