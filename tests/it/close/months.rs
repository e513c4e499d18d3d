//! Several consecutive months, through the real pipeline.

use peyvand::wire::files::FileKind as K;
use serde_json::Value;

use crate::fixtures::population::{
    FLOOR, Marriage, Person, document, expect, insured, marriage, marriages, paid, person, profile,
};
use crate::harness::TestApp;

const DEED: &str = "1404-05-20";

/// A husband who is eligible unless a test changes him, and an uninsured wife, married on `DEED`.
fn couple(number: u32) -> (Person, Marriage) {
    let (husband, wife) = (person(number), person(number + 500));
    let row = marriage(&format!("R{number}"), DEED, &husband, &wife);
    (husband, row)
}

fn months_of(issued: &[Value], person: &Person) -> Vec<String> {
    paid(issued, person).into_iter().map(|(_, month)| month).collect()
}

/// With a late wage list a claim is pending at the first close, approved when the list arrives, and paid by the next
/// close. If the list never arrives, a close refuses the claim once the list can no longer arrive.
#[test]
fn late_lists() {
    let mut app = TestApp::start("1404-06-01");
    let (late, row) = couple(1);
    let (never, other) = couple(2);
    let (cut, third) = couple(3);
    for person in [&late, &never] {
        app.publish_rows(K::Persons, &[person.row()]);
        app.publish_rows(K::Employments, &[person.employment("1394-01-01", "")]);
        // 701 days before Mordad. The 19 days of Mordad before the deed date are just enough.
        let mut months = person.months("1404-04", 23);
        months.push(person.wage("1402-05", 1, 3_000_000));
        app.publish_rows(K::Wages, &months);
    }
    // Enough days, but the employment record arrives with the list.
    app.publish_rows(K::Persons, &[cut.row()]);
    app.publish_rows(K::Wages, &cut.months("1404-04", 48));
    marriages(&mut app, &[&row, &other, &third]);
    app.close("1404-05");
    let answers = app.decisions();
    for person in [&late, &never, &cut] {
        expect(&answers, person, DEED, "PENDING", &["AWAITING_WAGE_LIST"]);
    }
    assert!(app.documents().is_empty());
    app.set_today("1404-06-20");
    app.publish_rows(K::Wages, &[late.wage("1404-05", 31, 90_000_000)]);
    app.publish_rows(K::Employments, &[cut.employment("1404-05-01", "1404-05-20")]);
    let answers = app.decisions();
    expect(&answers, &late, DEED, "APPROVED", &[]);
    expect(&answers, &cut, DEED, "APPROVED", &[]);
    assert_eq!(answers.only(&late.code())["working"]["days"], 720);
    app.set_today("1404-07-01");
    // A fact that no rule reads decides nothing, even if days have passed.
    profile(&mut app, &never.with(|person| person.branch = "0999".to_owned()));
    expect(&app.decisions(), &never, DEED, "PENDING", &["AWAITING_WAGE_LIST"]);
    app.close("1404-06");
    expect(&app.decisions(), &never, DEED, "REFUSED", &["INSUFFICIENT_CONTRIBUTION_DAYS"]);
    let issued = app.documents();
    assert_eq!(
        (months_of(&issued, &late), months_of(&issued, &cut)),
        (vec!["1404-06".to_owned()], vec!["1404-06".to_owned()])
    );
    assert!(months_of(&issued, &never).is_empty());
    app.finish();
}

type Couple = (Person, Marriage);

/// Eight couples, each named after what happens to it.
struct Year {
    paid_first: Couple,
    account: Couple,
    corrected: Couple,
    annulled: Couple,
    divorced: Couple,
    earlier: Couple,
    stranger: Couple,
    moved: Couple,
}

/// Corrections, annulments, accounts, earlier payments and late records over three closes.
#[test]
fn three_months_in_a_row() {
    let mut app = TestApp::start("1404-06-01");
    let year = Year {
        paid_first: couple(10),
        account: couple(11),
        corrected: couple(12),
        annulled: couple(13),
        divorced: couple(14),
        earlier: couple(15),
        stranger: couple(16),
        moved: couple(17),
    };
    mordad(&mut app, &year);
    shahrivar_and_mehr(&mut app, &year);
    let issued = app.documents();
    for ((person, _), month) in [
        (&year.paid_first, "1404-05"),
        (&year.divorced, "1404-05"),
        (&year.moved, "1404-05"),
        (&year.account, "1404-06"),
        (&year.corrected, "1404-06"),
        (&year.stranger, "1404-07"),
    ] {
        assert_eq!(months_of(&issued, person), [month]);
        assert_eq!(document(&issued, person, 1)["amount_rial"], FLOOR);
    }
    assert_eq!(issued.len(), 6);
    every_decision_is_recomputed(&app);
    a_report_counts_them(&app);
    app.finish();
}

