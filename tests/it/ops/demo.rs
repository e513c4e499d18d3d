//! The demo as its first user meets it: a summary, files that stay, and a checker that is content with them.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::contract::checker::check;
use crate::harness::{TestApp, until_interruptible};

#[test]
fn a_month_in_one_command_and_what_it_leaves_is_proved() {
    let app = TestApp::without_service("1404-08-01");
    let out = app.dir.path().join("out");
    let out = out.to_str().unwrap();
    let told = app.text(&["demo", "--marriages", "150", "--out", out]);
    for line in
        ["persons have an answer", "payment documents went to finance", "Paid:", "Refused:", "Waiting:"]
    {
        assert!(told.contains(line), "no {line:?} in {told}");
    }
    assert!(check(&["files", out], None).ends_with(" passed, 0 failed\n"));

    let told = app.refused(&["demo", "--marriages", "150", "--out", out]);
    assert!(told.contains("the demo needs an empty one"), "{told}");

    // The same month as own files is the same month.
    let other = TestApp::without_service("1404-08-01");
    let (own, inputs) = (other.dir.path().join("out"), format!("{out}/in"));
    let told = other.json(&["demo", "--dir", &inputs, "--out", own.to_str().unwrap()]);
    assert!(told["documents"].as_u64().unwrap() > 0, "{told}");
    assert!(check(&["files", own.to_str().unwrap(), "--in", &inputs], None).ends_with(" passed, 0 failed\n"));
    other.finish();
    app.finish();
}

#[test]
fn a_demo_that_is_broken_off_ends_at_once() {
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
    assert!(demo.try_wait().unwrap().is_none(), "the demo was over before it could be broken off");
    assert!(Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap().success());
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    // What it had begun is taken in by the next service, and nothing is half done.
    let app = app.serving();
    app.settle();
    app.finish();
}
