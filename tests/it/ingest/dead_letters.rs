//! A message that cannot be read becomes a dead letter with all its bytes, and ingest continues. Dead letters can be
//! replayed.

use peyvand::claim::{Benefit, ClaimKey, Counterpart, IdKey};
use peyvand::wire::proof::RecordContent;
use peyvand::wire::{RecordKey, SourcePosition, Topic};
use serde_json::{Value, json};

use crate::fixtures::couples::{Couple, FLOOR, person_data};
use crate::harness::{CE_TIME, Raw, StoredRecord, TestApp};

const MARRIAGES: &str = "registry.marriages.v1";
const RECORDS: &str = "insured.records.v1";
const OUTCOMES: &str = "finance.payment-outcomes.v1";
const RECORDED: &str = "registry.marriage.recorded";

fn headers(ce_type: &str) -> [(&str, &str); 5] {
    [
        ("ce_specversion", "1.0"),
        ("ce_id", "one"),
        ("ce_source", "/test"),
        ("ce_type", ce_type),
        ("ce_time", CE_TIME),
    ]
}

/// A message that cannot be read, its position, and the expected reason of its dead letter.
struct Bad {
    reason: &'static str,
    topic: &'static str,
    place: (i32, i64),
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
}

fn changed(good: &Value, change: impl FnOnce(&mut Value)) -> Option<Vec<u8>> {
    let mut data = good.clone();
    change(&mut data);
    Some(data.to_string().into_bytes())
}

/// Sends one message of each kind. Most marriage messages share the good row's key, so they precede it in its
/// partition.
fn send_bad(raw: &Raw<'_>, couple: &Couple) -> Vec<Bad> {
    let good = couple.marriage_data(1);
    let key = Some(couple.record_id.as_bytes());
    let no_deed = changed(&good, |data| {
        data.as_object_mut().unwrap().remove("deed_date");
    });
    let no_date = changed(&good, |data| data["deed_date"] = json!("1404-07-31"));
    let bad_digit = changed(&good, |data| data["wife"]["national_code"] = json!("1234567890"));
    let whole = changed(&good, |_| {});
    let dissolved = "registry.marriage.dissolved";
    let future = changed(&good, |data| data["registered_on"] = json!("1404-12-01"));
    let marriages: [(_, &[_], _, _); 12] = [
        ("not_json", &headers(RECORDED), key, Some(b"\xff\x00{no json".to_vec())),
        ("no_value", &headers(RECORDED), key, None),
        ("unknown_type", &headers(dissolved), key, whole.clone()),
        ("schema", &headers(RECORDED), key, no_deed),
        ("schema", &headers(RECORDED), key, no_date),
        ("identifier", &headers(RECORDED), key, bad_digit),
        ("key_mismatch", &headers(RECORDED), Some(b"R999999".as_slice()), whole.clone()),
        ("key_mismatch", &headers(RECORDED), None, whole.clone()),
        ("plausibility", &headers(RECORDED), key, future),
        ("content_type", &[("content-type", "text/plain")], key, whole.clone()),
        ("no_time", &headers(RECORDED)[..4], key, whole.clone()),
        ("no_type", &[("content-type", "application/json")], key, whole),
    ];
    let send = |(reason, headers, key, value): (_, &[_], Option<&[u8]>, Option<Vec<u8>>)| {
        let place = raw.record(MARRIAGES, key, headers, value.as_deref());
        Bad { reason, topic: MARRIAGES, place, key: key.map(<[u8]>::to_vec), value }
    };
    let mut sent: Vec<_> = marriages.into_iter().map(send).collect();
    let data =
        json!({"document_id": "none", "outcome": "paid", "code": null, "at": "2025-10-24T10:00:00+03:30"});
    sent.push(Bad {
        reason: "unknown_document",
        topic: OUTCOMES,
        place: raw.event(OUTCOMES, "none", "finance.document.paid", "one", &data),
        key: Some(b"none".to_vec()),
        value: Some(data.to_string().into_bytes()),
    });
    sent
}

