//! An input's trace is on every output that it causes; a close's outputs share the close's.

use std::collections::BTreeSet;

use serde_json::json;

use crate::app::{Couple, Record, TestApp, person_data};

fn trace(n: u32) -> String {
    format!("{n:032x}")
}

fn traces(records: &[&Record]) -> BTreeSet<String> {
    records.iter().map(|record| record.trace().to_owned()).collect()
}

#[test]
fn a_trace_goes_from_an_input_to_all_that_it_causes() {
    let mut app = TestApp::start("1404-08-01");
    let couple = Couple::nth(20);
    Couple::publish_histories(std::slice::from_ref(&couple), &mut app);
    app.settle();
    let send = |topic: &str, key: &str, ce_type: &str, n: u32, data: serde_json::Value| {
        let parent = format!("00-{}-00f067aa0ba902b7-01", trace(n));
        app.raw().event_with(topic, key, ce_type, &format!("trace-{n}"), &data, &[("traceparent", &parent)]);
        app.settle();
    };
    send("registry.marriages.v1", &couple.record_id, "registry.marriage.recorded", 1, couple.marriage_data(1));
    let first = app.export();
    let decisions = first.of("eligibility.decision.made");
    assert_eq!((decisions.len(), traces(&decisions)), (2, [trace(1)].into()), "both spouses' decisions by the row");

    let mut annulled = couple.marriage_data(2);
    annulled["status"] = json!("annulled");
    send("registry.marriages.v1", &couple.record_id, "registry.marriage.recorded", 2, annulled);
    send("registry.marriages.v1", &couple.record_id, "registry.marriage.recorded", 3, couple.marriage_data(3));
    let told = app.export();
    let revisions: Vec<_> = told.of("eligibility.decision.made").iter().map(|r| (r.data["revision"].clone(), r.trace().to_owned())).collect();
    for n in 1..=3_u32 {
        assert_eq!(revisions.iter().filter(|r| **r == (json!(n), trace(n))).count(), 2, "{revisions:?}");
    }

    app.close("1404-07");
    let closed = app.export();
    let outputs: Vec<_> = ["finance.payment-document.issued", "finance.voucher.issued", "finance.batch.closed", "notifications.sms.requested"]
        .into_iter()
        .flat_map(|ce_type| closed.of(ce_type))
        .collect();
    assert_eq!((outputs.len(), traces(&outputs).len()), (6, 1), "one trace for all of the close");
    let of_close = outputs[0].trace().to_owned();
    assert_eq!(of_close, app.value("SELECT split_part(traceparent, '-', 2) FROM batches"));

    let document = closed.of("finance.payment-document.issued")[0].data.clone();
    let (id, person) = (document["document_id"].as_str().unwrap(), document["national_code"].as_str().unwrap());
    let returned = json!({"document_id": id, "outcome": "returned", "code": "AC04", "at": "2025-10-25T10:00:00+03:30"});
    send("finance.payment-outcomes.v1", id, "finance.document.returned", 4, returned);
    send("insured.records.v1", person, "insured.person.changed", 5, person_data(person, Some("IR420130000000001234567890")));
    let after = app.export();
    let of = |n: u32| after.0.values().flatten().filter(|r| r.headers.contains_key("traceparent") && r.trace() == trace(n)).collect::<Vec<_>>();
    let types = |n: u32| of(n).iter().map(|record| record.ce_type().to_owned()).collect::<Vec<_>>();
    assert_eq!(types(4), ["eligibility.decision.made", "notifications.sms.requested"], "the return's decision and its SMS");
    assert_eq!(types(5), ["eligibility.decision.made"], "the new account's decision");
    app.finish();
}

#[test]
fn a_files_receipt_and_its_decisions_carry_the_publishers_trace() {
    let mut app = TestApp::start("1404-08-01");
    Couple::publish(&[Couple::nth(21), Couple::nth(22)], &mut app);
    let told = app.decisions();
    assert_eq!(told.0.len(), 4);
    let topics = app.export();
    let decisions = traces(&topics.of("eligibility.decision.made"));
    let receipts: Vec<_> = topics.of("registry.file.received").into_iter().filter(|r| r.data["kind"] == "marriages").collect();
    assert_eq!((decisions.len(), decisions), (1, traces(&receipts)));
    app.finish();
}
