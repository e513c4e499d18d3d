//! What cannot be read goes aside whole; the rest goes on; what can be read later is sent again.

use peyvand::claim::{ClaimKey, Counterpart, IdKey};
use serde_json::{Value, json};

use crate::app::{Couple, FLOOR, TestApp, person_data};

const MARRIAGES: &str = "registry.marriages.v1";
const RECORDS: &str = "insured.records.v1";
const OUTCOMES: &str = "finance.payment-outcomes.v1";
const RECORDED: &str = "registry.marriage.recorded";

fn headers(ce_type: &str) -> [(&str, &str); 4] {
    [("ce_specversion", "1.0"), ("ce_id", "one"), ("ce_source", "/test"), ("ce_type", ce_type)]
}

#[test]
fn each_goes_aside_whole_and_the_others_go_on() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(1);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    let raw = app.raw();
    let good = couple.marriage_data(1);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut data = good.clone();
        change(&mut data);
        data.to_string().into_bytes()
    };
    let no_deed = changed(&|data| drop(data.as_object_mut().unwrap().remove("deed_date")));
    let no_date = changed(&|data| data["deed_date"] = json!("1404-07-31"));
    let bad_digit = changed(&|data| data["wife"]["national_code"] = json!("1234567890"));
    let whole = good.to_string().into_bytes();
    // One key, so that all of them lie in one partition with the good one after them.
    let key = couple.record_id.as_bytes();
    let mut sent = Vec::new();
    for (reason, ce_type, key, value) in [
        ("not_json", RECORDED, Some(key), Some(b"\xff\x00{no json".to_vec())),
        ("no_value", RECORDED, Some(key), None),
        ("unknown_type", "registry.marriage.dissolved", Some(key), Some(whole.clone())),
        ("schema", RECORDED, Some(key), Some(no_deed)),
        ("schema", RECORDED, Some(key), Some(no_date)),
        ("identifier", RECORDED, Some(key), Some(bad_digit)),
        ("key_mismatch", RECORDED, Some(b"R999999".as_slice()), Some(whole.clone())),
        ("key_mismatch", RECORDED, None, Some(whole.clone())),
    ] {
        let (partition, offset) = raw.record(MARRIAGES, key, &headers(ce_type), value.as_deref());
        sent.push((reason, MARRIAGES, partition, offset, key.map(<[u8]>::to_vec), value));
    }
    let (partition, offset) = raw.record(MARRIAGES, Some(key), &[("content-type", "text/plain")], Some(&whole));
    sent.push(("no_type", MARRIAGES, partition, offset, Some(key.to_vec()), Some(whole)));
    let unknown = json!({"document_id": "no-such-document", "outcome": "paid", "code": null, "at": "2025-10-24T10:00:00+03:30"});
    let (partition, offset) = raw.event(OUTCOMES, "no-such-document", "finance.document.paid", "one", &unknown);
    let value = Some(unknown.to_string().into_bytes());
    sent.push(("unknown_document", OUTCOMES, partition, offset, Some(b"no-such-document".to_vec()), value));
    raw.event(MARRIAGES, &couple.record_id, RECORDED, "good", &good);
    drop(raw);

    assert_eq!(app.decisions().0.len(), 2, "the good row after the bad ones is decided");
    let letters = app.lying("dead-letters.v1");
    for (reason, topic, partition, offset, key, value) in &sent {
        let topic = format!("{}{topic}", app.prefix);
        let place = [topic.clone(), partition.to_string(), offset.to_string()];
        let here = ["dead_letter_topic", "dead_letter_partition", "dead_letter_offset"];
        let letter = letters.iter().find(|letter| here.map(|name| letter.header(name)) == place);
        let letter = letter.unwrap_or_else(|| panic!("{reason}: no letter for {place:?}"));
        assert!(letter.header("dead_letter_reason").starts_with(&format!("{reason} (")), "{reason}: {letter:?}");
        assert_eq!(&letter.value, value, "{reason}: the bytes");
        assert_eq!(letter.key.as_deref(), Some(topic.as_bytes()), "{reason}: the key is the source topic");
        let original = letter.headers.iter().find(|(name, _)| name == "dead_letter_key").map(|(_, value)| value.clone());
        assert_eq!(&original, key, "{reason}: the original key");
    }
    assert_eq!(letters.len(), sent.len(), "nothing else went aside");
    let listed = app.text(&["dead-letters", "list", "--json"]);
    assert_eq!(listed.lines().count(), sent.len());
    for (reason, ..) in &sent {
        assert!(listed.contains(reason), "{reason} is not listed");
    }
    app.finish();
}

/// The installation's ids are derived, so the test can speak of a document before it is issued.
fn document_of(couple: &Couple) -> String {
    let ids = IdKey::new(crate::app::SECRET.as_bytes());
    let key = ClaimKey {
        person: couple.husband.parse().unwrap(),
        deed_date: couple.deed_date.parse().unwrap(),
        counterpart: Counterpart::Spouse(couple.wife.parse().unwrap()),
    };
    ids.document(ids.claim(&key), 1).to_string()
}

fn outcome(app: &TestApp, document: &str, word: &str, code: Option<&str>, at: &str) {
    let data = json!({"document_id": document, "outcome": word, "code": code, "at": at});
    app.raw().event(OUTCOMES, document, &format!("finance.document.{word}"), &format!("{word}{at}"), &data);
    app.settle();
}

#[test]
fn a_replayed_letter_is_taken_in_once_its_document_is_there() {
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

    assert_eq!(app.json(&["dead-letters", "replay"])["replayed"], 1);
    app.settle();
    assert_eq!(app.value(&state), "accepted");
    assert_eq!(app.value("SELECT count(*) FROM dead_letters"), "1", "the replayed one did not come back");
    // Once more: the same answer again changes nothing.
    app.text(&["dead-letters", "replay"]);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM payment_outcomes"), "1");
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
    app.text(&["dead-letters", "replay"]);
    app.settle();
    assert_eq!(app.value(&format!("SELECT state FROM documents WHERE document_id = '{document}'")), "paid");
    assert_eq!(app.decisions().verdict(&couple.husband).0, "APPROVED", "a return before the payment reopens nothing");

    // A record that was overtaken while it lay aside: the newer row of the key stands.
    let code = &couple.wife;
    let raw = app.raw();
    let older = person_data(code, Some("IR062960000000100324200001"));
    let (partition, first) = raw.event(RECORDS, code, "insured.person.changed", "older", &older);
    let newer = person_data(code, Some("IR420130000000001234567890"));
    raw.event(RECORDS, code, "insured.person.changed", "newer", &newer);
    let place = format!("{}{RECORDS}/{partition}/{first}", app.prefix);
    raw.event_with(RECORDS, code, "insured.person.changed", "older", &older, &[("peyvand_replay_of", &place)]);
    drop(raw);
    app.settle();
    let told: Value = app.json(&["explain", code]);
    let told = told.to_string();
    assert!(told.contains("IR420130000000001234567890") && !told.contains("IR062960000000100324200001"), "{told}");
    assert_eq!(app.documents().iter().map(|d| d["amount_rial"].as_u64().unwrap()).sum::<u64>(), 2 * FLOOR);
    app.finish();
}
