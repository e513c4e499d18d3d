//! Self-registrations that arrive before and after the registry's row.

use peyvand::wire::files::FileKind as K;

use crate::fixtures::population::{Person, expect, insured, marriage, marriages, paid, person};
use crate::harness::TestApp;

const DEED: &str = "1404-05-20";

fn request(
    id: &str,
    minute: u32,
    applicant: &Person,
    spouse: &Person,
    deed_date: &str,
    first: bool,
) -> String {
    format!(
        "{id},2025-08-20T10:{minute:02}:00+03:30,{},{},{deed_date},{first}",
        applicant.code(),
        spouse.code()
    )
}

/// "The same marriage from both inputs is one claim", in either order. A request counts for its applicant only, not for
/// the spouse.
#[test]
fn before_and_after_the_registrys_row() {
    let mut app = TestApp::start("1404-08-01");
    let people: Vec<_> = (1..=4).map(person).collect();
    let [early, early_wife, late, late_wife] = &people[..] else { panic!() };
    insured(&mut app, &[early, early_wife, late, late_wife], "1404-04");
    app.publish_rows(K::SelfRegistrations, &[request("Q1", 0, early, early_wife, DEED, true)]);
    let answers = app.decisions();
    expect(&answers, early, DEED, "PENDING", &["NOT_CONFIRMED_BY_REGISTRY"]);
    assert!(answers.of(&early_wife.code()).is_empty(), "the request counts for its applicant only");
    let claim = answers.only(&early.code())["claim_id"].clone();
    marriages(&mut app, &[&marriage("R1", DEED, early, early_wife), &marriage("R2", DEED, late, late_wife)]);
    app.publish_rows(K::SelfRegistrations, &[request("Q2", 0, late, late_wife, DEED, true)]);
    app.close("1404-07");
    let answers = app.decisions();
    assert_eq!(answers.only(&early.code())["claim_id"], claim);
    let issued = app.documents();
    for person in &people {
        expect(&answers, person, DEED, "APPROVED", &[]);
        assert_eq!(paid(&issued, person).len(), 1);
    }
    let marriage = &answers.only(&early.code())["marriage"];
    assert_eq!((&marriage["record_id"], &marriage["request_id"]), (&"R1".into(), &"Q1".into()));
    app.finish();
}

/// The spouse that the applicant's request names.
fn spouse(applicant: &Person) -> Person {
    person(900 + applicant.code()[7..9].parse::<u32>().unwrap())
}

struct Applicants {
    mismatch: Person,
    stranger: Person,
    again: Person,
    annulled: Person,
    several: Person,
}

#[test]
fn what_a_self_registration_meets() {
    let mut app = TestApp::start("1404-08-01");
    let all = Applicants {
        mismatch: person(1),
        stranger: person(2),
        again: person(3),
        annulled: person(4),
        several: person(5),
    };
    at_first(&mut app, &all);
    in_the_end(&mut app, &all);
    assert_eq!(app.documents().len(), 3);
    app.finish();
}

fn at_first(app: &mut TestApp, all: &Applicants) {
    let Applicants { mismatch, stranger, again, annulled, several } = all;
    insured(app, &[mismatch, again, annulled, several], "1404-04");
    let other_date = marriage("R1", "1404-05-18", mismatch, &spouse(mismatch));
    let row = marriage("R4", DEED, annulled, &spouse(annulled)).corrected(|row| row.status = "annulled");
    marriages(app, &[&other_date, &row]);
    let own = |id, applicant: &Person, first| request(id, 0, applicant, &spouse(applicant), DEED, first);
    let requests = [
        own("Q1", mismatch, true),
        own("Q2", stranger, true),
        own("Q3", again, false),
        own("Q4", annulled, true),
        own("Q5", several, true),
    ];
    app.publish_rows(K::SelfRegistrations, &requests);
    let answers = app.decisions();
    expect(&answers, mismatch, DEED, "MANUAL_REVIEW", &["REGISTRY_DATE_MISMATCH"]);
    expect(&answers, mismatch, "1404-05-18", "APPROVED", &[]);
    expect(&answers, stranger, DEED, "REFUSED", &["NOT_INSURED"]);
    let both = ["NOT_FIRST_MARRIAGE", "NOT_CONFIRMED_BY_REGISTRY"];
    expect(&answers, again, DEED, "REFUSED", &both);
    expect(&answers, annulled, DEED, "MANUAL_REVIEW", &["MARRIAGE_ANNULLED"]);
    assert_eq!(answers.only(&stranger.code())["working"], serde_json::Value::Null);
}

/// The stranger's insured record, the registry's row of the applicant without an undertaking, and a later request of
/// the last applicant arrive. Then the month is closed.
fn in_the_end(app: &mut TestApp, all: &Applicants) {
    let Applicants { mismatch, stranger, again, several, .. } = all;
    insured(app, &[stranger], "1404-04");
    let row = |id, husband: &Person| marriage(id, DEED, husband, &spouse(husband));
    marriages(app, &[&row("R2", stranger), &row("R3", again)]);
    let later = request("Q6", 5, several, &spouse(several), "1404-05-22", true);
    app.publish_rows(K::SelfRegistrations, &[later]);
    app.close("1404-07");
    let answers = app.decisions();
    expect(&answers, stranger, DEED, "APPROVED", &[]);
    expect(&answers, again, DEED, "APPROVED", &[]);
    expect(&answers, several, DEED, "REFUSED", &["RECORD_WITHDRAWN"]);
    expect(&answers, several, "1404-05-22", "PENDING", &["NOT_CONFIRMED_BY_REGISTRY"]);
    // The claim of the registry's row was paid, so the claim with the applicant's date is now a second one.
    expect(&answers, mismatch, DEED, "REFUSED", &["ALREADY_PAID", "REGISTRY_DATE_MISMATCH"]);
}
