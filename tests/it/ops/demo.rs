//! The demo for a new user: it prints a summary and leaves files that pass the checker.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::contract::checker::check;
use crate::harness::{TestApp, until_interruptible};

#[test]
fn the_demo_runs_a_month_and_its_outputs_pass_every_check() {
    let app = TestApp::without_service("1404-08-01");
    let out = app.dir.path().join("out");
    let out = out.to_str().unwrap();
    let summary = app.text(&["demo", "--marriages", "150", "--out", out]);
    for line in
        ["persons have an answer", "payment documents went to finance", "Paid:", "Refused:", "Waiting:"]
    {
        assert!(summary.contains(line), "no {line:?} in {summary}");
    }
    let (_, pages) = summary.split_once("make down; make up MARRIAGES=150").unwrap();
    assert_eq!(pages.lines().filter(|line| line.starts_with("      ")).count(), 3, "three logins: {pages}");
    assert!(check(&["files", out], None).ends_with(" passed, 0 failed\n"));

    let error = app.refused(&["demo", "--marriages", "150", "--out", out]);
    assert!(error.contains("the demo needs an empty one"), "{error}");

    // The demo also runs with the user's own files, here those of the first run.
    let other = TestApp::without_service("1404-08-01");
    let (own, inputs) = (other.dir.path().join("out"), format!("{out}/in"));
    let result = other.json(&["demo", "--dir", &inputs, "--out", own.to_str().unwrap()]);
    assert!(result["documents"].as_u64().unwrap() > 0, "{result}");
    assert!(check(&["files", own.to_str().unwrap(), "--in", &inputs], None).ends_with(" passed, 0 failed\n"));
    other.finish();
    app.finish();
}

#[test]
fn an_interrupted_demo_ends_at_once() {
    let app = TestApp::without_service("1404-08-01");
    let out = app.dir.path().join("out");
    let mut demo = app
        .command(&["demo", "--marriages", "2000", "--out", out.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until_interruptible(&demo);
    std::thread::sleep(Duration::from_secs(3));
    assert!(demo.try_wait().unwrap().is_none(), "the demo ended before it could be interrupted");
    assert!(Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap().success());
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    // The next service ingests the input that the demo sent, and no work stays unfinished.
    let app = app.serving();
    app.settle();
    app.finish();
}
