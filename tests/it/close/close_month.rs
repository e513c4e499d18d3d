//! The close of a month: when it is refused, what a repeat does, crashes, and the constraints of the database.

use std::process::Stdio;
use std::sync::Arc;

use peyvand::app::{AppContext, relay};
use peyvand::claim::{Benefit, IdKey};
use peyvand::clock::Clock;
use peyvand::config::QuietHours;
use peyvand::store::messages::ReleasedMessage;
use peyvand::store::outbox::RelayShards;
use peyvand::wire::files::FileKind as K;
use peyvand::wire::{PartitionCounts, RecordKey, tables};
use serde_json::Value;

use crate::fixtures::population::{FLOOR, kill_close, married, person};
use crate::harness::TestApp;

/// "It refuses a month that has not ended, and one that is not the next after the last closed", "closing it again
/// returns the same batch and issues nothing"
#[test]
fn a_close_out_of_turn_is_refused_and_a_repeat_issues_nothing() {
    let mut app = TestApp::start("1404-07-30");
    married(&mut app, 1..3);
    assert!(app.refused(&["close-month", "1404-07"]).contains("has not ended"));
    assert!(app.refused(&["close-month", "1404-07", "--confirm"]).contains("has not ended"));
    app.set_today("1404-09-15");
    let first = app.close("1404-07");
    assert_eq!((&first["documents"], &first["total_rial"]), (&2.into(), &(2 * FLOOR).into()));
    for month in ["1404-06", "1404-09", "1404-10"] {
        app.refused(&["close-month", month]);
    }
    married(&mut app, 10..12);
    let mut again = app.close("1404-07");
    assert_eq!(again["closed_now"], false);
    again["closed_now"] = true.into();
    assert_eq!(again, first);
    assert_eq!(app.documents().len(), 2);
    app.close("1404-08");
    assert_eq!(app.documents().len(), 4);
    app.finish();
}

/// "one per month for the country, also with no document"
#[test]
fn an_empty_month_is_closed_with_no_document() {
    let app = TestApp::start("1404-08-01");
    let closed = app.close("1404-07");
    assert_eq!((&closed["documents"], &closed["total_rial"]), (&0.into(), &0.into()));
    let topics = app.export();
    let events = topics.topic("finance.payment-documents.v1");
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].ce_type(), &events[0].data["documents"]), ("finance.batch.closed", &0.into()));
    // The digest of no documents is the SHA-256 of the empty string.
    assert_eq!(events[0].data["digest"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    app.finish();
}

/// "of two at once the second waits for the first"
#[test]
fn two_concurrent_closes_issue_each_document_once() {
    let mut app = TestApp::start("1404-08-01").with("close_page_persons", "1");
    married(&mut app, 1..9);
    let start = || app.command(&["close-month", "1404-07", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let (one, two) = (start(), start());
    let outputs = [one, two].map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    });
    assert_eq!(outputs[0]["batches"], outputs[1]["batches"]);
    assert_ne!(outputs[0]["closed_now"], outputs[1]["closed_now"]);
    assert_eq!(app.documents().len(), 8);
    app.finish();
}

/// "`--dry-run` is allowed at any time; before the month's end it is marked a forecast", and it reports what
/// the close then does.
#[test]
fn a_dry_run_reports_what_the_close_issues() {
    let mut app = TestApp::start("1404-07-30");
    married(&mut app, 1..8);
    let ahead = app.json(&["close-month", "1404-07", "--dry-run"]);
    assert_eq!(
        (&ahead["forecast"], &ahead["documents"], &ahead["last"]),
        (&true.into(), &7.into(), &Value::Null)
    );
    app.set_today("1404-08-01");
    let run = app.json(&["close-month", "1404-07", "--dry-run"]);
    assert_eq!(run["forecast"], false);
    assert!(app.documents().is_empty());
    let closed = app.close("1404-07");
    assert_eq!((&run["documents"], &run["total_rial"]), (&closed["documents"], &closed["total_rial"]));
    let mut booked: Vec<_> = app
        .events("finance.voucher.issued")
        .into_iter()
        .map(|voucher| {
            (
                voucher["cost_centre"].clone(),
                voucher["documents"].clone(),
                voucher["lines"][0]["debit_rial"].clone(),
            )
        })
        .collect();
    booked.sort_by_key(|line| line.0.to_string());
    let branches = run["branches"].as_array().unwrap().iter();
    let branch_lines: Vec<_> = branches
        .map(|b| (b["branch_code"].clone(), b["documents"].clone(), b["total_rial"].clone()))
        .collect();
    assert_eq!(booked, branch_lines);
    let next = app.json(&["close-month", "1404-08", "--dry-run"]);
    assert_eq!((&next["documents"], &next["last"]["documents"]), (&0.into(), &7.into()));
    app.finish();
}

/// "resumes after a crash without doing anything twice": a close is killed between two pages, while it waits for a
/// person whose row another transaction has locked.
#[test]
fn a_killed_close_resumes_at_its_cursor() {
    let mut app = TestApp::start("1404-08-01").with("close_page_persons", "1");
    let people = married(&mut app, 1..7);
    for place in [2, 4] {
        kill_close(&app, "1404-07", &people[place - 1], &people[place]);
        // The documents issued so far are already delivered; the event that ends the batch is not.
        app.settle();
        assert_eq!(app.documents().len(), place);
        assert!(app.events("finance.batch.closed").is_empty());
    }
    // No other month can be closed before this one.
    app.set_today("1404-09-01");
    assert!(app.refused(&["close-month", "1404-08"]).contains("1404-07"));
    let closed = app.close("1404-07");
    assert_eq!((&closed["documents"], &closed["closed_now"]), (&6.into(), &true.into()));
    app.finish();
}

/// A close has one business date, the one on which it began, even if it continues in another month.
#[test]
fn a_resumed_close_keeps_its_business_date() {
    let mut app = TestApp::start("1404-09-02");
    married(&mut app, 1..3);
    let begun = "INSERT INTO closes (month, business_date, started_at, input_offsets, traceparent)
        VALUES ('1404-07', '1404-08-30', now(), '[]',
                '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')";
    assert_eq!(app.execute(begun), Ok(1));
    let closed = app.close("1404-07");
    assert_eq!(closed["documents"], 2);
    for sms in app.sms() {
        let text = sms["text"].as_str().unwrap();
        assert!(text.contains("آبان") && !text.contains("آذر"), "{text}");
    }
    app.finish();
}

/// "A unique key makes a second payment to a person impossible in the database itself." (R15)
#[test]
fn a_second_payment_to_a_person_is_impossible() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..3);
    app.close("1404-07");
    let code = people[0].code();
    let other = "gen_random_uuid()";
    let payment = format!(
        "INSERT INTO payments SELECT person, benefit, {other}, amount, {other} FROM payments WHERE person = {code}"
    );
    assert!(app.execute(&payment).unwrap_err().contains("payments_pkey"));
    // Also impossible: a further document while the first is in force, one for another claim, one without a payment.
    let document = |person: &str, claim: &str, attempt: u32| {
        format!(
            "INSERT INTO documents (document_id, benefit, person, claim_id, attempt, decision_id, month, amount, sheba, cost_centre, province_code, issued_at)
             SELECT 'x', benefit, {person}, {claim}, {attempt}, decision_id, month, amount, sheba, cost_centre, province_code, issued_at
             FROM documents WHERE person = {code}"
        )
    };
    for (sql, key) in [
        (document("person", "claim_id", 2), "documents_one_in_force"),
        (document("person", "claim_id", 1), "documents_"),
        (document("person", other, 1), "documents_"),
        (document(&people[1].code(), "claim_id", 2), "documents_"),
    ] {
        let error = app.execute(&sql).unwrap_err();
        assert!(error.contains(key), "{error}");
    }
    app.finish();
}

