//! A partition that cannot be read is named while it lasts, and continues by itself afterwards.

use serde_json::{Value, json};

use crate::fixtures::couples::{national_code, person_data};
use crate::harness::{KafkaProxy, TestApp};
use crate::ops::privacy::{free_address, get};

const RECORDS: &str = "insured.records.v1";
const BEGAN: &str = "ALARM: a partition of the input cannot be read";
const ENDED: &str = "the partition can be read again";

#[track_caller]
fn assert_times(app: &mut TestApp, words: &str, times: usize) {
    let log = app.service(0).log();
    assert_eq!(log.matches(words).count(), times, "{words}\n{log}");
}

#[test]
fn a_partition_that_cannot_be_read_is_named_until_it_moves_again() {
    let mut app = TestApp::without_service("1404-08-01");
    let proxy = KafkaProxy::forwarding(&app.brokers);
    let http = free_address();
    app.set("kafka_brokers", &proxy.address());
    app.serve(&["--roles", "intake,relay,api", "--http-listen", &http.to_string()]);
    app.settle();
    assert_eq!(app.json(&["status"])["stalled_partitions"], json!([]));
    let code = national_code(450_000_000);
    proxy.damage_batches(true);
    let (partition, offset) =
        app.raw().event(RECORDS, &code, "insured.person.changed", "one", &person_data(&code, None));
    app.wait_for_log(0, BEGAN);
    let log = app.service(0).log();
    let alarm = log.lines().find(|line| line.contains(BEGAN)).unwrap();
    for named in [RECORDS, &format!("partition={partition}"), &format!("offset={offset}"), "BadCompression"] {
        assert!(alarm.contains(named), "{named} is not in: {alarm}");
    }

    let status = app.json(&["status"]);
    assert_eq!(status["lag"][RECORDS], 1);
    let stalled = &status["stalled_partitions"][0];
    assert_eq!(
        (&stalled["topic"], &stalled["partition"], &stalled["offset"]),
        (&json!(RECORDS), &json!(partition), &json!(offset)),
        "{status}"
    );
    assert!(stalled["error"].as_str().unwrap().contains("BadCompression"), "{stalled}");
    let line = format!("CANNOT BE READ: {RECORDS} partition {partition} at offset {offset}: ");
    assert!(app.text(&["status"]).contains(&line));
    let metrics = get(http, "/metrics");
    assert!(metrics.contains("peyvand_fetch_failing_partitions 1\n"), "{metrics}");
    let errors = format!("peyvand_fetch_errors_total{{topic=\"{RECORDS}\"}} ");
    let count = metrics.lines().find_map(|line| line.strip_prefix(&errors)).unwrap();
    assert_ne!(count, "0");

    proxy.damage_batches(false);
    app.wait_for_log(0, ENDED);
    assert_eq!(app.settle()["stalled_partitions"], Value::Array(Vec::new()));
    assert_eq!(app.value("SELECT count(*) FROM persons WHERE insured"), "1");
    assert!(get(http, "/metrics").contains("peyvand_fetch_failing_partitions 0\n"));
    assert_times(&mut app, BEGAN, 1);
    assert_times(&mut app, ENDED, 1);
    app.finish();
}
