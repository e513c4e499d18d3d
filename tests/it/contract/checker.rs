//! Runs the checker (`tests/checker`), a second implementation of the rules in another language.

use std::path::Path;
use std::process::Command;

use crate::harness::TestApp;

/// Runs the checker and returns its output. The last line counts the passed and failed promises.
#[track_caller]
pub fn check(arguments: &[&str], app: Option<&TestApp>) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checker/check");
    let mut command = Command::new("bash");
    command.arg(script).args(arguments);
    if let Some(app) = app {
        command.env("PEYVAND_KAFKA_BROKERS", &app.brokers).env("PEYVAND_DATABASE_URL", &app.database_url);
        command.env("PEYVAND_TOPIC_PREFIX", &app.prefix);
    }
    let output = command.output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    report
}

#[test]
fn its_own_law_agrees_with_every_line_of_the_sample() {
    assert!(check(&["sample"], None).ends_with(" passed, 0 failed\n"));
}

/// A check that cannot fail proves nothing.
#[test]
fn it_catches_every_planted_defect() {
    assert!(check(&["selftest"], None).ends_with(" passed, 0 failed\n"));
}

#[test]
fn a_month_through_the_real_parts_keeps_every_promise() {
    let mut app = TestApp::start("1404-08-01");
    let month = app.generate(400, 11);
    app.publish_folder(&month);
    app.settle();
    app.close("1404-07");
    app.settle();
    app.stop();
    assert!(check(&["live"], Some(&app)).ends_with(" passed, 0 failed\n"));
    app.finish();
}