fn mordad(app: &mut TestApp, year: &Year) {
    let Year { paid_first, account, corrected, annulled, divorced, earlier, stranger, moved } = year;
    let without = account.0.with(|person| person.sheba.clear());
    let others = [paid_first, corrected, annulled, divorced, earlier, moved].map(|couple| &couple.0);
    insured(app, &[&others[..], &[&without]].concat(), "1404-04");
    app.publish_rows(K::EarlierPayments, &[format!("{},1390-01-01,5000000,0101", earlier.0.code())]);
    let all = [paid_first, account, corrected, annulled, divorced, earlier, stranger, moved]
        .map(|couple| &couple.1);
    marriages(app, &all);
    let second = corrected.1.corrected(|row| row.earlier_marriages = 1);
    marriages(app, &[&second, &annulled.1.corrected(|row| row.status = "annulled")]);
    marriages(app, &[&divorced.1.corrected(|row| row.status = "divorced")]);
    app.close("1404-05");
    let answers = app.decisions();
    for (couple, outcome, grounds) in [
        (paid_first, "APPROVED", &[][..]),
        (account, "WAITING", &["NO_VALID_ACCOUNT"]),
        (corrected, "REFUSED", &["NOT_FIRST_MARRIAGE"]),
        (annulled, "MANUAL_REVIEW", &["MARRIAGE_ANNULLED"]),
        (divorced, "APPROVED", &[]),
        (earlier, "REFUSED", &["ALREADY_PAID"]),
    ] {
        expect(&answers, &couple.0, DEED, outcome, grounds);
    }
    let none = answers.of(&stranger.0.code()).is_empty();
    assert!(none, "a row about an uninsured person makes no claim");
}

fn shahrivar_and_mehr(app: &mut TestApp, year: &Year) {
    app.set_today("1404-07-01");
    profile(app, &year.account.0);
    let mut first = year.corrected.1.clone();
    first.version = 3;
    let elsewhere = year.moved.1.corrected(|row| row.deed_date = "1404-05-21".to_owned());
    marriages(app, &[&first, &elsewhere]);
    app.close("1404-06");
    expect(&app.decisions(), &year.moved.0, "1404-05-21", "REFUSED", &["ALREADY_PAID"]);
    app.set_today("1404-08-01");
    insured(app, &[&year.stranger.0], "1404-04");
    expect(&app.decisions(), &year.stranger.0, DEED, "APPROVED", &[]);
    app.close("1404-07");
}

/// Both spouses are paid if both meet the conditions (Art. 85, Note 2). Each is judged separately.
#[test]
fn both_spouses_are_paid_and_judged_apart() {
    let mut app = TestApp::start("1404-08-01");
    let (husband, wife) = (person(1), person(2));
    insured(&mut app, &[&husband, &wife], "1404-04");
    let mut row = marriage("R1", DEED, &husband, &wife);
    row.earlier_marriages = 1;
    marriages(&mut app, &[&row]);
    let answers = app.decisions();
    expect(&answers, &husband, DEED, "REFUSED", &["NOT_FIRST_MARRIAGE"]);
    expect(&answers, &wife, DEED, "APPROVED", &[]);
    marriages(&mut app, &[&row.corrected(|row| row.earlier_marriages = 0)]);
    app.close("1404-07");
    assert_eq!(app.documents().len(), 2);
    app.finish();
}

/// "`recompute`: the decision again from its stored inputs and table versions: equal byte for byte"
fn every_decision_is_recomputed(app: &TestApp) {
    let ids = app.query("SELECT decision_id FROM decisions ORDER BY random() LIMIT 25");
    assert!(ids.len() > 10);
    for id in ids.iter().flatten() {
        assert_eq!(app.json(&["recompute", id])["equal"], true, "{id}");
    }
}

/// "`report --month`: figures per province and branch"
fn a_report_counts_them(app: &TestApp) {
    let report = app.json(&["report", "--month", "1404-06"]);
    let total = &report["total"];
    assert_eq!((&total["paid"], &total["paid_rial"]), (&2.into(), &(2 * FLOOR).into()), "{report:#}");
    assert_eq!(total["refused_by_ground"]["ALREADY_PAID"], 2, "{report:#}");
    assert_eq!((&total["under_review"], &total["waiting"]), (&1.into(), &0.into()), "{report:#}");
}
