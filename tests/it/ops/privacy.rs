//! Logs, metrics, health pages and errors contain no national code, Sheba or mobile number, in Latin, Persian or Arabic
//! digits.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use serde_json::json;

use crate::fixtures::couples::national_code;
use crate::harness::TestApp;
use crate::ops::spans::{bodies, collector};

#[test]
fn no_personal_data_reaches_logs_metrics_or_errors() {
    let mut app = TestApp::without_service("1404-08-01").with("log", "trace").with("log_format", "json");
    let http = free_address();
    let (endpoint, received) = collector();
    let addresses = ["--http-listen", &http.to_string(), "--otlp-endpoint", &endpoint];
    app.serve(&[&["--roles", "intake,relay,api"][..], &addresses].concat());
    let folder = app.generate(40, 3);
    let mut secrets = secrets_of(&folder);
    assert!(secrets.len() > 150, "only {} secrets: too few for this test", secrets.len());
    let mut collected =
        app.publish_folder(&folder).into_values().map(|receipt| receipt.to_string()).collect::<String>();

    let stranger = national_code(987_654_321);
    collected += &bad_messages(&app, &stranger);
    collected += &refused_by_the_database(&mut app);
    collected += &mistaken_commands(&app, &stranger);
    secrets.insert(stranger);
    for path in ["/metrics", "/healthz", "/readyz", "/no-such-page"] {
        collected += &get(http, path);
    }
    assert!(
        collected.contains("peyvand_consumed_messages_total") && collected.contains("planted"),
        "the pages or the errors were not collected"
    );
    collected += &app.text(&["dead-letters", "list"]);
    collected += &app.settle().to_string();
    app.service(0).terminate();
    let log = app.service(0).log();
    assert!(
        log.contains("\"TRACE\"") && log.contains("a batch was not written"),
        "the log lacks trace lines or the planted refusal"
    );
    collected += &log;
    app.forget(0);
    let exported = latin_digits(&String::from_utf8_lossy(&bodies(&received, "/v1/")));
    assert!(exported.contains("a batch was not written"), "no log records were exported");
    // The neighbours of a text in protobuf may be letters or digits. So long a number is in no digest by chance.
    let sent =
        secrets.iter().filter(|secret| secret.len() >= 10 && exported.contains(secret.as_str())).count();
    assert_eq!(sent, 0, "secrets were sent to the collector");

    let collected = latin_digits(&collected);
    let leaked: Vec<_> = secrets.iter().filter_map(|secret| around(&collected, secret)).collect();
    assert!(
        leaked.is_empty(),
        "{} secrets leaked, e.g. {:?}",
        leaked.len(),
        leaked.iter().take(3).collect::<Vec<_>>()
    );
    app.finish();
}

/// National codes, accounts, mobile and insurance numbers of a month's files.
fn secrets_of(folder: &Path) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let mut file = csv::ReaderBuilder::new().flexible(true).from_path(entry.unwrap().path()).unwrap();
        let header = file.headers().unwrap().clone();
        for row in file.records() {
            for (name, value) in header.iter().zip(&row.unwrap()) {
                let personal = name.ends_with("national_code")
                    || matches!(name, "sheba" | "mobile" | "insurance_number");
                if personal && value.len() >= 8 {
                    let value = latin_digits(value);
                    // A code that is printed as a number loses its leading zeros.
                    secrets.insert(value.trim_start_matches('0').to_owned());
                    secrets.insert(value);
                }
            }
        }
    }
    secrets
}

/// Sends messages that become dead letters, with personal data in every part of a message.
fn bad_messages(app: &TestApp, code: &str) -> String {
    let raw = app.raw();
    let person = |change: serde_json::Value| {
        let mut data =
            json!({"national_code": code, "sheba": "IR820540102680020817909002", "mobile": "09121234567"});
        data.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        data
    };
    for (key, data) in [
        (code, person(json!({}))),
        ("1", person(json!({"birth_date": code}))),
        (code, person(json!({"deceased_on": {code: code}}))),
        (code, json!({code: 1})),
        (code, json!(code)),
    ] {
        raw.event("insured.records.v1", key, "insured.person.changed", code, &data);
        raw.event("insured.records.v1", key, code, code, &data);
    }
    let outcome =
        json!({"document_id": code, "outcome": "paid", "code": null, "at": "2025-10-24T10:00:00+03:30"});
    raw.event("finance.payment-outcomes.v1", code, "finance.document.paid", code, &outcome);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM dead_letters"), "11");
    String::new()
}

/// PostgreSQL quotes the whole failing row in its error; the row must not reach logs or output.
fn refused_by_the_database(app: &mut TestApp) -> String {
    app.execute("ALTER TABLE documents ADD CONSTRAINT planted CHECK (sheba = 'none')").unwrap();
    let error = app.refused(&["close-month", "1404-07"]);
    assert!(error.contains("planted"), "{error}");
    app.execute("ALTER TABLE documents DROP CONSTRAINT planted").unwrap();
    app.close("1404-07");

    app.execute("ALTER TABLE payment_outcomes ADD CONSTRAINT planted CHECK (code = 'none')").unwrap();
    let document = app.documents()[0]["document_id"].as_str().unwrap().to_owned();
    let outcome = json!({"document_id": document, "outcome": "returned", "code": "AC04", "at": "2025-10-24T10:00:00+03:30"});
    app.raw().event("finance.payment-outcomes.v1", &document, "finance.document.returned", "1", &outcome);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    app.execute("ALTER TABLE payment_outcomes DROP CONSTRAINT planted").unwrap();
    app.settle();
    error
}

fn mistaken_commands(app: &TestApp, stranger: &str) -> String {
    let misspelt = format!("{}x", &stranger[..9]);
    let absent = format!("/no/such/{stranger}.csv");
    let commands: [&[&str]; 6] = [
        &["explain", stranger],
        &["explain", &misspelt],
        &["recompute", "00000000-0000-0000-0000-000000000000"],
        &["close-month", "1404-09"],
        &["report", "--month", "1404-01"],
        &["explain", stranger, "--json"],
    ];
    let run = |arguments: &&[&str]| {
        let output = app.run(arguments);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // An error may repeat a path that the operator typed, so the output of this command is not checked.
    assert!(!app.run(&["publish", "wages", &absent]).status.success());
    commands.iter().map(run).collect()
}

pub fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn latin_digits(text: &str) -> String {
    let latin = |c: char| match c {
        '۰'..='۹' => char::from_digit(c as u32 - '۰' as u32, 10).unwrap(),
        '٠'..='٩' => char::from_digit(c as u32 - '٠' as u32, 10).unwrap(),
        other => other,
    };
    text.chars().map(latin).collect()
}

/// The first place of the secret outside longer words and numbers, such as a digest, with context.
fn around(text: &str, secret: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let whole = |at: usize| {
        let before = at.checked_sub(1).is_none_or(|b| !bytes[b].is_ascii_alphanumeric());
        before && bytes.get(at + secret.len()).is_none_or(|b| !b.is_ascii_alphanumeric())
    };
    let at = text.match_indices(secret).map(|(at, _)| at).find(|at| whole(*at))?;
    let (from, to) = (text.floor_char_boundary(at.saturating_sub(200)), text.floor_char_boundary(at + 100));
    Some(text[from..to].to_owned())
}

#[test]
fn a_leak_would_be_found() {
    let text = latin_digits("{\"code\":\"۰۰۱۲۳۴۵۶۷۹\"}");
    assert!(around(&text, "0012345679").is_some());
    assert!(around("a0012345679", "0012345679").is_none());
}
