//! Endings of cases by two officers, through broker and database: what is ordered, and which attempts follow.

use peyvand::claim::codes::EndingOutcome::{DifferenceOrdered, NoAction, RecoveryOrdered, Reissue, Stop};
use peyvand::claim::review::Ruling;
use peyvand::wire::files::FileKind as K;
use serde_json::{Value, json};

use crate::contract::checker::check;
use crate::fixtures::casework::{Ending, ends};
use crate::fixtures::population::{
    FLOOR, Marriage, Person, document, document_id, finance, insured, marriage, marriages, paid, person,
};
use crate::harness::TestApp;

const DEED: &str = "1404-05-20";
const ENDED: &str = "eligibility.case.ended";
/// In rials: 23 × 90,000,000 plus the capped month, 7 × 3,463,656 × 31 = 751,613,352; the sum divided by 24.
const MORE: u64 = 117_567_223;

/// Eligible people, paid by the close of 1404-07: the first three with more than the floor.
fn paid_people(count: u32) -> (TestApp, Vec<Person>, Vec<Marriage>) {
    let mut app = TestApp::start("1404-08-01");
    let people: Vec<_> = (1..=count).map(person).collect();
    insured(&mut app, &people.iter().collect::<Vec<_>>(), "1404-04");
    let more: Vec<_> = people.iter().take(3).map(|person| person.wage("1404-04", 31, 900_000_000)).collect();
    app.publish_rows(K::Wages, &more);
    let row = |(husband, number): (&Person, u32)| {
        marriage(&format!("R{number}"), DEED, husband, &person(500 + number))
    };
    let rows: Vec<_> = people.iter().zip(0..).map(row).collect();
    marriages(&mut app, &rows.iter().collect::<Vec<_>>());
    app.close("1404-07");
    assert_eq!(app.documents().len(), people.len());
    (app, people, rows)
}

fn case_of(app: &TestApp, person: &Person, kind: &str) -> Value {
    let mut own = app.cases();
    own.retain(|case| case["national_code"] == person.code() && case["kind"] == kind);
    assert_eq!(own.len(), 1, "{own:#?}");
    own.remove(0)
}

fn ended_of(app: &TestApp, case: &Value) -> Vec<(String, Option<u64>)> {
    let mut own = app.events(ENDED);
    own.retain(|ended| ended["case_id"] == case["case_id"]);
    let outcome = |ended: &Value| ended["outcome"].as_str().unwrap().to_owned();
    own.iter().map(|ended| (outcome(ended), ended["amount_rial"].as_u64())).collect()
}

fn amounts(app: &TestApp, person: &Person) -> Vec<u64> {
    let issued = app.documents();
    let count = u64::try_from(paid(&issued, person).len()).unwrap();
    (1..=count).map(|attempt| document(&issued, person, attempt)["amount_rial"].as_u64().unwrap()).collect()
}

/// "Any other return […] never reissues by itself and is a cause of a case `payment`", "`reissue` (the lower of frozen
/// and new amount) or `stop`: after a case nothing but `reissue` lets an attempt follow".
#[test]
fn officers_decide_whether_an_attempt_follows_a_return() {
    let (mut app, people, _) = paid_people(4);
    let [reissued, stopped, both, after_paid] = &people[..] else { panic!() };
    let issued = app.documents();
    let ids: Vec<_> = people.iter().map(|person| document_id(&issued, person, 1)).collect();
    finance(
        &mut app,
        &[
            (&ids[0], "returned", "AM05", "10:00:00"),
            (&ids[1], "returned", "MS03", "10:00:00"),
            (&ids[2], "returned", "AM05", "10:00:00"),
            (&ids[3], "paid", "", "09:00:00"),
            (&ids[3], "returned", "AC04", "10:00:00"),
        ],
    );
    app.publish_rows(K::Wages, &[both.wage("1404-04", 31, 90_000_000)]);
    app.settle();
    let grounds = |person| case_of(&app, person, "payment")["grounds"].clone();
    assert_eq!(
        people.iter().map(grounds).collect::<Vec<_>>(),
        [
            json!(["RETURNED_AS_DUPLICATE"]),
            json!(["RETURNED_MS03"]),
            json!(["RETURNED_AS_DUPLICATE"]),
            json!(["RETURNED_AFTER_PAID"]),
        ]
    );
    app.set_today("1404-09-01");
    app.close("1404-08");
    assert_eq!(app.documents().len(), 4, "nobody has judged the cases");
    ends(&app, &case_of(&app, reissued, "payment"), Reissue, None);
    ends(&app, &case_of(&app, stopped, "payment"), Stop, None);
    ends(&app, &case_of(&app, both, "payment"), Reissue, None);
    // Nothing can be recovered of money that came back: such an end does not count.
    let lower = case_of(&app, both, "recovery");
    ends(&app, &lower, RecoveryOrdered, Some(1_000));
    app.set_today("1404-10-01");
    app.close("1404-09");
    assert_eq!(amounts(&app, reissued), [MORE, MORE]);
    assert_eq!((amounts(&app, stopped), amounts(&app, both)), (vec![MORE], vec![MORE]));
    ends(&app, &lower, Reissue, None);
    assert_eq!(ended_of(&app, &lower), [("reissue".to_owned(), Some(FLOOR))]);
    app.set_today("1404-11-01");
    app.close("1404-10");
    assert_eq!(amounts(&app, both), [MORE, FLOOR]);
    assert_eq!((amounts(&app, stopped).len(), amounts(&app, after_paid).len()), (1, 1));
    replays(&mut app);
    // The checker computes causes, ends and amounts by its own law.
    assert!(check(&["live"], Some(&app)).ends_with(" passed, 0 failed\n"));
    app.finish();
}

