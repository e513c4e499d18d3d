//! `peyvand dead-letters`: what a person does about dead letters, and what becomes of each.

use serde_json::{Value, json};

use crate::fixtures::couples::Couple;
use crate::harness::TestApp;

const MARRIAGES: &str = "registry.marriages.v1";
const RECORDED: &str = "registry.marriage.recorded";

/// Sends a row that no reader accepts. Returns its position.
fn bad_row(app: &TestApp, couple: &Couple) -> String {
    let mut data = couple.marriage_data(1);
    data["deed_date"] = json!("1404-07-31");
    let (partition, offset) = app.raw().event(MARRIAGES, &couple.record_id, RECORDED, "bad", &data);
    format!("{}{MARRIAGES}/{partition}/{offset}", app.prefix)
}

fn dead_letters(app: &TestApp, filters: &[&str]) -> Vec<Value> {
    let listed = app.text(&[&["dead-letters", "list", "--json"], filters].concat());
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// "two replays of one letter never multiply letters"; "a letter that fails again refers to the first"
#[test]
fn a_dead_letter_is_replayed_once_and_its_next_dead_letter_names_it() {
    let mut app = TestApp::start("1404-08-01");
    let place = bad_row(&app, &Couple::nth(1));
    app.settle();
    app.stop();
    let would = app.json(&["dead-letters", "replay", &place, "--dry-run"]);
    assert_eq!(would["places"], json!([place]), "{would}");
    assert_eq!(dead_letters(&app, &[])[0]["state"], "open");
    assert_eq!(app.json(&["dead-letters", "replay", &place])["replayed"], 1);
    // The message waits in its topic.
    assert_eq!(dead_letters(&app, &[])[0]["state"], "replayed");
    for again in [&["dead-letters", "replay", &place][..], &["dead-letters", "replay", "--all"]] {
        let replayed = app.json(again);
        let skipped = json!([{"place": place, "state": "replayed"}]);
        assert_eq!((&replayed["replayed"], &replayed["skipped"]), (&json!(0), &skipped), "{again:?}");
    }
    app.serve(&[]);
    app.settle();
    let listed = dead_letters(&app, &["--open"]);
    assert_eq!(listed.len(), 2, "{listed:?}");
    let first = listed.iter().find(|letter| letter["first"] == Value::Null).unwrap();
    let later =
        listed.iter().find(|letter| letter["first"] == json!(place)).expect("the chain is not listed");
    assert_eq!((&first["place"], &first["state"]), (&json!(place), &json!("failed_again")));
    assert_eq!(later["state"], "failed_again");
    assert_eq!(app.json(&["status"])["dead_letters"], 1, "one message is open, not two");
    let lying = app.stored_records("dead-letters.v1");
    assert_eq!(lying.last().unwrap().header("dead_letter_first"), place);

    // The later letter stands for the same message.
    let later = later["place"].as_str().unwrap();
    assert_eq!(app.json(&["dead-letters", "replay", later])["places"], json!([place]));
    app.settle();
    let shown = app.json(&["dead-letters", "show", later]);
    assert_eq!(shown["chain"].as_array().unwrap().len(), 3, "{shown}");
    assert_eq!(app.stored_records("dead-letters.v1").len(), 3);
    app.finish();
}

#[test]
fn an_applied_or_discarded_dead_letter_is_closed() {
    let app = TestApp::start("1404-08-01");
    let outcome =
        json!({"document_id": "none", "outcome": "paid", "code": null, "at": "2025-10-24T10:00:00+03:30"});
    app.raw().event("finance.payment-outcomes.v1", "none", "finance.document.paid", "one", &outcome);
    let place = bad_row(&app, &Couple::nth(2));
    app.settle();
    assert_eq!(dead_letters(&app, &["--topic", MARRIAGES]).len(), 1);
    assert_eq!(dead_letters(&app, &["--reason", "unknown_document"]).len(), 1);
    assert_eq!(app.run(&["dead-letters", "list", "--topic", "dead-letters.v1"]).status.code(), Some(2));
    assert!(app.refused(&["dead-letters", "replay", &format!("{place}1")]).contains("is no dead letter"));
    assert_eq!(app.run(&["dead-letters", "discard", &place]).status.code(), Some(2), "--why is missing");

    app.text(&["dead-letters", "discard", &place, "--why", "the registry has withdrawn it"]);
    let discarded = &dead_letters(&app, &["--topic", MARRIAGES])[0];
    assert_eq!(
        (&discarded["state"], &discarded["why"]),
        (&json!("discarded"), &json!("the registry has withdrawn it"))
    );
    assert!(!discarded["changed_by"].as_str().unwrap().is_empty());
    assert!(app.refused(&["dead-letters", "discard", &place, "--why", "twice"]).contains("already"));
    assert_eq!(app.json(&["dead-letters", "replay", &place])["replayed"], 0);
    assert_eq!(
        (dead_letters(&app, &["--open"]).len(), &app.json(&["status"])["dead_letters"]),
        (1, &json!(1))
    );
    // Only a person who insists sends it again.
    assert_eq!(app.json(&["dead-letters", "replay", &place, "--force"])["replayed"], 1);
    app.settle();
    assert_eq!(dead_letters(&app, &["--open"]).len(), 3);
    app.finish();
}

/// `show` masks national codes, Shebas and mobiles, also in a value that is no JSON.
#[test]
fn a_dead_letter_is_shown_without_personal_data() {
    let app = TestApp::start("1404-08-01");
    let couple = Couple::nth(3);
    let place = bad_row(&app, &couple);
    let broken =
        format!("{{\"husband\": \"{}\", \"sheba\": \"IR06 2960 0000 0010 0324 2000 01\"", couple.husband);
    app.raw().record(
        MARRIAGES,
        Some(couple.wife.as_bytes()),
        &[("ce_id", &couple.wife)],
        Some(broken.as_bytes()),
    );
    app.settle();
    let mut shown = app.text(&["dead-letters", "show", &place]);
    assert!(shown.contains("1404-07-31") && shown.contains("deed_date: no_such_date"), "{shown}");
    for letter in dead_letters(&app, &["--open"]) {
        shown += &app.text(&["dead-letters", "show", letter["place"].as_str().unwrap()]);
        shown += &app.text(&["dead-letters", "show", letter["place"].as_str().unwrap(), "--json"]);
    }
    for secret in [couple.husband.as_str(), &couple.wife, "2960", "0324"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    app.finish();
}
