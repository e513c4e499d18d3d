//! Returned documents, further attempts, and which SMS go to whom.

use peyvand::wire::files::FileKind as K;
use serde_json::Value;

use crate::fixtures::population::{
    FLOOR, Person, document, document_id, expect, finance, insured, marriage, marriages, paid, person,
    profile, sheba,
};
use crate::harness::TestApp;

const DEED: &str = "1404-05-20";

/// Eligible people, married to uninsured people, paid by the close of 1404-07.
fn paid_people(count: u32) -> (TestApp, Vec<Person>, Vec<Value>) {
    let mut app = TestApp::start("1404-08-01");
    let people: Vec<_> = (1..=count).map(person).collect();
    insured(&mut app, &people.iter().collect::<Vec<_>>(), "1404-04");
    let rows: Vec<_> = people
        .iter()
        .enumerate()
        .map(|(place, husband)| {
            marriage(&format!("R{place}"), DEED, husband, &person(500 + u32::try_from(place).unwrap()))
        })
        .collect();
    marriages(&mut app, &rows.iter().collect::<Vec<_>>());
    app.close("1404-07");
    let issued = app.documents();
    assert_eq!(issued.len(), people.len());
    (app, people, issued)
}

fn written_to<'a>(sms: &'a [Value], person: &Person, kind: &str) -> Vec<&'a Value> {
    sms.iter().filter(|message| message["mobile"] == person.mobile && message["kind"] == kind).collect()
}

#[test]
fn a_return_another_account_and_a_second_attempt() {
    let (mut app, people, issued) = paid_people(3);
    let [same, before, again] = &people[..] else { panic!() };
    let first: Vec<_> = people.iter().map(|person| document_id(&issued, person, 1)).collect();
    // One person changes the account before the return arrives.
    profile(&mut app, &before.with(|person| person.sheba = sheba(77)));
    let answers = [(&first[0], "AC04"), (&first[1], "AC04"), (&first[2], "AC06")];
    finance(&mut app, &answers.map(|(id, code)| (id.as_str(), "returned", code, "10:00:00")));
    let decided = app.decisions();
    expect(&decided, same, DEED, "WAITING", &["PAYMENT_RETURNED"]);
    expect(&decided, before, DEED, "APPROVED", &[]);
    assert_eq!(decided.only(&same.code())["amount_rial"], FLOOR);
    let sms = app.sms();
    assert_eq!(
        people.iter().map(|p| written_to(&sms, p, "payment_returned").len()).collect::<Vec<_>>(),
        [1, 0, 1]
    );
    let notice = written_to(&sms, same, "payment_returned")[0];
    assert_eq!(notice["about"]["document_id"], first[0]);
    assert!(!notice["text"].as_str().unwrap().contains(&same.code()));

    profile(&mut app, &again.with(|person| person.sheba = sheba(78)));
    expect(&app.decisions(), again, DEED, "APPROVED", &[]);
    app.set_today("1404-09-01");
    app.close("1404-08");
    let (issued, sms) = (app.documents(), app.sms());
    assert_eq!(paid(&issued, same).len(), 1);
    for (person, account) in [(before, 77), (again, 78)] {
        assert_eq!(paid(&issued, person), [(1, "1404-07".to_owned()), (2, "1404-08".to_owned())]);
        let second = document(&issued, person, 2);
        assert_eq!((&second["sheba"], &second["amount_rial"]), (&sheba(account).into(), &FLOOR.into()));
        assert_eq!(
            written_to(&sms, person, "registration").len(),
            2,
            "one SMS per document, also for further attempts"
        );
    }
    // The second attempt is returned too: another notice, and a third attempt after another change of account.
    let second = document_id(&issued, again, 2);
    finance(&mut app, &[(&second, "returned", "AC01", "11:00:00")]);
    expect(&app.decisions(), again, DEED, "WAITING", &["PAYMENT_RETURNED"]);
    assert_eq!(written_to(&app.sms(), again, "payment_returned").len(), 2);
    profile(&mut app, &again.with(|person| person.sheba = sheba(79)));
    app.set_today("1404-10-01");
    app.close("1404-09");
    assert_eq!(paid(&app.documents(), again).len(), 3);
    app.finish();
}

/// A notice about an account is sent only to a number that the person owns.
#[test]
fn the_sms_of_a_return_goes_to_no_other_persons_number() {
    let (mut app, people, issued) = paid_people(2);
    for (person, owner) in people.iter().zip(["no", "unknown"]) {
        let row = person.row();
        app.publish_rows(K::Persons, &[format!("{}{owner}", row.strip_suffix("yes").unwrap())]);
    }
    let ids: Vec<_> = people.iter().map(|person| document_id(&issued, person, 1)).collect();
    let answers: Vec<_> = ids.iter().map(|id| (id.as_str(), "returned", "AC04", "10:00:00")).collect();
    finance(&mut app, &answers);
    let (decided, sms) = (app.decisions(), app.sms());
    for person in &people {
        expect(&decided, person, DEED, "WAITING", &["PAYMENT_RETURNED"]);
        assert!(written_to(&sms, person, "payment_returned").is_empty());
    }
    app.finish();
}

