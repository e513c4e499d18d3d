//! Messages that are not in the partition of their key: their sender uses another partitioner.

use peyvand::wire::{Topic, partition_for};
use serde_json::{Value, json};

use crate::fixtures::couples::{national_code, person_data};
use crate::harness::TestApp;

const RECORDS: &str = "insured.records.v1";
const CHANGED: &str = "insured.person.changed";
const WARNING: &str = "messages are not in the partition of their key";

fn right_partition(app: &TestApp, code: &str) -> i32 {
    partition_for(code.as_bytes(), app.partitions().of(Topic::InsuredRecords))
}

/// A partition in which messages with this key do not belong.
fn wrong_partition(app: &TestApp, code: &str) -> i32 {
    (right_partition(app, code) + 1) % app.partitions().of(Topic::InsuredRecords)
}

fn person(code: &str, branch: &str) -> Value {
    let mut data = person_data(code, None);
    data["branch_code"] = json!(branch);
    data
}

#[test]
fn misrouted_messages_are_counted_and_applied() {
    let mut app = TestApp::start("1404-08-01");
    let code = national_code(460_000_000);
    let wrong = wrong_partition(&app, &code);
    for (id, branch) in [("one", "0001"), ("two", "0002")] {
        app.raw().event_in(RECORDS, wrong, &code, CHANGED, id, &person(&code, branch));
        app.settle();
    }
    app.raw().event(RECORDS, &code, CHANGED, "three", &person(&code, "0003"));
    let status = app.settle();
    assert_eq!(status["misrouted"], json!({RECORDS: 2}));
    assert_eq!(status["dead_letters"], 0);
    assert_eq!(app.value("SELECT branch_code FROM persons"), "0003");
    assert!(app.text(&["status"]).contains("2 (insured.records.v1 2): correct the partitioner"));
    let log = app.service(0).log();
    assert_eq!(log.matches(WARNING).count(), 1, "{log}");
    assert!(!log.contains(&code), "the log names the key");
    app.finish();
}

#[test]
fn a_misrouted_dead_letter_is_replayed_to_the_partition_of_its_key() {
    let app = TestApp::without_service("1404-08-01").with("misrouted", "dead_letter").serving();
    let code = national_code(460_000_001);
    let (right, wrong) = (right_partition(&app, &code), wrong_partition(&app, &code));
    app.raw().event_in(RECORDS, wrong, &code, CHANGED, "one", &person(&code, "0001"));
    let status = app.settle();
    assert_eq!((&status["dead_letters"], &status["misrouted"]), (&json!(1), &json!({RECORDS: 1})));
    assert_eq!(app.value("SELECT count(*) FROM persons WHERE insured"), "0");
    let reason = app.stored_records("dead-letters.v1")[0].header("dead_letter_reason");
    let wanted =
        format!("misrouted (it is in partition {wrong}, and its key belongs in partition {right} of ");
    assert!(reason.starts_with(&wanted) && reason.contains("murmur2_random"), "{reason}");

    assert_eq!(app.json(&["dead-letters", "replay", "--all"])["replayed"], 1);
    assert_eq!(app.settle()["dead_letters"], 0, "the replayed message is in the right partition");
    assert_eq!(app.value("SELECT branch_code FROM persons"), "0001");
    let replayed = app.stored_records(RECORDS).into_iter().find(|record| record.partition == right);
    assert_eq!(replayed.unwrap().key.as_deref(), Some(code.as_bytes()));

    // A repeated replay is older than this fact, although its offset is higher.
    app.raw().event(RECORDS, &code, CHANGED, "two", &person(&code, "0002"));
    app.settle();
    let place = format!("{RECORDS}/{wrong}/0");
    assert_eq!(app.json(&["dead-letters", "replay", &place, "--force"])["replayed"], 1);
    app.settle();
    assert_eq!(app.value("SELECT branch_code FROM persons"), "0002");
    app.finish();
}

/// The setting may change between the first ingest and a replay of all inputs.
#[test]
fn a_replay_of_all_inputs_judges_misrouted_messages_as_before() {
    let mut app = TestApp::start("1404-08-01");
    let [accepted, refused] = [460_000_002, 460_000_003].map(national_code);
    let wrong = wrong_partition(&app, &accepted);
    app.raw().event_in(RECORDS, wrong, &accepted, CHANGED, "one", &person(&accepted, "0001"));
    app.settle();
    app.stop();
    app.set("misrouted", "dead_letter");
    app.serve(&[]);
    let wrong = wrong_partition(&app, &refused);
    app.raw().event_in(RECORDS, wrong, &refused, CHANGED, "one", &person(&refused, "0001"));
    assert_eq!(app.settle()["dead_letters"], 1);
    for setting in ["accept", "dead_letter"] {
        app.set("misrouted", setting);
        let copy = app.empty_database(setting);
        let replayed = app.json(&["replay", "--into", &copy]);
        assert_eq!((&replayed["equal"], &replayed["differences"]), (&json!(true), &json!([])), "{setting}");
    }
    app.finish();
}
