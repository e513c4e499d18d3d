//! Messages that pass all our checks but that the database refuses, and messages that rdkafka itself cannot read. They
//! become dead letters, and other messages are not delayed.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::fixtures::couples::Couple;
use crate::harness::{CE_TIME, TestApp};

const MARRIAGES: &str = "registry.marriages.v1";
const RECORDED: &str = "registry.marriage.recorded";

#[test]
fn a_message_that_only_the_database_refuses_stalls_no_other() {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    app.stop();
    let couples: Vec<_> = (11..=17).map(Couple::nth).collect();
    let raw = app.raw();
    for couple in &couples {
        raw.event(MARRIAGES, &couple.record_id, RECORDED, &couple.record_id, &couple.marriage_data(1));
    }
    drop(raw);
    // No valid input is known that the database refuses, so the test adds a constraint.
    app.execute("ALTER TABLE marriages ADD CONSTRAINT poison CHECK (record_id <> 'R000013')").unwrap();
    app.serve(&["--roles", "intake,relay"]);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages"), "6");
    assert_eq!(app.query("SELECT reason FROM dead_letters"), [["refused_by_database"]]);
    let letters = app.stored_records("dead-letters.v1");
    assert_eq!(letters.len(), 1);
    let sent = serde_json::from_slice::<serde_json::Value>(letters[0].value.as_ref().unwrap()).unwrap();
    assert_eq!(sent, couples[2].marriage_data(1));

    app.execute("ALTER TABLE marriages DROP CONSTRAINT poison").unwrap();
    assert_eq!(app.json(&["dead-letters", "replay", "--all"])["replayed"], 1);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages"), "7");
    app.finish();
}

/// Sends with kcat, because rdkafka only writes header names that are UTF-8.
fn send(app: &TestApp, couple: &Couple, more: &[&[u8]]) {
    let mut kcat = Command::new("kcat");
    kcat.args(["-P", "-b", &app.brokers, "-t", &format!("{}{MARRIAGES}", app.prefix), "-p", "0"]);
    // The broker keeps a batch in the codec of its topic as it is. Otherwise it writes it again, and replaces what is not
    // UTF-8 in the names of headers.
    kcat.args(["-k", &couple.record_id, "-z", "lz4"]);
    let time = format!("ce_time={CE_TIME}");
    let own = [b"ce_id=one".as_slice(), b"ce_type=registry.marriage.recorded", time.as_bytes()];
    for header in own.iter().chain(more) {
        kcat.arg("-H").arg(OsStr::from_bytes(header));
    }
    let mut kcat = kcat.stdin(Stdio::piped()).spawn().unwrap();
    kcat.stdin.take().unwrap().write_all(couple.marriage_data(1).to_string().as_bytes()).unwrap();
    assert!(kcat.wait().unwrap().success());
}

/// The values are compressed, so that the broker accepts them. Each dead letter carries its whole value, unless the
/// value is too long for a dead letter.
#[test]
fn values_of_many_megabytes_stall_no_other_message() {
    let app = TestApp::start("1404-08-01");
    app.settle();
    let sizes = [5_000_000, 12_000_000, 16_500_000];
    for size in sizes {
        let file = app.dir.path().join(format!("{size}.bin"));
        std::fs::write(&file, vec![b'x'; size]).unwrap();
        let topic = format!("{}{MARRIAGES}", app.prefix);
        let mut kcat = Command::new("kcat");
        kcat.args(["-P", "-b", &app.brokers, "-t", &topic, "-p", "0", "-z", "gzip", "-H", "ce_type=x"]);
        kcat.args(["-X", "message.max.bytes=20000000"]).arg(&file);
        assert!(kcat.status().unwrap().success());
    }
    send(&app, &Couple::nth(31), &[]);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages"), "1");
    let letters = app.stored_records("dead-letters.v1");
    let lengths: Vec<_> = letters.iter().map(|letter| letter.value.as_ref().map(Vec::len)).collect();
    assert_eq!(lengths, [Some(sizes[0]), Some(sizes[1]), None]);
    assert_eq!(letters[2].header("dead_letter_value_bytes"), "16500000");
    let replayed = app.json(&["dead-letters", "replay", "--all"]);
    assert_eq!((&replayed["replayed"], &replayed["too_long"]), (&2.into(), &1.into()), "{replayed}");
    app.settle();
    app.finish();
}

