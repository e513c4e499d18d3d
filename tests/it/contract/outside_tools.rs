//! Tools of other people read what Peyvand writes, and write what it reads: the official parser of AsyncAPI, ajv,
//! TypeScript, and the SDKs of CloudEvents for JavaScript and Python.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use peyvand::wire::files::FileKind;
use peyvand::wire::outgoing::SOURCE;
use peyvand::wire::{EventType, Topic};
use serde_json::{Value, json};

use super::outside_clients::{client_output, output_of, python, script_path};
use super::schemas;
use crate::fixtures::couples::{Couple, person_data};
use crate::harness::{CE_TIME, TestApp, last_line};

/// Runs a check of `tests/outside/node`; it must find no fault. Returns its output.
#[track_caller]
fn node(check: &str, input: &str) -> String {
    let folder = std::env::var("OUTSIDE_NODE").expect(
        "OUTSIDE_NODE names no folder with the installed tools of tests/outside/node: run `make test`",
    );
    let mut command = Command::new("node");
    command.arg(Path::new(&folder).join("contract.mjs")).arg(check);
    command.env("OUTSIDE_SCHEMAS", schemas::root());
    output_of(command, input)
}

/// The schemas of all types and of two kinds of headers. A dead letter has no schema of its own.
const SCHEMAS: usize = EventType::ALL.len() - 1 + 2;

#[test]
fn the_official_parser_reads_asyncapi_without_a_warning() {
    let found = last_line(&node("asyncapi", ""));
    assert_eq!(found["version"], "3.1.0");
    assert_eq!(found["servers"], json!(["127.0.0.1:9092"]));
    assert!(found["contact"].is_string(), "{found}");
    let mut topics: Vec<&str> = Topic::ALL.iter().map(|topic| topic.name()).collect();
    topics.sort_unstable();
    assert_eq!(found["channels"], json!(topics));
    let mut types: Vec<&str> = EventType::ALL.iter().map(|kind| kind.name()).collect();
    types.sort_unstable();
    assert_eq!(found["messages"], json!(types));
    assert_eq!(found["examples"], json!(schemas::count_of_examples("valid")));
}

#[test]
fn ajv_in_strict_mode_agrees_with_every_example() {
    let found = last_line(&node("ajv", ""));
    let [valid, invalid] = ["valid", "invalid"].map(schemas::count_of_examples);
    assert_eq!(found, json!({"schemas": SCHEMAS, "valid": valid, "invalid": invalid}));
}

#[test]
fn generated_typescript_accepts_the_examples_and_refuses_another_type() {
    let found = last_line(&node("typescript", ""));
    let types = SCHEMAS - 2;
    assert_eq!(found, json!({"types": SCHEMAS, "compiled": SCHEMAS + types, "refused": types}));
}

#[derive(Clone, Copy)]
enum Sdk {
    JavaScript,
    Python,
}

/// An SDK and its mode of writing.
#[derive(Clone, Copy)]
struct Way {
    sdk: Sdk,
    mode: &'static str,
}

const WAYS: [Way; 4] = [
    Way { sdk: Sdk::JavaScript, mode: "binary" },
    Way { sdk: Sdk::JavaScript, mode: "structured" },
    Way { sdk: Sdk::Python, mode: "binary" },
    Way { sdk: Sdk::Python, mode: "structured" },
];

impl Sdk {
    /// Gives lines of JSON to the SDK. The action is `read` or `write`.
    fn run(self, action: &str, lines: &str) -> String {
        match self {
            Self::JavaScript => node(&format!("cloudevents-{action}"), lines),
            Self::Python => {
                let mut command = Command::new(python());
                command.arg(script_path("sdk.py")).arg(action);
                output_of(command, lines)
            }
        }
    }
}

impl Way {
    fn event(self, kind: EventType, key: &str, data: &Value) -> Value {
        json!({
            "topic": kind.topic().name(), "key": key, "mode": self.mode, "id": format!("{}/{key}", kind.name()),
            "type": kind.name(), "time": CE_TIME, "data": data,
        })
    }

