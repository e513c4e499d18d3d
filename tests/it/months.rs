//! Several months in a row, through the real pipeline.

use peyvand::wire::files::FileKind as K;

use crate::app::TestApp;
use crate::town::{
    FLOOR, Marriage, Person, document, expect, insured, marriage, marriages, paid, person, profile,
};

const DEED: &str = "1404-05-20";

/// A sound husband (unless made otherwise later) and a wife whom we do not insure, married on `DEED`.
fn couple(number: u32) -> (Person, Marriage) {
    let (husband, wife) = (person(number), person(number + 500));
    let row = marriage(&format!("R{number}"), DEED, &husband, &wife);
    (husband, row)
}

fn months_of(app: &TestApp, person: &Person) -> Vec<String> {
    paid(app, person).into_iter().map(|(_, month)| month).collect()
}

/// A list that comes late: pending at the first close, approved when it comes, paid by the next; one that never comes is
/// refused once it can come no more, by a close alone.
#[test]
fn late_lists() {
    let mut app = TestApp::start("1404-06-01");
    let (late, row) = couple(1);
    let (never, other) = couple(2);
    let (cut, third) = couple(3);
    for person in [&late, &never] {
        app.publish_rows(K::Persons, &[person.row()]);
        app.publish_rows(K::Employments, &[person.employment("1394-01-01", "")]);
        // 701 days before Mordad; the 19 days of it before the deed are just enough.
        let mut months = person.months("1404-04", 23);
        months.push(person.wage("1402-05", 1, 3_000_000));
        app.publish_rows(K::Wages, &months);
    }
    // Days enough, but the employment's record comes with the list.
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
    expect(
        &app.decisions(),
        &never,
        DEED,
        "REFUSED",
        &["INSUFFICIENT_CONTRIBUTION_DAYS"],
    );
    assert_eq!(
        (months_of(&app, &late), months_of(&app, &cut)),
        (vec!["1404-06".to_owned()], vec!["1404-06".to_owned()])
    );
    assert!(months_of(&app, &never).is_empty());
    app.finish();
}

/// Corrections, annulments, accounts, earlier payments and late records, over three closes.
#[test]
fn three_months_in_a_row() {
    let mut app = TestApp::start("1404-06-01");
    let pairs: Vec<_> = (10..18).map(couple).collect();
    let [
        paid_first,
        account,
        corrected,
        annulled,
        divorced,
        earlier,
        stranger,
        moved,
    ] = &pairs[..]
    else {
        panic!()
    };
    let without = account.0.with(|person| person.sheba.clear());
    let known = [
        &paid_first.0,
        &without,
        &corrected.0,
        &annulled.0,
        &divorced.0,
        &earlier.0,
        &moved.0,
    ];
    insured(&mut app, &known, "1404-04");
    app.publish_rows(
        K::EarlierPayments,
        &[format!("{},1390-01-01,5000000,0101", earlier.0.code())],
    );
    let second_marriage = corrected.1.corrected(|row| row.earlier_marriages = 1);
    let rows: Vec<_> = pairs.iter().map(|(_, row)| row).collect();
    marriages(&mut app, &rows);
    marriages(
        &mut app,
        &[
            &second_marriage,
            &annulled.1.corrected(|row| row.status = "annulled"),
        ],
    );
    marriages(&mut app, &[&divorced.1.corrected(|row| row.status = "divorced")]);
    app.close("1404-05");
    let answers = app.decisions();
    expect(&answers, &paid_first.0, DEED, "APPROVED", &[]);
    expect(&answers, &account.0, DEED, "WAITING", &["NO_VALID_ACCOUNT"]);
    expect(&answers, &corrected.0, DEED, "REFUSED", &["NOT_FIRST_MARRIAGE"]);
    expect(
        &answers,
        &annulled.0,
        DEED,
        "MANUAL_REVIEW",
        &["MARRIAGE_ANNULLED"],
    );
    expect(&answers, &divorced.0, DEED, "APPROVED", &[]);
    expect(&answers, &earlier.0, DEED, "REFUSED", &["ALREADY_PAID"]);
    assert!(
        answers.of(&stranger.0.code()).is_empty(),
        "a row about somebody we do not insure makes no claim"
    );

    app.set_today("1404-07-01");
    profile(&mut app, &account.0);
    marriages(
        &mut app,
        &[&second_marriage.corrected(|row| row.earlier_marriages = 0)],
    );
    let elsewhere = moved.1.corrected(|row| row.deed_date = "1404-05-21".to_owned());
    marriages(&mut app, &[&elsewhere]);
    app.close("1404-06");
    let answers = app.decisions();
    expect(&answers, &moved.0, "1404-05-21", "REFUSED", &["ALREADY_PAID"]);

    app.set_today("1404-08-01");
    insured(&mut app, &[&stranger.0], "1404-04");
    expect(&app.decisions(), &stranger.0, DEED, "APPROVED", &[]);
    app.close("1404-07");
    for (person, month) in [
        (&paid_first.0, "1404-05"),
        (&divorced.0, "1404-05"),
        (&moved.0, "1404-05"),
        (&account.0, "1404-06"),
        (&corrected.0, "1404-06"),
        (&stranger.0, "1404-07"),
    ] {
        assert_eq!(months_of(&app, person), [month]);
        assert_eq!(document(&app, person, 1)["amount_rial"], FLOOR);
    }
    assert_eq!(app.documents().len(), 6);
    every_decision_is_recomputed(&app);
    a_report_counts_them(&app);
    app.finish();
}

/// Both spouses, where both meet the conditions (Art. 85, Note 2), judged apart.
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
    assert_eq!(
        (&total["paid"], &total["paid_rial"]),
        (&2.into(), &(2 * FLOOR).into()),
        "{report:#}"
    );
    assert_eq!(total["refused_by_ground"]["ALREADY_PAID"], 2, "{report:#}");
    assert_eq!(
        (&total["under_review"], &total["waiting"]),
        (&1.into(), &0.into()),
        "{report:#}"
    );
}
