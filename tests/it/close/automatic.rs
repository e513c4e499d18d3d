//! The automatic close, and the variance check that may hold it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixtures::population::married;
use crate::harness::TestApp;

/// "The automatic close holds, with an alarm, where […] count or total differs from last month's by more than a setting
/// (50 %); `close-month --confirm` goes through."
#[test]
fn the_brake_holds_a_month_that_looks_wrong() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..5);
    app.close("1404-07");
    married(&mut app, 10..11);
    app.set_today("1404-09-01");
    // Nothing is closed automatically until a process with the role month-end runs.
    assert_eq!(app.value("SELECT count(*) FROM batches"), "1");
    let place = app.serve(&["--roles", "month-end"]);
    app.until_told(place, "ALARM");
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
fn the_brake_holds_while_a_file_is_open() {
    let mut app = TestApp::start("1404-09-01");
    married(&mut app, 1..3);
    app.close("1404-07");
    married(&mut app, 10..12);
    let file = "6f1c0e5b2a7d48939c1f0a6be4d852376f1c0e5b2a7d48939c1f0a6be4d85237";
    let opened = json!({"file_id": file, "kind": "marriages", "opened_at": "2025-11-22T06:30:00Z"});
    app.raw().event("registry.files.v1", file, "registry.file.opened", "opened", &opened);
    app.settle();
    let place = app.serve(&["--roles", "month-end"]);
    app.until_told(place, "ALARM");
    assert!(app.json(&["status"])["held"]["reason"].as_str().unwrap().contains("open"));
    app.json(&["close-month", "1404-08", "--confirm"]);
    assert_eq!(app.documents().len(), 4);
    app.finish();
}

/// "The month's close: due by itself after the last day of the Solar month", "none is due by itself before" the first.
#[test]
fn a_month_that_is_due_is_closed_by_itself() {
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
    app.until_told(place, "ALARM");
    assert_eq!(
        app.query("SELECT month, documents FROM batches ORDER BY month"),
        [["1404-07", "2"], ["1404-08", "2"]]
    );
    assert_eq!(app.json(&["status"])["held"]["month"], "1404-09");
    app.finish();
}
