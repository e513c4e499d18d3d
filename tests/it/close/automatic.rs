//! The automatic close, and the variance check that may hold it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixtures::population::married;
use crate::harness::TestApp;

/// "The automatic close holds, with an alarm, where […] count or total differs from last month's by more than a setting
/// (50 %); `close-month --confirm` goes through."
#[test]
fn the_variance_check_holds_an_unusual_month() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..5);
    app.close("1404-07");
    married(&mut app, 10..11);
    app.set_today("1404-09-01");
    // Nothing is closed automatically until a process with the role month-end runs.
    assert_eq!(app.value("SELECT count(*) FROM batches"), "1");
    let place = app.serve(&["--roles", "month-end"]);
    app.wait_for_log(place, "ALARM");
    assert_eq!(app.value("SELECT count(*) FROM batches"), "1");
    let held = &app.json(&["status"])["held"];
    assert_eq!(held["month"], "1404-08");
    assert!(held["reason"].as_str().unwrap().contains("1 documents, 4 in 1404-07"), "{held}");
    assert!(app.refused(&["close-month", "1404-08"]).contains("--confirm"));
    let closed = app.json(&["close-month", "1404-08", "--confirm"]);
    assert_eq!(closed["documents"], 1);
    assert_eq!(app.json(&["status"])["held"], Value::Null);
    app.finish();
}

/// "… where a file is open without its end"
#[test]
fn the_variance_check_holds_a_month_while_a_file_is_open() {
    let mut app = TestApp::start("1404-09-01");
    married(&mut app, 1..3);
    app.close("1404-07");
    married(&mut app, 10..12);
    let file = "6f1c0e5b2a7d48939c1f0a6be4d852376f1c0e5b2a7d48939c1f0a6be4d85237";
    let opened = json!({"file_id": file, "kind": "marriages", "opened_at": "2025-11-22T06:30:00Z"});
    app.raw().event("registry.files.v1", file, "registry.file.opened", "opened", &opened);
    app.settle();
    let place = app.serve(&["--roles", "month-end"]);
    app.wait_for_log(place, "ALARM");
    assert!(app.json(&["status"])["held"]["reason"].as_str().unwrap().contains("open"));
    app.json(&["close-month", "1404-08", "--confirm"]);
    assert_eq!(app.documents().len(), 4);
    app.finish();
}