/// Asserts that the dead letter keeps the message's bytes, key and position, and states the reason.
#[track_caller]
fn assert_whole(app: &TestApp, dead_letters: &[StoredRecord], bad: &Bad) {
    let (reason, topic) = (bad.reason, format!("{}{}", app.prefix, bad.topic));
    let place = [topic.clone(), bad.place.0.to_string(), bad.place.1.to_string()];
    let headers = ["dead_letter_topic", "dead_letter_partition", "dead_letter_offset"];
    let dead_letter =
        dead_letters.iter().find(|dead_letter| headers.map(|name| dead_letter.header(name)) == place);
    let dead_letter = dead_letter.unwrap_or_else(|| panic!("{reason}: no dead letter for {place:?}"));
    assert!(
        dead_letter.header("dead_letter_reason").starts_with(&format!("{reason} (")),
        "{reason}: {dead_letter:?}"
    );
    assert_eq!(dead_letter.value, bad.value, "{reason}: the bytes");
    assert_eq!(dead_letter.key.as_deref(), Some(topic.as_bytes()), "{reason}: the key is the source topic");
    let original = dead_letter.headers.iter().find(|(name, _)| name == "dead_letter_key");
    assert_eq!(original.map(|(_, value)| value.clone()), bad.key, "{reason}: the original key");
}

#[test]
fn each_bad_message_becomes_a_whole_dead_letter_and_the_others_are_ingested() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(1);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    let raw = app.raw();
    let sent = send_bad(&raw, &couple);
    raw.event(MARRIAGES, &couple.record_id, RECORDED, "good", &couple.marriage_data(1));
    drop(raw);
    assert_eq!(app.decisions().0.len(), 2, "the good row after the bad ones is decided");
    let dead_letters = app.stored_records("dead-letters.v1");
    for bad in &sent {
        assert_whole(&app, &dead_letters, bad);
    }
    assert_eq!(dead_letters.len(), sent.len(), "there are other dead letters");
    let listed = app.text(&["dead-letters", "list", "--json"]);
    assert_eq!(listed.lines().count(), sent.len());
    for bad in &sent {
        assert!(listed.contains(bad.reason), "{} is not listed", bad.reason);
    }
    // A message that is still unreadable becomes a dead letter again, once for each replay.
    for round in 2..4 {
        assert_eq!(app.json(&["dead-letters", "replay", "--all"])["replayed"], sent.len());
        app.settle();
        assert_eq!(app.stored_records("dead-letters.v1").len(), round * sent.len());
    }
    app.finish();
}

/// The installation derives its ids, so a test knows a document's id before the document is issued.
fn document_of(couple: &Couple) -> String {
    let ids = IdKey::new(crate::harness::SECRET.as_bytes());
    let key = ClaimKey {
        benefit: Benefit::MarriageAllowance,
        person: couple.husband.parse().unwrap(),
        deed_date: couple.deed_date.parse().unwrap(),
        counterpart: Counterpart::Spouse(couple.wife.parse().unwrap()),
    };
    ids.document(ids.claim(&key), 1).to_string()
}

fn outcome(app: &TestApp, document: &str, outcome: &str, code: Option<&str>, at: &str) {
    let data = json!({"document_id": document, "outcome": outcome, "code": code, "at": at});
    let (kind, id) = (format!("finance.document.{outcome}"), format!("{outcome}{at}"));
    app.raw().event(OUTCOMES, document, &kind, &id, &data);
    app.settle();
}

#[test]
fn a_replayed_dead_letter_is_ingested_after_its_document_exists() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(2);
    let document = document_of(&couple);
    Couple::publish(std::slice::from_ref(&couple), &mut app);
    outcome(&app, &document, "accepted", None, "2025-10-23T12:00:00+03:30");
    assert_eq!(app.value("SELECT count(*) FROM dead_letters"), "1");
    app.close("1404-07");
    assert_eq!(app.documents().len(), 2);
    let state = format!("SELECT coalesce(state, 'none') FROM documents WHERE document_id = '{document}'");
    assert_eq!(app.value(&state), "none");

    assert_eq!(app.json(&["dead-letters", "replay", "--all"])["replayed"], 1);
    app.settle();
    assert_eq!(app.value(&state), "accepted");
    assert_eq!(
        app.value("SELECT count(*) FROM dead_letters"),
        "1",
        "the replayed message became a dead letter again"
    );
    // A second replay repeats the same answer and changes nothing.
    app.text(&["dead-letters", "replay", "--all"]);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM payment_outcomes"), "1");
    app.finish();
}