/// "Of a document's outcomes the latest `at` (then the later in the topic) speaks."
#[test]
fn the_latest_answer_of_finance_counts() {
    let (mut app, people, issued) = paid_people(2);
    let [late, tie] = &people[..] else { panic!() };
    let (one, two) = (document_id(&issued, late, 1), document_id(&issued, tie, 1));
    finance(&mut app, &[(&one, "paid", "", "12:00:00"), (&one, "returned", "AC04", "11:00:00")]);
    finance(&mut app, &[(&two, "accepted", "", "11:00:00"), (&two, "returned", "AC04", "11:00:00")]);
    let answers = app.decisions();
    expect(&answers, late, DEED, "APPROVED", &[]);
    expect(&answers, tie, DEED, "WAITING", &["PAYMENT_RETURNED"]);
    finance(&mut app, &[(&two, "paid", "", "12:00:00")]);
    expect(&app.decisions(), tie, DEED, "APPROVED", &[]);
    let states = app.query("SELECT DISTINCT state FROM documents");
    assert_eq!(states, [["paid"]]);
    app.finish();
}

/// "`AM05` (duplicate, also as `DUPL`) never reissues: it opens a case `payment`; so does `paid` for an older attempt, and the person's
/// death where the document is returned (whichever came first); neither changes the decision."
#[test]
fn returns_that_a_person_must_judge() {
    let (mut app, people, issued) = paid_people(5);
    let [twice, older, dead, died, dupl] = &people[..] else { panic!() };
    let ids: Vec<_> = people.iter().map(|person| document_id(&issued, person, 1)).collect();
    let deceased = |person: &Person| person.with(|p| p.deceased_on = "1404-07-25".to_owned());
    profile(&mut app, &deceased(died));
    finance(
        &mut app,
        &[
            (&ids[0], "returned", "AM05", "10:00:00"),
            (&ids[1], "returned", "AC04", "10:00:00"),
            (&ids[2], "returned", "AC04", "10:00:00"),
            (&ids[3], "returned", "AC04", "10:00:00"),
            (&ids[4], "returned", "DUPL", "10:00:00"),
        ],
    );
    profile(&mut app, &deceased(dead));
    let answers = app.decisions();
    expect(&answers, twice, DEED, "APPROVED", &[]);
    expect(&answers, dupl, DEED, "APPROVED", &[]);
    expect(&answers, dead, DEED, "WAITING", &["PAYMENT_RETURNED"]);
    expect(&answers, died, DEED, "WAITING", &["PAYMENT_RETURNED"]);
    for person in &people {
        profile(&mut app, &person.with(|p| p.sheba = sheba(80 + person.branch.parse::<u32>().unwrap())));
    }
    profile(&mut app, &deceased(dead).with(|person| person.sheba = sheba(90)));
    profile(&mut app, &deceased(died).with(|person| person.sheba = sheba(91)));
    app.set_today("1404-09-01");
    app.close("1404-08");
    finance(&mut app, &[(&ids[1], "paid", "", "12:00:00")]);
    let issued = app.documents();
    assert_eq!(people.iter().map(|person| paid(&issued, person).len()).collect::<Vec<_>>(), [1, 2, 1, 1, 1]);
    expect(&app.decisions(), older, DEED, "APPROVED", &[]);
    let cases = app.cases();
    let own_cases = |person: &Person| {
        let own = cases.iter().filter(|case| case["national_code"] == person.code());
        own.map(|case| (case["kind"].as_str().unwrap(), case["document_id"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    for (person, id) in people.iter().zip(&ids) {
        assert_eq!(own_cases(person), [("payment", id.as_str())], "{cases:#?}");
    }
    assert_eq!(app.json(&["status"])["open_cases_count"], 5);
    app.finish();
}

/// "A document without an answer after 10 days (a setting) is unanswered: listed, counted, […]; never sent again by
/// itself."
#[test]
fn a_document_without_an_answer_is_listed() {
    let (mut app, people, issued) = paid_people(2);
    let first = document_id(&issued, &people[0], 1);
    app.set_today("1404-08-10");
    assert_eq!(app.json(&["status"])["unanswered_count"], 0);
    app.set_today("1404-08-12");
    assert_eq!(app.json(&["status"])["unanswered_count"], 2);
    finance(&mut app, &[(&first, "accepted", "", "10:00:00")]);
    app.settle();
    let status = app.json(&["status"]);
    let other = document_id(&issued, &people[1], 1);
    assert_eq!(
        (&status["unanswered_count"], &status["unanswered"][0]["document_id"]),
        (&1.into(), &other.into())
    );
    app.set_today("1404-09-01");
    app.close("1404-08");
    assert_eq!(app.documents().len(), 2);
    app.finish();
}