/// Peak memory of the service in this test, in KiB. One batch unpacks to 60 MB, and 170 MB were measured.
const MOST_MEMORY: u64 = 700_000;

/// A header compresses to a thousandth, so the broker accepts it. It must neither stop a relay shard, as a dead letter
/// that no producer sends, nor take the memory of the service.
#[test]
fn headers_of_many_megabytes_stall_no_other_message() {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    let topic = format!("{}{MARRIAGES}", app.prefix);
    let huge = vec![b'x'; 60_000_000];
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &app.brokers).set("compression.type", "zstd");
    config.set("message.max.bytes", "100000000").set("queue.buffering.max.kbytes", "1000000");
    let producer: BaseProducer = config.create().unwrap();
    for _ in 0..4 {
        let headers = OwnedHeaders::new().insert(Header { key: "huge", value: Some(&huge) });
        let headers = headers.insert(Header { key: "ce_type", value: Some("x") });
        let record: BaseRecord<'_, str, str> =
            BaseRecord::to(&topic).partition(0).key("R1").payload("{}").headers(headers);
        assert!(producer.send(record).is_ok());
        producer.flush(Duration::from_secs(60)).unwrap();
    }
    send(&app, &Couple::nth(32), &[]);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages"), "1");
    let letters = app.stored_records("dead-letters.v1");
    assert_eq!(letters.len(), 4);
    for letter in &letters {
        assert_eq!(letter.header("dead_letter_truncated"), "headers: 1 of 60000004 bytes");
        assert_eq!((letter.header("ce_type"), letter.value.as_deref()), ("x".to_owned(), Some(&b"{}"[..])));
    }
    let replayed = app.json(&["dead-letters", "replay", "--all"]);
    assert_eq!((&replayed["replayed"], &replayed["too_long"]), (&0.into(), &4.into()), "{replayed}");
    let peak = app.service(0).peak_memory_kib();
    assert!(peak < MOST_MEMORY, "the service took {peak} KiB");
    eprintln!("peak memory of the service: {peak} KiB");
    app.finish();
}

/// An input may carry our sequence number header, for example as a misrouted copy of an output. It must not become the
/// sequence number of the dead letter.
#[test]
fn a_sequence_number_in_an_input_is_ignored() {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    let far = i64::MAX.to_string();
    let headers = [("ce_type", "registry.marriage.dissolved"), ("peyvand_position", far.as_str())];
    app.raw().record(MARRIAGES, Some(b"R1"), &headers, Some(b"{}"));
    app.settle();
    app.stop();
    app.serve(&[]);
    assert_eq!(app.json(&["dead-letters", "replay", "--all"])["replayed"], 1);
    app.settle();
    assert_eq!(app.stored_records("dead-letters.v1").len(), 2);
    app.finish();
}

/// "every input record has exactly one disposition": also a line that arrives after a later line of its file.
#[test]
fn lines_out_of_order_are_all_applied() {
    let app = TestApp::start("1404-08-01");
    let file = "a".repeat(64);
    let raw = app.raw();
    let couple = Couple::nth(41);
    let deeds = ["1404-05-01", "1404-05-02"];
    for (version, deed) in deeds.iter().enumerate() {
        let mut data = couple.marriage_data(u32::try_from(version).unwrap() + 1);
        data["deed_date"] = serde_json::json!(deed);
        let line = (20 - version).to_string();
        let of_file = [("ce_fileid", file.as_str()), ("ce_fileline", line.as_str())];
        raw.event_with(MARRIAGES, &couple.record_id, RECORDED, &format!("v{version}"), &data, &of_file);
    }
    drop(raw);
    app.settle();
    assert_eq!(app.value("SELECT record_version::text FROM marriages"), "2");
    app.finish();
}

#[test]
fn a_message_with_an_unreadable_header_name_becomes_a_dead_letter() {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    send(&app, &Couple::nth(21), &[b"\xff\xfe=1"]);
    send(&app, &Couple::nth(22), &[]);
    app.settle();
    assert_eq!(app.query("SELECT record_id FROM marriages"), [["R000022"]]);
    assert_eq!(app.query("SELECT reason FROM dead_letters"), [["headers_unreadable"]]);
    assert!(app.service(0).is_running());
    // The dead letter itself can be read, listed and replayed.
    assert_eq!(app.json(&["dead-letters", "replay", "--all"])["replayed"], 1);
    app.settle();
    app.finish();
}
