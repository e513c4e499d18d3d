//! Repeated and simultaneous answers of finance and of the SMS gateway; requests of two persons under one id.

use peyvand::wire::files::FileKind as K;
use serde_json::{Value, json};

use crate::fixtures::couples::Couple;
use crate::harness::TestApp;

/// Accepted, corrected and unchanged rows of a receipt.
fn counts(receipt: &Value) -> Value {
    json!([receipt["accepted"], receipt["corrected"], receipt["unchanged"]])
}

#[test]
fn of_two_answers_of_one_instant_the_later_offset_counts_and_a_repeat_changes_nothing() {
    let mut app = TestApp::start("1404-08-01");
    Couple::publish(&[Couple::nth(31)], &mut app);
    app.close("1404-07");
    let documents = app.documents();
    let document = documents[0]["document_id"].as_str().unwrap();
    let state = format!("SELECT state FROM documents WHERE document_id = '{document}'");
    let outcome = |code: &str, fraction: &str| format!("{document},{code},,2025-10-23T10:00:00{fraction}Z");
    let rows = [outcome("accepted", ""), outcome("paid", "")];
    assert_eq!(counts(&app.publish_rows(K::PaymentOutcomes, &rows)), json!([2, 0, 0]));
    assert_eq!(app.value(&state), "paid");
    assert_eq!(counts(&app.publish_rows(K::PaymentOutcomes, &[outcome("accepted", "")])), json!([0, 0, 1]));
    assert_eq!(app.value(&state), "accepted", "the repeated outcome comes last in the topic");
    // Both are in one batch, and differ by less than the microseconds that the database stores.
    let rows = [outcome("paid", ".5000001"), outcome("paid", ".5000002")];
    assert_eq!(counts(&app.publish_rows(K::PaymentOutcomes, &rows)), json!([1, 0, 1]));
    assert_eq!(app.value(&state), "paid");

    let messages = app.sms();
    let report = format!("{},delivered,2025-10-23T18:00:00Z", messages[0]["sms_id"].as_str().unwrap());
    assert_eq!(counts(&app.publish_rows(K::DeliveryReports, &[&report, &report])), json!([1, 0, 1]));
    assert_eq!(counts(&app.publish_rows(K::DeliveryReports, &[&report])), json!([0, 0, 1]));
    app.finish();
}

#[test]
fn a_request_is_its_applicants() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(32);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    let row = |applicant: &str, spouse: &str| {
        format!("Q1,2025-10-20T10:00:00+03:30,{applicant},{spouse},{},true", couple.deed_date)
    };
    let rows = [row(&couple.husband, &couple.wife), row(&couple.wife, &couple.husband)];
    assert_eq!(counts(&app.publish_rows(K::SelfRegistrations, &rows)), json!([2, 0, 0]));
    for code in couple.codes() {
        assert_eq!(app.decisions().verdict(code).0, "PENDING");
    }
    app.finish();
}