/// "by the same two persons and rules": an approval counts for exactly one proposal, and only by another officer. The
/// events arrive in any order, and repeats change nothing.
#[test]
fn a_case_ends_by_two_officers_and_is_judged_once() {
    let (mut app, people, rows) = paid_people(2);
    let annulled = rows[0].corrected(|row| row.status = "annulled");
    marriages(&mut app, &[&annulled]);
    app.publish_rows(K::Wages, &[people[1].wage("1404-04", 31, 90_000_000)]);
    app.settle();
    let [first, second] = [0, 1].map(|place| case_of(&app, &people[place], "recovery"));
    Ending::of(&app, &first, NoAction, None).proposed().judged(Ruling::Approved, "staff-1");
    Ending::of(&app, &second, RecoveryOrdered, Some(5)).judged(Ruling::Approved, "staff-2");
    app.settle();
    assert_eq!(app.events(ENDED), Vec::<Value>::new());
    assert_eq!(app.json(&["cases", "list", "--open"]).as_array().unwrap().len(), 2);
    let ordered = MORE - FLOOR;
    for _ in 0..2 {
        let order = Ending::of(&app, &second, RecoveryOrdered, Some(ordered));
        order.judged(Ruling::Approved, "staff-2").proposed();
        Ending::of(&app, &first, NoAction, None).proposed().judged(Ruling::Approved, "staff-2");
        app.settle();
    }
    assert_eq!(ended_of(&app, &first), [("no_action".to_owned(), None)]);
    assert_eq!(ended_of(&app, &second), [("recovery_ordered".to_owned(), Some(ordered))]);
    shown(&app, &second, &people[1]);
    // A replay sees the facts of each close. It may apply what happens between two closes together.
    app.set_today("1404-09-01");
    app.close("1404-08");
    // The facts go back. The first cause was judged; the second person is due what was recovered.
    let sound = annulled.corrected(|row| row.status = "registered");
    marriages(&mut app, &[&sound]);
    app.publish_rows(K::Wages, &[people[1].wage("1404-04", 31, 900_000_000)]);
    marriages(&mut app, &[&sound.corrected(|row| row.status = "annulled")]);
    app.settle();
    assert_eq!(app.cases().len(), 3);
    let due = case_of(&app, &people[1], "difference");
    assert_eq!(due["new_amount_rial"], MORE);
    ends(&app, &due, DifferenceOrdered, Some(ordered));
    assert_eq!(app.json(&["status"])["open_cases_count"], 0);
    replays(&mut app);
    // The checker computes causes, ends and amounts by its own law.
    assert!(check(&["live"], Some(&app)).ends_with(" passed, 0 failed\n"));
    app.finish();
}

/// The commands show a case with its cause and what officers said. The list names no person.
fn shown(app: &TestApp, case: &Value, person: &Person) {
    let id = case["case_id"].as_str().unwrap();
    let view = app.json(&["cases", "show", id]);
    assert_eq!((&view[0]["state"], &view[0]["outcome"]), (&json!("ended"), &json!("recovery_ordered")));
    assert_eq!(view[0]["details"]["national_code"], person.code());
    let text = app.text(&["cases", "show", id]);
    assert!(text.contains("by staff-2") && text.contains("AMOUNT_LOWER"), "{text}");
    assert!(!app.text(&["cases", "list"]).contains(&person.code()));
    let nobody = uuid::Uuid::nil().to_string();
    assert!(app.refused(&["cases", "show", &nobody]).contains(&nobody));
    let file = app.text(&["explain", &person.code()]);
    assert!(file.contains("recovery_ordered") && file.contains(id), "{file}");
}

fn replays(app: &mut TestApp) {
    let copy = app.empty_database("copy");
    let replayed = app.json(&["replay", "--into", &copy]);
    assert_eq!((&replayed["equal"], &replayed["differences"]), (&json!(true), &json!([])), "{replayed}");
}

/// The ends of a lost database come back from its topics, and finance is told once.
#[test]
fn ended_cases_of_a_lost_database_are_not_ended_again() {
    let (mut app, people, _) = paid_people(2);
    let issued = app.documents();
    let ids = [0, 1].map(|place| document_id(&issued, &people[place], 1));
    finance(&mut app, &ids.each_ref().map(|id| (id.as_str(), "returned", "MS03", "10:00:00")));
    app.settle();
    for (person, outcome) in people.iter().zip([Stop, Reissue]) {
        ends(&app, &case_of(&app, person, "payment"), outcome, None);
    }
    let (digest, published) = (app.json(&["status", "--digest"]), app.export());
    app.stop();
    let empty = app.empty_database("empty");
    app.restore(&empty);
    let recovered = app.json(&["recover"]);
    let found = (&recovered["cases"], &recovered["new_decisions"], &recovered["new_messages"]);
    assert_eq!(found, (&json!(2), &json!(0), &json!(0)), "{recovered}");
    assert_eq!(app.json(&["status", "--digest"]), digest);
    app.serve(&[]);
    app.settle();
    assert!(app.export() == published, "an event was published again");
    app.set_today("1404-09-01");
    app.close("1404-08");
    assert_eq!((amounts(&app, &people[0]).len(), amounts(&app, &people[1]).len()), (1, 2));
    app.finish();
}