/// "It first waits until the input that lay in the topics at its start is disposed of; it refuses (naming what lags)
/// where that takes longer than `--timeout`."
#[test]
fn a_close_waits_for_its_input_and_names_what_lags() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..2);
    app.stop();
    let path = app.write(K::Persons, &format!("{}\n{}\n", K::Persons.columns().join(","), person(7).row()));
    app.publish_without_waiting(K::Persons, &path);
    let refusal = app.refused(&["close-month", "1404-07", "--timeout", "1"]);
    assert!(refusal.contains("insured.records.v1") && refusal.contains("registry.files.v1"), "{refusal}");
    app.serve(&[]);
    app.close("1404-07");
    assert_eq!(app.documents().len(), 1);
    app.finish();
}

/// "No SMS between 21:00 and 08:00 Tehran: it is published at once with `not_before` the next 08:00"
#[tokio::test]
async fn an_sms_request_contains_the_end_of_the_quiet_hours() {
    let ctx = AppContext {
        pool: peyvand::store::connect("postgres://nobody@127.0.0.1:1/none", 2).unwrap(),
        clock: Clock::new(Some("1404-08-01".parse().unwrap())).unwrap(),
        fixed_business_date: None,
        tables: Arc::new(tables::parse(tables::built_in()).unwrap()),
        ids: IdKey::new(b"quiet"),
        record_key: RecordKey::new(b"quiet"),
        benefits: Benefit::RELEASED,
        shards: RelayShards { count: 1, partitions: PartitionCounts::new(1) },
        deeds_from: None,
        sms_quiet_hours: Some(QuietHours { from: 21, to: 8 }),
        page_persons: 1,
        brake_percent: 50,
        query_timeout: std::time::Duration::from_secs(1),
    };
    let message = ReleasedMessage {
        sms_id: "m".to_owned(),
        kind: "registration".to_owned(),
        claim_id: uuid::Uuid::nil(),
        document_id: "d".to_owned(),
        mobile: "09121234567".to_owned(),
        body: "متن".to_owned(),
        segments: 1,
        traceparent: None,
    };
    for (at, not_before) in [
        ("2025-10-23T20:59:59+03:30", None),
        ("2025-10-23T21:00:00+03:30", Some("2025-10-24T08:00:00+03:30")),
        ("2025-10-24T07:59:59+03:30", Some("2025-10-24T08:00:00+03:30")),
        ("2025-10-24T08:00:00+03:30", None),
    ] {
        let event = relay::sms_requested(&ctx, &message, at.parse().unwrap()).unwrap();
        let data: Value = serde_json::from_slice(event.value.as_deref().unwrap()).unwrap();
        let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        assert_eq!(data["not_before"].as_str().map(instant), not_before.map(instant), "{at}");
    }
}
