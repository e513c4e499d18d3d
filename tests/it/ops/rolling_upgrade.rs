//! A rolling upgrade and a downgrade by one version: this program and the next one (`tests/next`) run at the same time,
//! and each reads the tables and events that the other writes.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use peyvand::wire::files::FileKind as K;
use serde_json::{Value, json};

use crate::contract::checker::check;
use crate::fixtures::couples::{Couple, person_data};
use crate::fixtures::population::{document_id, finance, married, person, profile, sheba};
use crate::harness::{CEILING_S, TestApp};

fn next_version() -> PathBuf {
    std::env::var_os("NEXT_PEYVAND")
        .expect("NEXT_PEYVAND is not set: `make test` builds the next version")
        .into()
}

/// "A second binary version with a changed schema runs beside the first (rolling upgrade and downgrade by one version)
/// without loss": under load, processes of one version are killed and replaced by the other, and each version closes
/// months.
#[test]
fn the_next_version_runs_beside_this_one_and_can_be_removed() {
    let mut app = TestApp::without_service("1404-08-01").with("batch_events", "20");
    let (this, next) = (app.program.clone(), next_version());
    app.serve(&[]);
    app.serve(&[]);
    let people = married(&mut app, 1..6);
    let folder = app.generate(60, 9);
    replace(&mut app, &next, &folder, K::Persons);
    app.execute("CREATE TABLE before AS SELECT * FROM input_offsets").unwrap();
    app.execute("UPDATE input_offsets SET taken_by = NULL").unwrap();
    assert!(publish(&app, &folder, K::Wages).wait().unwrap().success());
    assert!(
        took(&app, "IS NULL") > 0 && took(&app, "= 'next'") > 0,
        "one of the two versions advanced no partition"
    );
    app.program.clone_from(&this);
    assert_eq!(channels(&app.close_of("1404-07")), [Value::Null]);

    replace(&mut app, &next, &folder, K::Employments);
    replace(&mut app, &this, &folder, K::Marriages);
    app.program.clone_from(&next);
    newer_events(&app);
    let issued = app.documents();
    app.set_today("1404-09-01");
    app.program.clone_from(&this);
    app.serve(&[]);
    finance(&mut app, &[(&document_id(&issued, &people[0], 1), "returned", "AC04", "10:00:00")]);
    profile(&mut app, &people[0].with(|person| person.sheba = sheba(77)));
    let others = married(&mut app, 11..14);
    app.program = next;
    assert_eq!(channels(&app.close_of("1404-08")), [Value::Null, json!("bank")]);

    replace(&mut app, &this, &folder, K::SelfRegistrations);
    married(&mut app, 21..23);
    app.set_today("1404-10-01");
    let issued = app.close_of("1404-09");
    for code in people.iter().chain(&others).map(crate::fixtures::population::Person::code) {
        let of = issued.iter().filter(|document| document["national_code"] == code).count();
        assert_eq!(of, if code == person(1).code() { 2 } else { 1 });
    }
    assert_eq!(
        app.value("SELECT count(*) FROM dead_letters"),
        "0",
        "one version could not read what the other wrote"
    );
    assert!(check(&["live"], Some(&app)).ends_with(" passed, 0 failed\n"));
    app.finish();
}

/// "A change of wording publishes no revision and leaves `recompute` equal" (contract, section 7). The next version has
/// another text for `NO_VALID_ACCOUNT`.
#[test]
fn a_change_of_wording_publishes_no_revision() {
    let mut app = TestApp::start("1404-08-01");
    let waiting = married(&mut app, 1..2).remove(0).with(|person| person.sheba.clear());
    profile(&mut app, &waiting);
    app.close("1404-07");
    let before = decisions_of(&app, &waiting.code());
    let last = before.last().unwrap();
    assert_eq!(last["reasons"][0]["code"], "NO_VALID_ACCOUNT");

    app.stop();
    app.program = next_version();
    app.set_today("1404-09-01");
    app.serve(&[]);
    app.close("1404-08");
    assert_eq!(decisions_of(&app, &waiting.code()), before, "the close decides every waiting claim again");
    app.text(&["recompute", last["decision_id"].as_str().unwrap()]);

    let other = married(&mut app, 11..12).remove(0).with(|person| person.sheba.clear());
    profile(&mut app, &other);
    let decisions = decisions_of(&app, &other.code());
    let reworded = decisions.last().unwrap();
    assert_eq!(reworded["reasons"][0]["code"], "NO_VALID_ACCOUNT");
    assert_ne!(reworded["reasons"][0]["text"]["en"], last["reasons"][0]["text"]["en"]);
    assert_eq!(reworded["answer_digest"], last["answer_digest"], "the same outcome, amount and reason");
    app.finish();
}

/// The published revisions of a person's claims, in order.
fn decisions_of(app: &TestApp, code: &str) -> Vec<Value> {
    app.settle();
    let events = app.events("eligibility.decision.made");
    events.into_iter().filter(|decision| decision["national_code"] == code).collect()
}

impl TestApp {
    /// Closes a month, and returns all documents so far.
    fn close_of(&self, month: &str) -> Vec<Value> {
        self.close(month);
        self.documents()
    }
}

fn publish(app: &TestApp, folder: &Path, kind: K) -> Child {
    let path = folder.join(kind.file_name());
    let publishing = ["publish", kind.as_str(), path.to_str().unwrap(), "--timeout", CEILING_S];
    app.command(&publishing).stdout(Stdio::null()).spawn().unwrap()
}

/// While a file is published, kills the oldest process and starts a process of this program.
fn replace(app: &mut TestApp, program: &PathBuf, folder: &Path, kind: K) {
    let mut under_way = publish(app, folder, kind);
    app.service(0).kill();
    app.forget(0);
    app.program.clone_from(program);
    app.serve(&[]);
    assert!(under_way.wait().unwrap().success());
}

/// The number of partitions whose offset the version last advanced; `condition` on `taken_by` selects the version.
fn took(app: &TestApp, condition: &str) -> u32 {
    let sql = format!(
        "SELECT count(*) FROM input_offsets o JOIN before b USING (topic, partition)
         WHERE o.next_offset > b.next_offset AND o.taken_by {condition}"
    );
    app.value(&sql).parse().unwrap()
}

/// Distinct values of a field that only the next version writes; null for documents of this version.
fn channels(documents: &[Value]) -> Vec<Value> {
    let mut channels: Vec<_> = documents.iter().map(|document| document["payment_channel"].clone()).collect();
    channels.sort_by_key(Value::to_string);
    channels.dedup();
    channels.reverse();
    channels
}

/// Sends events of the same types with an additional field at every depth.
fn newer_events(app: &TestApp) {
    let couple = Couple::nth(77);
    let raw = app.raw();
    for code in couple.codes() {
        let mut data = person_data(code, None);
        data["foreign_code"] = json!("X1");
        raw.event("insured.records.v1", code, "insured.person.changed", &format!("newer-{code}"), &data);
    }
    let mut data = couple.marriage_data(1);
    data["registered_by"] = json!({"office": "12345", "clerk": 7});
    data["husband"]["birth_place"] = json!("تهران");
    raw.event("registry.marriages.v1", &couple.record_id, "registry.marriage.recorded", "newer", &data);
    drop(raw);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages WHERE record_id = 'R000077'"), "1");
}
