//! Rows that a client library reports as delivered although the broker never stored them.

use std::process::Output;

use peyvand::wire::files::FileKind;
use peyvand::wire::partition_for;
use serde_json::Value;

use crate::app::{KafkaProxy, Refusal, TestApp, national_code, person_row};

const RECORDS: &str = "insured.records.v1";

/// Persons whose records go to this partition.
fn persons(partition: i32) -> impl Iterator<Item = String> {
    let codes = (100_000_000..).map(national_code);
    let own = codes.filter(move |code| partition_for(code.as_bytes(), 8) == partition);
    own.map(|code| person_row(&code))
}

/// Publishes the rows through a proxy that refuses one request, and expects a complete receipt.
#[track_caller]
fn assert_complete(refuse: impl FnOnce(String, i32) -> Refusal, rows: &[String]) {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    let proxy = KafkaProxy::start(&app.brokers, refuse(format!("{}{RECORDS}", app.prefix), 0));
    let text = format!("{}\n{}\n", FileKind::Persons.columns().join(","), rows.join("\n"));
    let path = app.write(FileKind::Persons, &text);
    let mut command = app.command(&["publish", "persons", path.to_str().unwrap(), "--json"]);
    let output = command.env("PEYVAND_KAFKA_BROKERS", proxy.address()).output().unwrap();
    assert!(proxy.has_refused(), "the proxy met no Produce request");
    let receipt = receipt(&output);
    assert_eq!((&receipt["accepted"], &receipt["declared"]), (&rows.len().into(), &rows.len().into()));
    assert_eq!(app.value("SELECT count(*) FROM persons WHERE insured"), rows.len().to_string());
    app.finish();
}

#[track_caller]
fn receipt(output: &Output) -> Value {
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

/// On a topic that was just created the first request may be refused while the next is accepted: a broker takes any
/// sequence number from a producer that it does not know. The client then counts the refused messages as delivered.
///
/// librdkafka pipelines at most five messages a partition: the first request holds two, and more follow while the proxy
/// withholds its refusal.
#[test]
fn a_refused_first_request_loses_no_row() {
    let (few, many, more) = (persons(0).take(2), persons(1).take(5_000), persons(0).skip(2).take(100));
    let rows: Vec<_> = few.chain(many).chain(more).collect();
    assert_complete(Refusal::not_yet_served, &rows);
}

/// An acknowledgement without an offset proves nothing: the client was told that the broker has these messages already.
#[test]
fn an_acknowledgement_without_an_offset_is_no_proof() {
    let rows: Vec<_> = persons(0).take(10).collect();
    assert_complete(Refusal::duplicate, &rows);
}
