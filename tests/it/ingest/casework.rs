//! Objections, findings of two officers, and answers, through broker and database.

use peyvand::claim::codes::Verdict;
use peyvand::claim::review::Ruling;
use serde_json::{Value, json};

use crate::fixtures::casework::{DEED, Desk, OTHER_BIRTH, id, mismatch, under_review};
use crate::fixtures::population::{Person, expect, marriages, paid, person};
use crate::harness::TestApp;

const ANSWERED: &str = "eligibility.objection.answered";
const MISMATCH: &[&str] = &["IDENTITY_MISMATCH"];

fn is_under_review(app: &TestApp, person: &Person) {
    expect(&app.decisions(), person, DEED, "MANUAL_REVIEW", MISMATCH);
}

fn is_approved(app: &TestApp, person: &Person) {
    expect(&app.decisions(), person, DEED, "APPROVED", &[]);
}

/// "an approved finding is a fact": from the objection to the payment. Every event is sent twice, and the second
/// sending changes nothing.
#[test]
fn an_objection_leads_to_a_finding_an_answer_and_a_payment() {
    let mut app = TestApp::start("1404-08-01");
    let person = person(1);
    under_review(&mut app, &[&person]);
    is_under_review(&app, &person);
    let desk = Desk::of(&app, &person);
    let proposal = desk.proposal(11, Verdict::SetAside);
    let approval = desk.judgement(&proposal, "staff-2", 50);
    let everything = || {
        desk.objects(1, 10);
        desk.adds_picture(1, 2);
        desk.proposes(&proposal);
        app.settle();
    };
    everything();
    is_under_review(&app, &person);
    desk.judges(Ruling::Approved, &approval);
    app.settle();
    is_approved(&app, &person);
    let decision = app.decisions().only(&person.code()).clone();
    let listed = json!([{"finding_id": id(11), "ground": "IDENTITY_MISMATCH", "verdict": "set_aside"}]);
    assert_eq!((&decision["findings"], &decision["revision"]), (&listed, &json!(2)));
    assert_eq!(app.events(ANSWERED), Vec::<Value>::new());
    desk.closes(1, &[11]);
    app.settle();
    answered_by(&app, &decision);

    let digest = app.json(&["status", "--digest"]);
    let published = app.export();
    everything();
    desk.judges(Ruling::Approved, &approval);
    desk.closes(1, &[11]);
    app.settle();
    assert!(app.export() == published, "a repeated event published something");
    assert_eq!(app.json(&["status", "--digest"]), digest, "a repeated event changed the state");
    is_paid_and_can_be_repeated(&mut app, &person, &decision);
    app.finish();
}

/// One answer, which names the decision in force.
fn answered_by(app: &TestApp, decision: &Value) {
    let answers = app.events(ANSWERED);
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let answer = &answers[0];
    assert_eq!((&answer["objection_id"], &answer["accepted"]), (&json!(id(1)), &json!(true)));
    for field in ["claim_id", "decision_id", "national_code"] {
        assert_eq!(answer[field], decision[field], "{field}");
    }
    assert!(answer["text"]["fa"].as_str().unwrap().contains("اعتراض"), "{answer}");
}

fn is_paid_and_can_be_repeated(app: &mut TestApp, person: &Person, decision: &Value) {
    app.close("1404-07");
    assert_eq!(paid(&app.documents(), person), [(1, "1404-07".to_owned())]);
    let recomputed = app.json(&["recompute", decision["decision_id"].as_str().unwrap()]);
    assert_eq!(recomputed["equal"], true, "{recomputed}");
    let copy = app.empty_database("copy");
    let replayed = app.json(&["replay", "--into", &copy]);
    assert_eq!((&replayed["equal"], &replayed["differences"]), (&json!(true), &json!([])), "{replayed}");
}

