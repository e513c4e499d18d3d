//! Messages that no reader of ours finds fault with, or that rdkafka itself cannot read: they go aside, nobody waits.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};

use crate::app::{Couple, TestApp};

const MARRIAGES: &str = "registry.marriages.v1";
const RECORDED: &str = "registry.marriage.recorded";

#[test]
fn what_only_the_database_refuses_stalls_nobody_else() {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    app.stop();
    let couples: Vec<_> = (11..=17).map(Couple::nth).collect();
    let raw = app.raw();
    for couple in &couples {
        raw.event(MARRIAGES, &couple.record_id, RECORDED, &couple.record_id, &couple.marriage_data(1));
    }
    drop(raw);
    // No input of ours is known that the database would refuse, so it is made to refuse one.
    app.execute("ALTER TABLE marriages ADD CONSTRAINT poison CHECK (record_id <> 'R000013')").unwrap();
    app.serve(&["--roles", "intake,relay"]);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages"), "6");
    assert_eq!(app.query("SELECT reason FROM dead_letters"), [["refused_by_database"]]);
    let letters = app.lying("dead-letters.v1");
    assert_eq!(letters.len(), 1);
    let sent = serde_json::from_slice::<serde_json::Value>(letters[0].value.as_ref().unwrap()).unwrap();
    assert_eq!(sent, couples[2].marriage_data(1));

    app.execute("ALTER TABLE marriages DROP CONSTRAINT poison").unwrap();
    assert_eq!(app.json(&["dead-letters", "replay"])["replayed"], 1);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages"), "7");
    app.finish();
}

/// With kcat, because rdkafka only writes names that are UTF-8.
fn send(app: &TestApp, couple: &Couple, more: &[&[u8]]) {
    let mut kcat = Command::new("kcat");
    kcat.args(["-P", "-b", &app.brokers, "-t", &format!("{}{MARRIAGES}", app.prefix), "-p", "0"]);
    kcat.args(["-k", &couple.record_id]);
    for header in [b"ce_id=one".as_slice(), b"ce_type=registry.marriage.recorded"].iter().chain(more) {
        kcat.arg("-H").arg(OsStr::from_bytes(header));
    }
    let mut kcat = kcat.stdin(Stdio::piped()).spawn().unwrap();
    kcat.stdin.take().unwrap().write_all(couple.marriage_data(1).to_string().as_bytes()).unwrap();
    assert!(kcat.wait().unwrap().success());
}

#[test]
fn a_header_whose_name_is_no_text_goes_aside() {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    send(&app, &Couple::nth(21), &[b"\xff\xfe=1"]);
    send(&app, &Couple::nth(22), &[]);
    app.settle();
    assert_eq!(app.query("SELECT record_id FROM marriages"), [["R000022"]]);
    assert_eq!(app.query("SELECT reason FROM dead_letters"), [["headers_unreadable"]]);
    assert!(app.service(0).is_running());
    // The letter, too, can be read, listed and sent again.
    assert_eq!(app.json(&["dead-letters", "replay"])["replayed"], 1);
    app.settle();
    app.finish();
}
