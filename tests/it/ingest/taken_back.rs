//! "the same (person, workshop, type, `started_on`) again replaces, taken back it is gone": employments and earlier
//! payments that were recorded in error.

use serde_json::{Value, json};

use crate::fixtures::couples::Couple;
use crate::harness::TestApp;
use crate::ingest::dead_letters::replay_mac;

const RECORDS: &str = "insured.records.v1";

fn employment(person: &str, taken_back: Value) -> Value {
    json!({"national_code": person, "workshop_code": "1234567890", "insurance_type": "compulsory",
        "started_on": "1400-01-01", "ended_on": null, "taken_back": taken_back})
}

fn payment(person: &str, amount: u64, taken_back: Value) -> Value {
    json!({"national_code": person, "paid_on": "1399-04-12", "amount_rial": amount, "source": "branch 0123",
        "taken_back": taken_back})
}

/// Sends a record, and returns its partition and offset.
fn send(app: &TestApp, person: &str, kind: &str, data: &Value, more: &[(&str, &str)]) -> (i32, i64) {
    app.raw().event_with(RECORDS, person, kind, "one", data, more)
}

#[test]
fn an_employment_that_is_taken_back_is_gone_until_a_newer_record() {
    const KIND: &str = "insured.employment.changed";
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(61);
    let person = &couple.husband;
    Couple::publish(std::slice::from_ref(&couple), &mut app);
    assert_eq!(app.decisions().verdict(person).0, "APPROVED");

    let (partition, offset) = send(&app, person, KIND, &employment(person, json!(true)), &[]);
    // The wage list of the deed's month may still bring another employment.
    let waits = ("PENDING".to_owned(), ["AWAITING_WAGE_LIST".to_owned()].into());
    assert_eq!(app.decisions().verdict(person), waits, "the employment is gone");
    assert_eq!(
        app.decisions().verdict(&couple.wife).0,
        "APPROVED",
        "the spouse has an employment of her own"
    );

    // A replayed record that is older than the one that took the employment back does not bring it back.
    let older = format!("{}{RECORDS}/{partition}/{}", app.prefix, offset - 1);
    let data = employment(person, Value::Null);
    let mac = replay_mac(KIND, "one", person, &data, partition, &older.parse().unwrap());
    let replayed = [("peyvand_replay_of", older.as_str()), ("peyvand_replay_mac", mac.as_str())];
    send(&app, person, KIND, &data, &replayed);
    assert_eq!(app.decisions().verdict(person), waits, "an older record was replayed");

    send(&app, person, KIND, &employment(person, Value::Null), &[]);
    assert_eq!(app.decisions().verdict(person).0, "APPROVED");
    app.finish();
}

#[test]
fn an_earlier_payment_that_is_taken_back_refuses_nobody() {
    const KIND: &str = "insured.earlier-payment.recorded";
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(62);
    let person = &couple.wife;
    Couple::publish(std::slice::from_ref(&couple), &mut app);
    send(&app, person, KIND, &payment(person, 19_104_270, Value::Null), &[]);
    let refused = ("REFUSED".to_owned(), ["ALREADY_PAID".to_owned()].into());
    assert_eq!(app.decisions().verdict(person), refused);
    // The amount is no part of the key: any amount in the row takes the payment back.
    send(&app, person, KIND, &payment(person, 0, json!(true)), &[]);
    assert_eq!(app.decisions().verdict(person).0, "APPROVED");
    app.finish();
}