/// Each person shows one way in which two officers do, or do not, make a finding.
#[test]
fn a_finding_counts_by_two_officers_on_the_facts_that_they_saw() {
    let mut app = TestApp::start("1404-08-01");
    let people: Vec<_> = (1..=6).map(person).collect();
    under_review(&mut app, &people.iter().collect::<Vec<_>>());
    let desk = |place: usize| Desk::of(&app, &people[place]);
    approval_before_the_proposal(&desk(0));
    the_author_approves(&desk(1));
    another_content_is_approved(&desk(2));
    a_rejection_of_the_same_instant(&desk(3));
    desk(4).sets_aside(11);
    desk(5).sets_aside(11);
    app.settle();
    for place in [0, 4, 5] {
        is_approved(&app, &people[place]);
    }
    for place in [1, 2, 3] {
        is_under_review(&app, &people[place]);
    }
    facts_move(&mut app, &people[4]);
    another_finding_lifts_it(&app, &people[5]);
    app.close("1404-07");
    let issued = app.documents();
    assert_eq!((issued.len(), paid(&issued, &people[0]).len()), (1, 1), "{issued:#?}");
    app.finish();
}

fn approval_before_the_proposal(desk: &Desk<'_>) {
    let proposal = desk.proposal(11, Verdict::SetAside);
    desk.judges(Ruling::Approved, &desk.judgement(&proposal, "staff-2", 50));
    desk.app.settle();
    is_under_review(desk.app, desk.person);
    desk.proposes(&proposal);
}

fn the_author_approves(desk: &Desk<'_>) {
    let proposal = desk.proposal(11, Verdict::SetAside);
    desk.proposes(&proposal);
    desk.judges(Ruling::Approved, &desk.judgement(&proposal, "staff-1", 50));
}

fn another_content_is_approved(desk: &Desk<'_>) {
    let proposal = desk.proposal(11, Verdict::SetAside);
    let other = desk.proposal(11, Verdict::Confirmed);
    desk.proposes(&proposal);
    desk.judges(Ruling::Approved, &desk.judgement(&other, "staff-2", 50));
}

fn a_rejection_of_the_same_instant(desk: &Desk<'_>) {
    let proposal = desk.proposal(11, Verdict::SetAside);
    desk.proposes(&proposal);
    desk.judges(Ruling::Approved, &desk.judgement(&proposal, "staff-2", 50));
    desk.judges(Ruling::Rejected, &desk.judgement(&proposal, "staff-4", 50));
}

/// The registry sends another birth date, which no officer has seen. Then it sends the first one again.
fn facts_move(app: &mut TestApp, person: &Person) {
    let moved = mismatch(person, "1374-11-30").corrected(|_| ());
    marriages(app, &[&moved]);
    app.settle();
    is_under_review(app, person);
    let listed = app.decisions().only(&person.code())["findings"].clone();
    assert_eq!(listed, json!([]), "a finding without an effect is listed");
    let back = moved.corrected(|row| row.husband.birth_date = OTHER_BIRTH.to_owned());
    marriages(app, &[&back]);
    app.settle();
    is_approved(app, person);
    let again = back.corrected(|row| row.husband.birth_date = "1374-11-30".to_owned());
    marriages(app, &[&again]);
    app.settle();
    is_under_review(app, person);
}

fn another_finding_lifts_it(app: &TestApp, person: &Person) {
    let desk = Desk::of(app, person);
    let proposal = desk.proposal(12, Verdict::Lifted);
    desk.proposes(&proposal);
    desk.judges(Ruling::Approved, &desk.judgement(&proposal, "staff-4", 55));
    app.settle();
    is_under_review(app, person);
}

/// A closing waits for its objection and for the findings that it names. A withdrawal before that prevents the answer.
#[test]
fn an_objection_is_answered_after_its_findings_are_decided_unless_it_is_withdrawn() {
    let mut app = TestApp::start("1404-08-01");
    let person = person(1);
    under_review(&mut app, &[&person]);
    let desk = Desk::of(&app, &person);
    for number in [1, 2, 3] {
        desk.closes(number, &[11]);
    }
    app.settle();
    desk.objects(1, 10);
    desk.objects(2, 11);
    desk.withdraws(2);
    desk.withdraws(3);
    desk.objects(3, 12);
    let proposal = desk.proposal(11, Verdict::SetAside);
    desk.proposes(&proposal);
    app.settle();
    assert_eq!(app.events(ANSWERED).len(), 0, "the finding is not decided");
    desk.judges(Ruling::Rejected, &desk.judgement(&proposal, "staff-2", 50));
    app.settle();
    let answers = app.events(ANSWERED);
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(answers[0]["objection_id"], json!(id(1)));
    desk.withdraws(1);
    app.settle();
    assert_eq!(app.events(ANSWERED), answers, "a withdrawal after the answer changes nothing");
    is_under_review(&app, &person);
    app.finish();
}