/// The proof that this installation sends a message again, which it never did.
pub fn replay_mac(
    ce_type: &str,
    ce_id: &str,
    code: &str,
    data: &Value,
    partition: i32,
    place: &SourcePosition,
) -> String {
    let headers: [(&str, &[u8]); 5] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", ce_id.as_bytes()),
        ("ce_source", b"/test"),
        ("ce_type", ce_type.as_bytes()),
        ("content-type", b"application/json"),
    ];
    let value = data.to_string();
    let content = RecordContent {
        topic: Topic::InsuredRecords,
        partition,
        headers: &headers,
        key: Some(code.as_bytes()),
        value: Some(value.as_bytes()),
    };
    RecordKey::new(crate::harness::SECRET.as_bytes()).replay_mac(&content, place)
}

/// "`peyvand_*` headers are believed from nobody without proof": a message that claims an old position is as new as its
/// offset, and its dead letter has the position of the message.
#[test]
fn a_replay_without_a_proof_is_ingested_as_any_other_message() {
    let app = TestApp::start("1404-08-01");
    let (code, raw) = (Couple::nth(4).wife, app.raw());
    let first = person_data(&code, Some("IR062960000000100324200001"));
    let (partition, offset) = raw.event(RECORDS, &code, "insured.person.changed", "first", &first);
    let place = format!("{}{RECORDS}/{partition}/{offset}", app.prefix);
    let older = format!("{}{RECORDS}/{partition}/0", app.prefix);
    let second = person_data(&code, Some("IR420130000000001234567890"));
    raw.event(RECORDS, &code, "insured.person.changed", "second", &second);
    let mac = "00".repeat(32);
    let claimed = [("peyvand_replay_of", older.as_str()), ("peyvand_replay_mac", mac.as_str())];
    raw.event_with(RECORDS, &code, "insured.person.changed", "third", &first, &claimed);
    let claimed = [("ce_type", "none"), ("peyvand_replay_of", place.as_str())];
    let bad = raw.record(RECORDS, Some(code.as_bytes()), &claimed, None);
    drop(raw);
    app.settle();
    let explained = app.json(&["explain", &code]).to_string();
    assert!(explained.contains("IR062960000000100324200001"), "{explained}");
    let dead_letters = app.stored_records("dead-letters.v1");
    assert_eq!(dead_letters.len(), 1);
    assert_eq!(dead_letters[0].header("dead_letter_offset"), bad.1.to_string());
    assert!(
        dead_letters[0]
            .headers
            .iter()
            .all(|(name, _)| name != "dead_letter_first" && name != "peyvand_replay_of")
    );
    app.finish();
}

#[test]
fn a_replay_overtaken_by_a_newer_fact_changes_nothing() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(3);
    let document = document_of(&couple);
    Couple::publish(std::slice::from_ref(&couple), &mut app);
    outcome(&app, &document, "returned", Some("AC04"), "2025-10-23T12:00:00+03:30");
    app.close("1404-07");
    outcome(&app, &document, "paid", None, "2025-10-24T12:00:00+03:30");
    app.text(&["dead-letters", "replay", "--all"]);
    app.settle();
    assert_eq!(app.value(&format!("SELECT state FROM documents WHERE document_id = '{document}'")), "paid");
    assert_eq!(
        app.decisions().verdict(&couple.husband).0,
        "APPROVED",
        "a return before the payment reopens nothing"
    );

    // A replayed record that is older than the stored row of its key changes nothing.
    let code = &couple.wife;
    let raw = app.raw();
    let older = person_data(code, Some("IR062960000000100324200001"));
    let (partition, first) = raw.event(RECORDS, code, "insured.person.changed", "older", &older);
    let newer = person_data(code, Some("IR420130000000001234567890"));
    raw.event(RECORDS, code, "insured.person.changed", "newer", &newer);
    let place: SourcePosition = format!("{}{RECORDS}/{partition}/{first}", app.prefix).parse().unwrap();
    let mac = replay_mac("insured.person.changed", "older", code, &older, partition, &place);
    let proof = [("peyvand_replay_of", place.to_string()), ("peyvand_replay_mac", mac)];
    let proof = proof.each_ref().map(|(name, value)| (*name, value.as_str()));
    raw.event_with(RECORDS, code, "insured.person.changed", "older", &older, &proof);
    drop(raw);
    app.settle();
    let explained = app.json(&["explain", code]).to_string();
    assert!(
        explained.contains("IR420130000000001234567890") && !explained.contains("IR062960000000100324200001"),
        "{explained}"
    );
    assert_eq!(app.documents().iter().map(|d| d["amount_rial"].as_u64().unwrap()).sum::<u64>(), 2 * FLOOR);
    app.finish();
}
