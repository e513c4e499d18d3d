//! Facts that change after a document was issued, through the real pipeline: `eligibility.case.opened`.

use peyvand::wire::files::FileKind as K;
use serde_json::Value;

use crate::fixtures::population::{
    FLOOR, Marriage, Person, document_id, expect, finance, insured, marriage, marriages, paid, person,
    profile, sheba,
};
use crate::harness::{Answers, TestApp};

const DEED: &str = "1404-05-20";

fn case_of<'a>(cases: &'a [Value], person: &Person) -> &'a Value {
    let own: Vec<_> = cases.iter().filter(|case| case["national_code"] == person.code()).collect();
    assert_eq!(own.len(), 1, "{own:#?}");
    own[0]
}

/// Nine eligible people, paid by the close of 1404-07. The third gets more than the floor, so the amount can fall.
fn nine_paid() -> (TestApp, Vec<Person>, Vec<Marriage>) {
    let mut app = TestApp::start("1404-08-01");
    let people: Vec<_> = (1..=9).map(person).collect();
    insured(&mut app, &people.iter().collect::<Vec<_>>(), "1404-04");
    let row = |(husband, number): (&Person, u32)| {
        marriage(&format!("R{number}"), DEED, husband, &person(500 + number))
    };
    let rows: Vec<_> = people.iter().zip(0..).map(row).collect();
    app.publish_rows(K::Wages, &[people[2].wage("1404-04", 31, 700_000_000)]);
    marriages(&mut app, &rows.iter().collect::<Vec<_>>());
    app.close("1404-07");
    assert_eq!(app.documents().len(), 9);
    (app, people, rows)
}

/// Changes that open a case: an annulment, higher and lower wages, another date, an earlier payment, another spouse on
/// the same date. Changes that open none: a divorce, a death, a removed account.
fn facts_change(app: &mut TestApp, people: &[Person], rows: &[Marriage]) {
    let (more, less) =
        (people[1].wage("1404-04", 31, 900_000_000), people[2].wage("1404-04", 31, 90_000_000));
    app.publish_rows(K::Wages, &[more, less]);
    app.publish_rows(K::EarlierPayments, &[format!("{},1390-01-01,5000000,0101", people[4].code())]);
    let annulled = rows[0].corrected(|row| row.status = "annulled");
    let moved = rows[3].corrected(|row| row.deed_date = "1404-05-21".to_owned());
    let divorced = rows[6].corrected(|row| row.status = "divorced");
    marriages(app, &[&annulled, &moved, &divorced, &marriage("R50", DEED, &people[5], &person(600))]);
    profile(app, &people[7].with(|person| person.deceased_on = "1404-07-20".to_owned()));
    profile(app, &people[8].with(|person| person.sheba.clear()));
}

#[test]
fn facts_that_change_after_payment_open_cases() {
    let (mut app, people, rows) = nine_paid();
    let before = app.decisions();
    facts_change(&mut app, &people, &rows);
    let (cases, issued) = (app.cases(), app.documents());
    for (place, kind, ground) in [
        (0, "recovery", "MARRIAGE_ANNULLED"),
        (1, "difference", "AMOUNT_HIGHER"),
        (2, "recovery", "AMOUNT_LOWER"),
        (3, "recovery", "RECORD_WITHDRAWN"),
        (4, "recovery", "ALREADY_PAID"),
        (5, "recovery", "CONFLICTING_RECORDS"),
    ] {
        let case = case_of(&cases, &people[place]);
        assert_eq!((&case["kind"], &case["grounds"][0]), (&kind.into(), &ground.into()));
        assert_eq!(case["document_id"], document_id(&issued, &people[place], 1));
    }
    assert_eq!(cases.len(), 6, "{cases:#?}");
    // In rials: 23 × 90,000,000 plus the capped month, 7 × 3,463,656 × 31 = 751,613,352; the sum divided by 24.
    assert_eq!(case_of(&cases, &people[1])["new_amount_rial"], 117_567_223);
    assert_eq!(case_of(&cases, &people[2])["new_amount_rial"], FLOOR);
    let after = app.decisions();
    for person in &people {
        let paid = |answers: &Answers| {
            answers.of(&person.code()).into_iter().find(|decision| decision["outcome"] == "APPROVED").cloned()
        };
        assert_eq!(paid(&before), paid(&after), "neither the decision nor the payment changes");
        expect(&after, person, DEED, "APPROVED", &[]);
    }
    expect(&after, &people[3], "1404-05-21", "REFUSED", &["ALREADY_PAID"]);
    app.finish();
}

/// "A standing cause that nobody has judged holds further attempts back", "a case whose cause is gone is listed as gone
/// and holds nothing".
#[test]
fn a_standing_cause_blocks_further_attempts_until_it_is_gone() {
    let mut app = TestApp::start("1404-08-01");
    let husband = person(1);
    insured(&mut app, &[&husband], "1404-04");
    let row = marriage("R1", DEED, &husband, &person(2));
    marriages(&mut app, &[&row]);
    app.close("1404-07");
    let document = document_id(&app.documents(), &husband, 1);
    finance(&mut app, &[(&document, "returned", "AC04", "10:00:00")]);
    let annulled = row.corrected(|row| row.status = "annulled");
    marriages(&mut app, &[&annulled]);
    profile(&mut app, &husband.with(|person| person.sheba = sheba(9)));
    app.set_today("1404-09-01");
    app.close("1404-08");
    assert_eq!(paid(&app.documents(), &husband).len(), 1);
    assert_eq!(app.json(&["status"])["open_cases_count"], 1);
    // The registry withdraws the annulment.
    let sound = annulled.corrected(|row| row.status = "registered");
    marriages(&mut app, &[&sound]);
    app.settle();
    assert_eq!(app.json(&["status"])["open_cases_count"], 0);
    assert_eq!(app.json(&["cases", "list"])[0]["state"], "gone");
    assert_eq!(app.json(&["cases", "list", "--open"]), serde_json::json!([]));
    let file = app.json(&["explain", &husband.code()]);
    assert_eq!(file["claims"][0]["cases"][0]["state"], "gone");
    app.set_today("1404-10-01");
    app.close("1404-09");
    assert_eq!(paid(&app.documents(), &husband), [(1, "1404-07".to_owned()), (2, "1404-09".to_owned())]);
    assert_eq!(app.cases().len(), 1);
    app.finish();
}

/// "a passing wait opens none (what only time then decides is looked at by the next close)"
#[test]
fn the_next_close_reviews_what_only_time_changes() {
    let mut app = TestApp::start("1404-08-01");
    let husband = person(1);
    insured(&mut app, &[&husband], "1404-06");
    marriages(&mut app, &[&marriage("R1", "1404-07-15", &husband, &person(2))]);
    app.close("1404-07");
    app.publish_rows(K::Employments, &[husband.employment("1394-01-01", "1404-07-14")]);
    assert!(app.cases().is_empty());
    app.set_today("1404-09-01");
    app.close("1404-08");
    let cases = app.cases();
    assert_eq!(
        (&case_of(&cases, &husband)["kind"], &cases[0]["grounds"][0]),
        (&"recovery".into(), &"EMPLOYMENT_ENDED".into())
    );
    app.finish();
}