/// Another portal may use one id for objections of two persons.
#[test]
fn two_persons_with_one_objection_id_have_two_answers() {
    let mut app = TestApp::start("1404-08-01");
    let people = [person(1), person(2)];
    under_review(&mut app, &[&people[0], &people[1]]);
    for desk in [Desk::of(&app, &people[0]), Desk::of(&app, &people[1])] {
        desk.objects(1, 10);
        desk.closes(1, &[]);
    }
    app.settle();
    let answers = app.events(ANSWERED);
    let of: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| answer["national_code"].to_string()).collect();
    assert_eq!((answers.len(), of.len()), (2, 2), "{answers:#?}");
    assert!(answers.iter().all(|answer| answer["objection_id"] == json!(id(1))));
    let stored = app.stored_records("eligibility.decisions.v1");
    let ids = stored.iter().map(|record| record.header("ce_id"));
    let once: std::collections::BTreeSet<_> = ids.collect();
    assert_eq!(once.len(), stored.len(), "two events have one id");
    app.finish();
}

/// `status` counts objections that are open for too long; the commands list and show them. Lists name no person.
#[test]
fn open_objections_and_findings_are_listed_and_shown() {
    let mut app = TestApp::start("1404-08-01");
    let person = person(1);
    under_review(&mut app, &[&person]);
    let desk = Desk::of(&app, &person);
    for number in [1, 2, 3] {
        desk.objects(number, 10);
    }
    desk.withdraws(2);
    desk.closes(3, &[]);
    let proposal = desk.proposal(11, Verdict::SetAside);
    desk.proposes(&proposal);
    app.settle();
    let overdue = |app: &TestApp| app.json(&["status"])["overdue_objections"].clone();
    assert_eq!(overdue(&app), json!([]));
    app.set_today("1404-09-02");
    assert_eq!(overdue(&app).as_array().unwrap().len(), 1, "{}", overdue(&app));
    assert_eq!(overdue(&app)[0]["objection_id"], json!(id(1)));
    assert_eq!(app.json(&["status", "--objection-days", "60"])["overdue_objections_count"], 0);

    let listed = app.json(&["objections", "list"]);
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|view| view["state"].clone()).collect();
    assert_eq!(states, ["open", "withdrawn", "answered"]);
    assert_eq!(app.json(&["objections", "list", "--open"]).as_array().unwrap().len(), 1);
    assert_eq!(app.json(&["findings", "list", "--open"])[0]["state"], "proposed");
    let desk = Desk::of(&app, &person);
    desk.judges(Ruling::Approved, &desk.judgement(&proposal, "staff-2", 50));
    app.settle();
    assert_eq!(app.json(&["findings", "list", "--open"]), json!([]));
    assert_eq!(app.json(&["findings", "list"])[0]["state"], "approved");
    let lists = [["objections", "list"], ["findings", "list"]].map(|command| app.text(&command));
    assert!(lists.iter().all(|text| !text.contains(&person.code())), "a list names a person: {lists:?}");
    shown(&app, &person);
    app.finish();
}

fn shown(app: &TestApp, person: &Person) {
    let (third, eleventh, nobody) = (id(3).to_string(), id(11).to_string(), id(99).to_string());
    let objection = app.json(&["objections", "show", &third]);
    let details = &objection[0]["details"];
    assert_eq!(
        (&details["national_code"], &details["closings"][0]["counts"]),
        (&json!(person.code()), &json!(true))
    );
    let finding = app.json(&["findings", "show", &eleventh]);
    assert_eq!(finding[0]["details"]["judgements"][0]["approver"], "staff-2");
    assert!(app.text(&["objections", "show", &third]).contains("accepted by staff-3"));
    assert!(app.text(&["findings", "show", &eleventh]).contains("by staff-2"));
    for kind in ["objections", "findings"] {
        assert!(app.refused(&[kind, "show", &nobody]).contains(&nobody));
    }
}
