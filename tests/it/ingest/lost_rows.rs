//! Rows that a client library reports as delivered although the broker never stored them.

use std::process::Output;

use peyvand::wire::files::FileKind;
use peyvand::wire::partition_for;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fixtures::couples::{Couple, national_code, person_data, person_row};
use crate::harness::{KafkaProxy, Refusal, TestApp};

const RECORDS: &str = "insured.records.v1";

/// Partitions of every topic in these tests.
const PARTITIONS: i32 = 2;

/// Persons whose records go to this partition.
fn persons(partition: i32) -> impl Iterator<Item = String> {
    let codes = (100_000_000..).map(national_code);
    let own = codes.filter(move |code| partition_for(code.as_bytes(), PARTITIONS) == partition);
    own.map(|code| person_row(&code))
}

fn without_service() -> TestApp {
    TestApp::without_service("1404-08-01").with("topic_partitions", &PARTITIONS.to_string())
}

const SENT_AGAIN: &str = "the rows that the topic lacks are sent again";

/// Publishes the rows through a proxy that refuses one request, asserts a complete receipt, and returns the log.
#[track_caller]
fn assert_complete(refuse: impl FnOnce(String, i32) -> Refusal, rows: &[String]) -> String {
    let mut app = without_service().serving();
    app.settle();
    let proxy = KafkaProxy::start(&app.brokers, refuse(format!("{}{RECORDS}", app.prefix), 0));
    let text = format!("{}\n{}\n", FileKind::Persons.columns().join(","), rows.join("\n"));
    let path = app.write(FileKind::Persons, &text);
    let mut command = app.command(&["publish", "persons", path.to_str().unwrap(), "--json"]);
    let output = command.env("PEYVAND_KAFKA_BROKERS", proxy.address()).output().unwrap();
    assert!(proxy.has_refused(), "the proxy saw no Produce request");
    let receipt = receipt(&output);
    assert_eq!((&receipt["accepted"], &receipt["declared"]), (&rows.len().into(), &rows.len().into()));
    assert_eq!(app.value("SELECT count(*) FROM persons WHERE insured"), rows.len().to_string());
    app.finish();
    String::from_utf8(output.stderr).unwrap()
}

