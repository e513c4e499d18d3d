//! Clients in another language, with another vendor's library. They know only the schemas.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use peyvand::wire::files::FileKind;
use serde_json::{Value, json};

use crate::fixtures::couples::{Couple, FLOOR};
use crate::harness::{TestApp, last_line};

/// The Python interpreter with the clients' libraries.
pub fn python() -> String {
    std::env::var("OUTSIDE_PYTHON")
        .expect("OUTSIDE_PYTHON names no Python with Confluent's client: run `make test`")
}

pub fn script_path(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside").join(script)
}

/// Runs a client to its end; it must report no error. Returns the summary on its last line.
#[track_caller]
pub fn client(app: &TestApp, script: &str, arguments: &[&str]) -> Value {
    last_line(&client_output(app, script, arguments, ""))
}

/// The same with `input` on standard input. Returns its whole output.
#[track_caller]
pub fn client_output(app: &TestApp, script: &str, arguments: &[&str], input: &str) -> String {
    let mut command = if script.ends_with(".sh") { Command::new("bash") } else { Command::new(python()) };
    command
        .arg(script_path(script))
        .args(["--brokers", &app.brokers, "--prefix", &app.prefix])
        .args(arguments);
    output_of(command, input)
}

/// Runs a command that must succeed. Returns its output.
#[track_caller]
pub fn output_of(mut command: Command, input: &str) -> String {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    file.rewind().unwrap();
    let output = command.stdin(file).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}{errors}");
    text
}

#[test]
fn outside_clients_publish_a_month_read_its_documents_and_answer() {
    let mut app = TestApp::start("1404-08-01");
    publishes(&mut app);
    app.close("1404-07");
    answers(&app);
    reports(&app);
    let read = client(&app, "kcat_read.sh", &["eligibility.decisions.v1"]);
    assert_eq!(read["records"], 7, "six approvals, one return");
    app.finish();
}

fn publishes(app: &mut TestApp) {
    let couples: Vec<_> = (10..13).map(Couple::nth).collect();
    Couple::publish_histories(&couples, app);
    let rows: String = couples.iter().map(|couple| couple.marriage_row(1) + "\n").collect();
    let file = app.write(FileKind::Marriages, &(FileKind::Marriages.columns().join(",") + "\n" + &rows));
    let sent = client(app, "publisher.py", &[file.to_str().unwrap(), "--receipt"]);
    assert_eq!((&sent["rows"], &sent["receipt"]["accepted"]), (&json!(3), &json!(3)), "{sent}");
    // A file is identified by its bytes, not by its sender.
    assert_eq!(app.publish_file(FileKind::Marriages, &file), sent["receipt"]);
}

fn answers(app: &TestApp) {
    let found = client(app, "finance.py", &["--batches", "1"]);
    assert_eq!((&found["documents"], &found["total_rial"]), (&json!(6), &json!(6 * FLOOR)), "{found}");
    let returned = format!("{}=returned:AC04", found["document_ids"][0].as_str().unwrap());
    let answered = client(app, "finance.py", &["--answer", "paid", "--answer-for", &returned]);
    assert_eq!(answered["answers"], json!({"paid": 5, "returned": 1}));
    app.settle();
    let states = app.query("SELECT state, count(*) FROM documents GROUP BY 1 ORDER BY 1");
    assert_eq!(states, [["paid", "5"], ["returned", "1"]]);
}

fn reports(app: &TestApp) {
    let failing = app.sms()[0]["sms_id"].as_str().unwrap().to_owned();
    let reports = ["--requests", "7", "--report", "delivered", "--fail-for", &failing];
    let found = client(app, "gateway.py", &reports);
    assert_eq!(found["kinds"], json!({"registration": 6, "payment_returned": 1}));
    assert_eq!(found["reports"], json!({"delivered": 6, "failed": 1}));
    assert_eq!(found["repeats"], 0);
    assert_eq!(found["documents"].as_array().unwrap().len(), 6, "every document has one registration SMS");
    app.settle();
    let states = app.query("SELECT status, count(*) FROM messages GROUP BY 1 ORDER BY 1");
    assert_eq!(states, [["delivered", "6"], ["failed", "1"]]);
}

/// A transaction leaves a marker at the end of a partition. It is not a record, so nothing may wait for it.
#[test]
fn a_publisher_may_use_transactions() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(14);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    let recorded = |version: u32, commit: bool| {
        let (id, data) = (format!("{}/{version}", couple.record_id), couple.marriage_data(version));
        app.raw().transaction(
            "registry.marriages.v1",
            &couple.record_id,
            "registry.marriage.recorded",
            &id,
            &data,
            commit,
        );
    };
    recorded(1, true);
    recorded(2, false);
    assert_eq!(app.settle()["lag"]["registry.marriages.v1"], 0);
    assert_eq!(app.close("1404-07")["documents"], 2);
    assert_eq!(app.value("SELECT record_version FROM marriages"), "1", "the aborted version is not ingested");
    app.finish();
}
