//! Every output that an input causes carries the input's trace; all outputs of a close carry the close's trace.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::fixtures::couples::{Couple, person_data};
use crate::harness::{Record, TestApp, Topics};

const RECORDED: &str = "registry.marriage.recorded";

fn trace(n: u32) -> String {
    format!("{n:032x}")
}

fn traces(records: &[&Record]) -> BTreeSet<String> {
    records.iter().map(|record| record.trace().to_owned()).collect()
}

/// Sends an event with trace `n`, and waits until its outputs are delivered.
fn send(app: &TestApp, topic: &str, key: &str, ce_type: &str, n: u32, data: &Value) {
    let parent = format!("00-{}-00f067aa0ba902b7-01", trace(n));
    app.raw().event_with(topic, key, ce_type, &format!("trace-{n}"), data, &[("traceparent", &parent)]);
    app.settle();
}

/// The types of all events with trace `n`.
fn types(topics: &Topics, n: u32) -> Vec<String> {
    let records = topics.0.values().flatten().filter(|record| record.headers.contains_key("traceparent"));
    records.filter(|record| record.trace() == trace(n)).map(|record| record.ce_type().to_owned()).collect()
}

#[test]
fn a_trace_goes_from_an_input_to_all_that_it_causes() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(20);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    app.settle();
    let mut annulled = couple.marriage_data(2);
    annulled["status"] = json!("annulled");
    for (n, data) in (1..).zip([couple.marriage_data(1), annulled, couple.marriage_data(3)]) {
        send(&app, "registry.marriages.v1", &couple.record_id, RECORDED, n, &data);
    }
    let exported = app.export();
    let decisions = exported.of("eligibility.decision.made");
    for n in 1..=3_u32 {
        let own = decisions.iter().filter(|d| d.data["revision"] == n && d.trace() == trace(n));
        assert_eq!(own.count(), 2, "revision {n} of both spouses");
    }
    assert_eq!(decisions.len(), 6);
    app.finish();
}

#[test]
fn a_closes_outputs_share_its_trace_and_an_answers_carry_the_answers() {
    let mut app = TestApp::start("1404-08-01");
    Couple::publish(&[Couple::nth(23)], &mut app);
    app.close("1404-07");
    let closed = app.export();
    let documents = closed.of("finance.payment-document.issued");
    let others = ["finance.voucher.issued", "finance.batch.closed", "notifications.sms.requested"];
    let outputs: Vec<_> =
        documents.iter().copied().chain(others.iter().flat_map(|of| closed.of(of))).collect();
    assert_eq!((outputs.len(), traces(&outputs).len()), (6, 1), "one trace for all outputs of the close");
    assert_eq!(outputs[0].trace(), app.value("SELECT split_part(traceparent, '-', 2) FROM closes"));

    let document = &documents[0].data;
    let (id, person) =
        (document["document_id"].as_str().unwrap(), document["national_code"].as_str().unwrap());
    let at = "2025-10-25T10:00:00+03:30";
    let returned = json!({"document_id": id, "outcome": "returned", "code": "AC04", "at": at});
    send(&app, "finance.payment-outcomes.v1", id, "finance.document.returned", 4, &returned);
    let mended = person_data(person, Some("IR420130000000001234567890"));
    send(&app, "insured.records.v1", person, "insured.person.changed", 5, &mended);
    let after = app.export();
    assert_eq!(types(&after, 4), ["eligibility.decision.made", "notifications.sms.requested"]);
    assert_eq!(types(&after, 5), ["eligibility.decision.made"]);
    app.finish();
}

#[test]
fn a_files_receipt_and_its_decisions_carry_the_publishers_trace() {
    let mut app = TestApp::start("1404-08-01");
    Couple::publish(&[Couple::nth(21), Couple::nth(22)], &mut app);
    assert_eq!(app.decisions().0.len(), 4);
    let topics = app.export();
    let decisions = traces(&topics.of("eligibility.decision.made"));
    let receipts = topics.of("registry.file.received").into_iter().filter(|r| r.data["kind"] == "marriages");
    assert_eq!((decisions.len(), decisions), (1, traces(&receipts.collect::<Vec<_>>())));
    app.finish();
}

/// An input needs no trace; "Outputs have them all" (`schemas/headers.schema.json`).
#[test]
fn outputs_have_a_trace_also_where_the_input_has_none() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(24);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    app.raw().event("registry.marriages.v1", &couple.record_id, RECORDED, "none", &couple.marriage_data(1));
    app.settle();
    let exported = app.export();
    let decisions = exported.of("eligibility.decision.made");
    assert_eq!((decisions.len(), traces(&decisions).len()), (2, 1), "one trace for what one input causes");
    app.finish();
}