    fn send(self, app: &TestApp, events: &[Value]) {
        let records = self.sdk.run("write", &lines_of(events));
        assert_eq!(records.lines().count(), events.len());
        for record in records.lines() {
            let record: Value = serde_json::from_str(record).unwrap();
            assert_eq!(
                record["headers"]["ce_id"].is_string(),
                self.mode == "binary",
                "{}",
                record["headers"]
            );
        }
        let sent = last_line(&client_output(app, "records.py", &["send"], &records));
        assert_eq!(sent["sent"], json!(events.len()));
    }

    /// The record of each spouse, and their marriage.
    fn send_facts(self, app: &TestApp, couple: &Couple) {
        let person = |code: &str| self.event(EventType::PersonChanged, code, &person_data(code, None));
        let mut events: Vec<Value> = couple.codes().into_iter().map(person).collect();
        events.push(self.event(EventType::MarriageRecorded, &couple.record_id, &couple.marriage_data(1)));
        self.send(app, &events);
    }

    /// Answers that the documents of both spouses are paid.
    fn send_outcomes(self, app: &TestApp, couple: &Couple, documents: &[Value]) {
        let own = documents
            .iter()
            .filter(|document| couple.codes().iter().any(|c| document["national_code"] == *c));
        let answers: Vec<Value> = own
            .map(|document| {
                let id = document["document_id"].as_str().unwrap();
                let data = json!({"document_id": id, "outcome": "paid", "code": null, "at": CE_TIME});
                self.event(EventType::DocumentPaid, id, &data)
            })
            .collect();
        assert_eq!(answers.len(), 2);
        self.send(app, &answers);
    }
}

fn lines_of(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

#[test]
fn the_sdks_of_cloudevents_write_what_peyvand_reads_and_read_what_it_writes() {
    let mut app = TestApp::start("1404-08-01");
    let couples: Vec<Couple> = (40..44).map(Couple::nth).collect();
    Couple::publish_kinds(&couples, &[FileKind::Employments, FileKind::Wages], &mut app);
    for (way, couple) in WAYS.iter().zip(&couples) {
        way.send_facts(&app, couple);
    }
    app.settle();
    assert_eq!(app.close("1404-07")["documents"], 8);
    let documents = app.documents();
    for (way, couple) in WAYS.iter().zip(&couples) {
        way.send_outcomes(&app, couple, &documents);
    }
    assert_eq!(app.settle()["dead_letters"], 0);
    assert_eq!(app.query("SELECT state, count(*) FROM documents GROUP BY 1"), [["paid", "8"]]);
    reads_what_peyvand_wrote(&app);
    app.finish();
}

/// Both SDKs read every event of Peyvand's own, in output topics and from its files.
fn reads_what_peyvand_wrote(app: &TestApp) {
    let names = Topic::ALL.iter().filter(|topic| **topic != Topic::DeadLetters).map(|topic| topic.name());
    let arguments: Vec<&str> = std::iter::once("read").chain(names).collect();
    let mut records = client_output(app, "records.py", &arguments, "");
    // The last line is the client's summary.
    records.truncate(records.trim_end().rfind('\n').unwrap() + 1);
    let own: Vec<Value> = records
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["headers"]["ce_source"] == SOURCE)
        .collect();
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &own {
        *types.entry(record["headers"]["ce_type"].as_str().unwrap()).or_default() += 1;
    }
    for kind in [
        EventType::DecisionMade,
        EventType::PaymentDocumentIssued,
        EventType::VoucherIssued,
        EventType::BatchClosed,
        EventType::SmsRequested,
        EventType::FileReceived,
        EventType::FileOpened,
        EventType::FileClosed,
        EventType::EmploymentChanged,
        EventType::WagesPosted,
    ] {
        assert!(types.contains_key(kind.name()), "{} is not in {types:?}", kind.name());
    }
    for sdk in [Sdk::JavaScript, Sdk::Python] {
        assert_eq!(last_line(&sdk.run("read", &lines_of(&own))), json!({"types": types}));
    }
}