#[track_caller]
fn receipt(output: &Output) -> Value {
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

/// On a new topic the first request may be refused while the next one is accepted: a broker accepts any sequence number
/// from a producer that it does not know. The client then counts the refused messages as delivered.
///
/// librdkafka pipelines at most five messages per partition: the first request contains two, and more follow while the
/// proxy withholds its refusal.
#[test]
fn a_refused_first_request_loses_no_row() {
    let (few, many, more) = (persons(0).take(2), persons(1).take(5_000), persons(0).skip(2).take(100));
    let rows: Vec<_> = few.chain(many).chain(more).collect();
    let log = assert_complete(Refusal::not_yet_served, &rows);
    assert!(!log.contains(SENT_AGAIN), "rows were sent again, so a second request was in flight: {log}");
}

/// An acknowledgement without an offset is no proof: the broker only answered that it has these messages already.
#[test]
fn an_acknowledgement_without_an_offset_is_no_proof() {
    let rows: Vec<_> = persons(0).take(10).collect();
    let log = assert_complete(Refusal::duplicate, &rows);
    assert!(log.contains(SENT_AGAIN), "{log}");
}

/// The relay writer restarts its session when an acknowledgement has no offset: only the topic proves a delivery.
#[test]
fn an_output_acknowledged_without_an_offset_is_delivered() {
    const DECISIONS: &str = "eligibility.decisions.v1";
    let mut app = without_service();
    app.text(&["dead-letters", "list"]);
    let couple = Couple::nth(1);
    let partition = partition_for(couple.husband.as_bytes(), PARTITIONS);
    let refusal = Refusal::duplicate(format!("{}{DECISIONS}", app.prefix), partition);
    let proxy = KafkaProxy::start(&app.brokers, refusal);
    let brokers = app.brokers.clone();
    app.set("kafka_brokers", &proxy.address());
    let place = app.serve(&[]);
    app.set("kafka_brokers", &brokers);
    Couple::publish(&[couple], &mut app);
    app.settle();
    assert!(proxy.has_refused(), "the proxy saw no decision");
    assert!(app.service(place).log().contains("acknowledged without an offset"));
    assert_eq!(app.decisions().0.len(), 2);
    app.finish();
}

/// A file of two persons, whose events a test sends one by one.
struct TwoPersons {
    text: String,
    file_id: String,
    codes: [String; 2],
}

impl TwoPersons {
    fn new() -> Self {
        let codes = [1, 2].map(|n| national_code(100_000_000 + n));
        let rows = codes.each_ref().map(|code| person_row(code)).join("\n");
        let text = format!("{}\n{rows}\n", FileKind::Persons.columns().join(","));
        Self { file_id: hex::encode(Sha256::digest(&text)), text, codes }
    }

    fn send_row(&self, app: &TestApp, line: usize) {
        let code = &self.codes[line - 2];
        let (line, id) = (line.to_string(), format!("line {line}"));
        let file = [("ce_fileid", self.file_id.as_str()), ("ce_fileline", line.as_str())];
        let data = person_data(code, None);
        app.raw().event_with(RECORDS, code, "insured.person.changed", &id, &data, &file);
    }

    fn send_about(&self, app: &TestApp, ce_type: &str, data: Value) {
        app.raw().event("registry.files.v1", &self.file_id, ce_type, ce_type, &data);
    }

    fn open(&self, app: &TestApp) {
        let data = json!({"file_id": self.file_id, "kind": "persons", "opened_at": "2025-10-23T10:00:00Z"});
        self.send_about(app, "registry.file.opened", data);
    }

    fn close(&self, app: &TestApp) {
        let data = json!({
            "file_id": self.file_id, "kind": "persons", "declared": 2, "rejected": {}, "rows": 2, "digest": self.file_id,
            "closed_at": "2025-10-23T10:00:00Z",
        });
        self.send_about(app, "registry.file.closed", data);
    }
}

/// Missing rows are listed by line one minute after the file's end was read. Publishing the file again sends only
/// these.
#[test]
fn a_file_that_lacks_a_row_is_named_and_completed() {
    let mut app = TestApp::start("1404-08-01");
    let file = TwoPersons::new();
    file.open(&app);
    file.send_row(&app, 2);
    file.close(&app);
    assert_eq!(app.settle()["incomplete_files"], json!([]));
    app.execute("UPDATE files SET closed_at = closed_at - interval '2 minutes'").unwrap();
    let status = app.settle();
    assert_eq!(status["incomplete_files_count"], 1, "{status}");
    let found = &status["incomplete_files"][0];
    assert_eq!((&found["file_id"], &found["missing_rows"]), (&file.file_id.as_str().into(), &1.into()));
    assert_eq!(found["missing_lines"], json!([[3, 3]]));
    assert!(app.text(&["status"]).contains("file that lacks rows"));

    let receipt = app.publish(FileKind::Persons, &file.text);
    assert_eq!((&receipt["accepted"], &receipt["declared"]), (&2.into(), &2.into()));
    let lines: Vec<_> =
        app.stored_records(RECORDS).iter().map(|record| record.header("ce_fileline")).collect();
    assert_eq!(
        (lines.len(), lines.contains(&"3".to_owned())),
        (2, true),
        "only the missing row is sent: {lines:?}"
    );
    assert_eq!(app.settle()["incomplete_files_count"], 0);
    app.finish();
}

/// With several requests in flight a later line may arrive first. Each line counts once, in any order.
#[test]
fn a_line_that_comes_late_counts_once() {
    let app = TestApp::start("1404-08-01");
    let file = TwoPersons::new();
    file.open(&app);
    for line in [3, 2, 3, 2] {
        file.send_row(&app, line);
        app.settle();
    }
    file.close(&app);
    app.settle();
    let receipt = &app.events("registry.file.received")[0];
    assert_eq!((&receipt["accepted"], &receipt["declared"]), (&2.into(), &2.into()), "{receipt}");
    app.finish();
}

#[test]
fn without_a_receipt_in_time_the_status_is_3_and_a_later_command_is_named() {
    let mut app = TestApp::without_service("1404-08-01");
    let path = app.write(FileKind::Persons, &TwoPersons::new().text);
    let publish = ["publish", "persons", path.to_str().unwrap(), "--timeout", "0"];
    let output = app.run(&publish);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{printed}");
    assert!(
        printed.contains(&format!("`peyvand publish persons {}` shows it later", path.display())),
        "{printed}"
    );
    app.serve(&[]);
    app.settle();
    assert!(app.text(&publish).contains("received before"));
    app.finish();
}

/// `status` lists the records of insured persons that have no claim, and the next close decides and pays them.
#[test]
fn an_insured_person_without_a_claim_is_named_and_decided_by_the_close() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(1);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    app.settle();
    let (Couple { record_id, husband, wife, .. }, content) = (&couple, couple.marriage_data(1));
    let values = format!("'{record_id}', 1, {husband}, {wife}, '{content}'");
    app.execute(&format!("INSERT INTO marriages VALUES ({values})")).unwrap();
    assert_eq!(app.settle()["records_without_claim"], json!([record_id]));
    app.close("1404-07");
    assert_eq!(app.documents().len(), 2);
    assert_eq!(app.settle()["records_without_claim"], json!([]));
    app.finish();
}