/// All reasons of a hold are reported. "A stranger's file must not hold the automatic close for good": a person ends it, with
/// name and reason. It never gets a receipt.
#[test]
fn an_ended_file_holds_no_month() {
    let mut app = TestApp::start("1404-09-01");
    married(&mut app, 1..3);
    app.close("1404-07");
    married(&mut app, 10..15);
    let [open, lacking] = ["6f1c0e5b2a7d48939c1f0a6be4d85237", "7f1c0e5b2a7d48939c1f0a6be4d85237"];
    let [open, lacking] = [open.repeat(2), lacking.repeat(2)];
    open_and_lacking_files(&app, &open, &lacking);
    let place = app.serve(&["--roles", "month-end"]);
    app.wait_for_log(place, "ALARM");
    let status = app.json(&["status"]);
    let reason = status["held"]["reason"].as_str().unwrap();
    for part in [
        "1 published file(s) are open",
        "1 published file(s) lack rows",
        "5 documents, 2 in 1404-07",
        "rials",
    ] {
        assert!(reason.contains(part), "no {part:?} in {reason}");
    }
    assert_eq!((&status["open_files"], &status["incomplete_files_count"]), (&json!(1), &json!(1)));
    app.stop();

    let listed = app.text(&["files", "list", "--open", "--json"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert_eq!(app.run(&["files", "end", &open]).status.code(), Some(2), "--why is missing");
    assert!(app.refused(&["files", "end", "no file", "--why", "x"]).contains("not known"));
    for file in [&open, &lacking] {
        let ended = app.json(&["files", "end", file, "--why", "nobody sends it"]);
        assert_eq!((&ended["state"], &ended["why"]), (&json!("ended"), &json!("nobody sends it")), "{ended}");
        assert!(!ended["ended_by"].as_str().unwrap().is_empty() && ended["ended_at"] != Value::Null);
    }
    let received = app.query("SELECT file_id FROM files WHERE received_at IS NOT NULL LIMIT 1");
    assert!(app.refused(&["files", "end", &received[0][0], "--why", "x"]).contains("has its receipt"));
    let status = app.json(&["status"]);
    assert_eq!((&status["open_files"], &status["incomplete_files_count"]), (&json!(0), &json!(0)));
    assert_eq!(app.text(&["files", "list", "--open", "--json"]), "");

    a_late_row_changes_nothing(&mut app, &lacking);
    let place = app.serve(&["--roles", "month-end"]);
    app.wait_for_log(place, "ALARM");
    app.execute("DELETE FROM held_months").unwrap();
    app.stop();
    let place = app.serve(&["--roles", "month-end"]);
    app.wait_for_log(place, "the automatic close is held");
    let reason = app.json(&["status"])["held"]["reason"].clone();
    assert!(!reason.as_str().unwrap().contains("file"), "{reason}");
    app.finish();
}

/// Opens two files, and closes the second, which lacks its only row.
fn open_and_lacking_files(app: &TestApp, open: &str, lacking: &str) {
    let raw = app.raw();
    for file in [open, lacking] {
        let opened = json!({"file_id": file, "kind": "marriages", "opened_at": "2025-11-22T06:30:00Z"});
        raw.event("registry.files.v1", file, "registry.file.opened", "opened", &opened);
    }
    let closed = json!({"file_id": lacking, "kind": "marriages", "declared": 1, "rows": 1, "rejected": {},
        "digest": lacking, "closed_at": "2025-11-22T06:31:00Z"});
    raw.event("registry.files.v1", lacking, "registry.file.closed", "closed", &closed);
    drop(raw);
    app.settle();
    let an_hour_ago = "UPDATE files SET closed_at = now() - interval '1 hour'
        WHERE received_at IS NULL AND rows IS NOT NULL";
    app.execute(an_hour_ago).unwrap();
}

/// The row of the ended file comes late: it is applied, and the file stays without a receipt.
fn a_late_row_changes_nothing(app: &mut TestApp, lacking: &str) {
    app.serve(&[]);
    let receipts = app.stored_records("registry.file-receipts.v1").len();
    let line = [("ce_fileid", lacking), ("ce_fileline", "2")];
    app.raw().event_with(
        "registry.marriages.v1",
        "late",
        "registry.marriage.recorded",
        "late",
        &json!({}),
        &line,
    );
    app.settle();
    assert_eq!(app.value(&format!("SELECT dead FROM files WHERE file_id = '{lacking}'")), "1");
    assert_eq!(app.stored_records("registry.file-receipts.v1").len(), receipts);
}

/// "The month's close: due by itself after the last day of the Solar month", "none is due by itself before" the first.
#[test]
fn a_due_month_is_closed_automatically() {
    let mut app = TestApp::start("1404-10-01");
    married(&mut app, 1..3);
    app.serve(&["--roles", "month-end"]);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(app.value("SELECT count(*) FROM batches"), "0");
    app.stop();
    app.serve(&[]);
    app.close("1404-07");
    married(&mut app, 10..12);
    // Two months were missed. The first has two documents, as the last closed month had. The second has none and is
    // held.
    let place = app.serve(&["--roles", "month-end"]);
    app.wait_for_log(place, "ALARM");
    assert_eq!(
        app.query("SELECT month, documents FROM batches ORDER BY month"),
        [["1404-07", "2"], ["1404-08", "2"]]
    );
    assert_eq!(app.json(&["status"])["held"]["month"], "1404-09");
    app.finish();
}
