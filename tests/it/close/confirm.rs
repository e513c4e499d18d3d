//! `close-month --confirm DIGEST`: what a person has confirmed is what is issued, or nothing is.

#[cfg(feature = "failpoints")]
use std::process::Stdio;

#[cfg(feature = "failpoints")]
use serde_json::json;

use crate::fixtures::population::{married, profile, sheba};
use crate::harness::TestApp;

/// "where the plan differs now it is refused and says how (count, total, which differ in number)"
#[test]
fn a_plan_that_has_changed_is_not_issued() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..5);
    let plan = app.json(&["close-month", "1404-07", "--dry-run"]);
    let digest = plan["digest"].as_str().unwrap();
    assert_eq!((plan["documents"].as_u64(), digest.len()), (Some(4), 64), "{plan}");
    assert_eq!(app.json(&["close-month", "1404-07", "--dry-run"])["digest"], digest, "the same plan");
    let wrong = app.run(&["close-month", "--confirm", "1404-07"]);
    assert_eq!(wrong.status.code(), Some(2), "a month is no digest");
    let unknown = app.refused(&["close-month", "1404-07", "--confirm", &"0".repeat(64)]);
    assert!(unknown.contains("no dry run") && unknown.contains(digest), "{unknown}");

    // Another account, one person less, two more.
    profile(&mut app, &people[0].with(|person| person.sheba = sheba(77)));
    profile(&mut app, &people[1].with(|person| person.sheba.clear()));
    married(&mut app, 11..13);
    let refused = app.refused(&["close-month", "1404-07", "--confirm", digest]);
    for part in ["Then 4 documents of", "now 5 of", "2 added, 1 gone, 1 with another", "--dry-run"] {
        assert!(refused.contains(part), "no {part:?} in {refused}");
    }
    assert_eq!(app.value("SELECT count(*) FROM closes"), "0", "a refused close was opened");
    let now = app.json(&["close-month", "1404-07", "--dry-run"]);
    assert!(refused.contains(now["digest"].as_str().unwrap()), "{refused}");
    let closed = app.waiting_json(&["close-month", "1404-07", "--confirm", now["digest"].as_str().unwrap()]);
    assert_eq!((&closed["documents"], &closed["total_rial"]), (&now["documents"], &now["total_rial"]));
    assert_eq!(app.documents().len(), 5);
    app.finish();
}

/// An input that arrives between the comparison and the last page waits until the close has ended.
#[cfg(feature = "failpoints")]
#[test]
fn an_input_beside_the_pages_waits_for_the_last_one() {
    let mut app = TestApp::start("1404-08-01").with("close_page_persons", "1");
    let people = married(&mut app, 1..5);
    let plan = app.json(&["close-month", "1404-07", "--dry-run"]);
    app.inject("close_page.begin/before=1*off->1*sleep(4000)->off");
    let digest = plan["digest"].as_str().unwrap();
    let mut close =
        app.command(&["close-month", "1404-07", "--confirm", digest]).stdout(Stdio::null()).spawn().unwrap();
    app.inject("");
    app.until("the first page is closed", "SELECT (count(*) = 1)::text FROM close_pages");
    for person in &people {
        let changed = person.with(|person| person.sheba = sheba(500));
        profile(&mut app, &changed);
    }
    assert!(close.wait().unwrap().success());
    let issued: Vec<_> = app.documents().iter().map(|document| document["sheba"].clone()).collect();
    assert_eq!(issued.len(), 4);
    assert!(!issued.contains(&json!(sheba(500))), "an input of the close's time was issued: {issued:?}");
    app.finish();
}

/// A close that was interrupted continues only with the confirmed plan.
#[test]
fn an_interrupted_close_keeps_its_confirmation() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..4);
    let plan = app.json(&["close-month", "1404-07", "--dry-run"]);
    app.settle();
    let confirmed = plan["digest"].as_str().unwrap();
    // The state after a process died behind its first page, which had no persons.
    let opened = format!(
        "INSERT INTO closes (month, business_date, started_at, input_offsets, traceparent, confirmed)
         VALUES ('1404-07', '1404-08-01', now(), '[]', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '{confirmed}')"
    );
    app.execute(&opened).unwrap();
    profile(&mut app, &people[0].with(|person| person.sheba = sheba(77)));
    for options in [&["close-month", "1404-07"][..], &["close-month", "1404-07", "--confirm"]] {
        let refused = app.refused(options);
        assert!(refused.contains("0 added, 0 gone, 1 with another"), "{refused}");
    }
    let now = app.json(&["close-month", "1404-07", "--dry-run"]);
    app.waiting_json(&["close-month", "1404-07", "--confirm", now["digest"].as_str().unwrap()]);
    assert_eq!(app.documents().len(), 3);
    app.finish();
}
