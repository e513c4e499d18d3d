//! A database that is lost without a backup: findings come back with their inputs, and no objection is answered twice.

use serde_json::json;

use crate::fixtures::casework::{DEED, Desk, under_review};
use crate::fixtures::population::{expect, person};
use crate::harness::TestApp;

const ANSWERED: &str = "eligibility.objection.answered";

#[test]
fn answered_objections_of_a_lost_database_are_not_answered_again() {
    let mut app = TestApp::start("1404-08-01");
    let people = [person(1), person(2)];
    under_review(&mut app, &[&people[0], &people[1]]);
    for (number, person) in (1..).zip(&people) {
        let desk = Desk::of(&app, person);
        desk.objects(number, 10);
        desk.sets_aside(11);
    }
    Desk::of(&app, &people[0]).closes(1, &[11]);
    app.settle();
    assert_eq!(app.events(ANSWERED).len(), 1);
    let (digest, published) = (app.json(&["status", "--digest"]), app.export());
    app.stop();
    let empty = app.empty_database("empty");
    app.restore(&empty);
    let recovered = app.json(&["recover"]);
    let found = (&recovered["answers"], &recovered["new_decisions"], &recovered["new_messages"]);
    assert_eq!(found, (&json!(1), &json!(0), &json!(0)), "{recovered}");
    assert_eq!(app.json(&["status", "--digest"]), digest);
    app.serve(&[]);
    app.settle();
    assert!(app.export() == published, "an event was published again");
    Desk::of(&app, &people[1]).closes(2, &[11]);
    app.settle();
    assert_eq!(app.events(ANSWERED).len(), 2, "the other objection is still open");
    app.close("1404-07");
    assert_eq!(app.documents().len(), 2);
    for person in &people {
        expect(&app.decisions(), person, DEED, "APPROVED", &[]);
    }
    app.finish();
}
