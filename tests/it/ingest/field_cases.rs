//! Inputs after public reports of people who publish such files, through the whole service: what is read from them, and
//! what is paid. The faults of files as such are in `contract::file_faults`.

use peyvand::wire::files::FileKind as K;
use serde_json::json;

use crate::fixtures::couples::person_data;
use crate::fixtures::population::{
    FLOOR, Person, document, document_id, expect, insured, marriage, marriages, married, person, profile,
};
use crate::harness::TestApp;

const DEED: &str = "1404-05-20";

/// A row of the registry for this person, with its first field and the two behind it replaced.
fn registry_row(record_id: &str, version: &str, husband: &Person, wife: u32) -> String {
    let row = marriage(record_id, DEED, husband, &person(wife)).row();
    row.replacen(",1,", &format!(",{version},"), 1)
}

/// A spreadsheet drops the leading zeros of a workshop's code. The corrected list corrects, and adds nothing.
#[test]
fn a_code_without_its_leading_zeros_is_the_same_code() {
    let mut app = TestApp::start("1404-08-01");
    let worker = person(1);
    insured(&mut app, &[&worker], "1404-04");
    let short: Vec<_> = worker
        .months("1404-04", 24)
        .iter()
        .map(|row| row.replace(&format!("{:010}", 1), "1").replace("90000000", "95000000"))
        .collect();
    let receipt = app.publish_rows(K::Wages, &short);
    assert_eq!((&receipt["corrected"], &receipt["accepted"]), (&24.into(), &0.into()));
    marriages(&mut app, &[&marriage("R1", DEED, &worker, &person(500))]);
    app.close("1404-07");
    // Twice the months would be an average of 185 million.
    assert_eq!(document(&app.documents(), &worker, 1)["amount_rial"], FLOOR);
    app.finish();
}

/// Ids of the registry that differ only in the form of their digits are two records.
#[test]
fn ids_that_others_own_are_compared_byte_by_byte() {
    let mut app = TestApp::start("1404-08-01");
    let [one, other] = [person(1), person(2)];
    insured(&mut app, &[&one, &other], "1404-04");
    let rows = [registry_row("الف ۱۲", "1", &one, 501), registry_row("الف 12", "1", &other, 502)];
    assert_eq!(app.publish_rows(K::Marriages, &rows)["accepted"], 2);
    app.close("1404-07");
    assert_eq!(app.documents().len(), 2);
    app.finish();
}

#[test]
fn a_point_in_time_is_a_version() {
    let mut app = TestApp::start("1404-08-01");
    let husband = person(1);
    insured(&mut app, &[&husband], "1404-04");
    let rows = [registry_row("R1", "14040712101500", &husband, 501)];
    assert_eq!(app.publish_rows(K::Marriages, &rows)["accepted"], 1);
    let older = [registry_row("R1", "9", &husband, 502)];
    assert_eq!(app.publish_rows(K::Marriages, &older)["unchanged"], 1);
    app.close("1404-07");
    assert_eq!(app.documents().len(), 1);
    app.finish();
}

/// The last row of an upload lost its end, and with it the end of an employment. Nobody is paid by it.
#[test]
fn a_row_that_was_cut_off_is_not_read() {
    let mut app = TestApp::start("1404-08-01");
    let [whole, cut] = [person(1), person(2)];
    app.publish_rows(K::Persons, &[whole.row(), cut.row()]);
    let wages: Vec<_> = [&whole, &cut].iter().flat_map(|person| person.months("1404-04", 48)).collect();
    app.publish_rows(K::Wages, &wages);
    let rows = [whole.employment("1394-01-01", ""), cut.employment("1394-01-01", "1404-01-31")];
    let text = K::Employments.columns().join(",") + "\n" + &rows.join("\n");
    let receipt = app.publish(K::Employments, text.strip_suffix(",1404-01-31").unwrap());
    assert_eq!(receipt["rejected"]["wrong_number_of_fields"], 1);
    assert_eq!(receipt["unterminated"], true);
    marriages(
        &mut app,
        &[&marriage("R1", DEED, &whole, &person(501)), &marriage("R2", DEED, &cut, &person(502))],
    );
    app.close("1404-07");
    let documents = app.documents();
    assert_eq!((documents.len(), &documents[0]["national_code"]), (1, &whole.code().into()));
    app.finish();
}

/// A main list and a supplementary list of one month: the later row replaces the earlier one.
#[test]
fn a_wage_list_carries_the_whole_month() {
    let mut app = TestApp::start("1404-08-01");
    let worker = person(1);
    insured(&mut app, &[&worker], "1404-04");
    let rows = [worker.wage("1404-01", 20, 60_000_000), worker.wage("1404-01", 10, 30_000_000)];
    assert_eq!(app.publish_rows(K::Wages, &rows)["corrected"], 2);
    app.finish();
}

/// Invisible characters in an account and a mobile number do not spoil them.
#[test]
fn invisible_characters_in_numbers_are_dropped() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..5);
    for (each, mark) in people.iter().zip(['\u{fe0f}', '\u{200c}', '\u{ad}', '\u{2011}']) {
        let written = each.with(|person| {
            person.sheba.insert(4, mark);
            person.mobile.insert(4, mark);
        });
        profile(&mut app, &written);
    }
    let decided = app.decisions();
    people.iter().for_each(|person| expect(&decided, person, DEED, "APPROVED", &[]));
    app.close("1404-07");
    assert_eq!(app.documents().len(), people.len());
    app.finish();
}

/// A Sheba in small letters, from a file and from an event, is paid in capitals.
#[test]
fn a_sheba_in_small_letters_is_paid_in_capitals() {
    let mut app = TestApp::start("1404-08-01");
    let mut people = [person(1), person(2)];
    insured(&mut app, &[&people[0], &people[1]], "1404-04");
    let accounts = people.each_ref().map(|person| person.sheba.clone());
    for person in &mut people {
        person.sheba = person.sheba.to_lowercase();
    }
    profile(&mut app, &people[0]);
    let code = people[1].code();
    let mut record = person_data(&code, Some(&people[1].sheba));
    record["family_name"] = people[1].family_name.as_str().into();
    record["birth_date"] = people[1].birth_date.as_str().into();
    app.raw().event("insured.records.v1", &code, "insured.person.changed", "small letters", &record);
    marriages(
        &mut app,
        &[&marriage("R1", DEED, &people[0], &person(501)), &marriage("R2", DEED, &people[1], &person(502))],
    );
    app.close("1404-07");
    let issued = app.documents();
    for (person, account) in people.iter().zip(&accounts) {
        assert_eq!(document(&issued, person, 1)["sheba"], account.as_str());
    }
    app.finish();
}

/// Ids of an event are compared byte by byte: capitals in its key or its data are not the id that was issued.
#[test]
fn an_answer_whose_key_is_not_in_lower_case_is_a_dead_letter() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..2);
    app.close("1404-07");
    let issued = document_id(&app.documents(), &people[0], 1);
    let capitals = issued.to_uppercase();
    let answer = |key: &str, id: &str| {
        let data =
            json!({"document_id": id, "outcome": "paid", "code": null, "at": "2025-10-23T09:00:00+03:30"});
        app.raw().event(
            "finance.payment-outcomes.v1",
            key,
            "finance.document.paid",
            &format!("{key} {id}"),
            &data,
        );
    };
    for (key, id) in [(&capitals, &capitals), (&capitals, &issued), (&issued, &capitals)] {
        answer(key, id);
    }
    app.settle();
    assert_eq!(app.value("SELECT string_agg(reason, ' ') FROM dead_letters"), ["key_mismatch"; 3].join(" "));
    assert_eq!(app.value("SELECT count(*) FROM payment_outcomes"), "0");
    answer(&issued, &issued);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM payment_outcomes"), "1");
    app.finish();
}

/// Finance writes ids in capitals, and a Solar year into an instant. The id is found; the instant is rejected, so a
/// later answer still counts.
#[test]
fn answers_of_finance_in_other_forms() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..3);
    app.close("1404-07");
    let issued = app.documents();
    let [first, second] = [1, 2].map(|nth| document_id(&issued, &people[nth - 1], 1));
    let rows = [
        format!("{},returned,AC04,2025-10-23T09:00:00+03:30", first.to_uppercase()),
        format!("{second},accepted,,2025-10-23T09:00:00+03:30"),
        format!("{second},returned,AC04,1404-08-01T12:00:00+03:30"),
    ];
    let receipt = app.publish_rows(K::PaymentOutcomes, &rows);
    assert_eq!((&receipt["accepted"], &receipt["rejected"]["implausible_instant"]), (&2.into(), &1.into()));
    app.publish_rows(K::PaymentOutcomes, &[format!("{second},returned,AC04,2025-10-23T10:00:00+03:30")]);
    let decided = app.decisions();
    people.iter().for_each(|person| expect(&decided, person, DEED, "WAITING", &["PAYMENT_RETURNED"]));
    app.finish();
}

/// A registry that annuls the second record of one marriage does not end the marriage.
#[test]
fn an_annulled_duplicate_row_does_not_count() {
    let mut app = TestApp::start("1404-08-01");
    let husband = person(1);
    insured(&mut app, &[&husband], "1404-04");
    let first = marriage("R1", DEED, &husband, &person(501));
    let mut double = marriage("R2", DEED, &husband, &person(501));
    double.status = "annulled";
    double.registered_on = "1404-06-01".to_owned();
    marriages(&mut app, &[&first, &double]);
    app.close("1404-07");
    assert_eq!(app.documents().len(), 1);
    app.finish();
}

/// A file that was received as one kind is not received as another.
#[test]
fn a_file_of_another_kind_is_named() {
    let mut app = TestApp::start("1404-08-01");
    let header = "sms_id,document_id,outcome,status,code,at";
    let path = app.write(K::DeliveryReports, &format!("{header}\n"));
    app.publish_file(K::DeliveryReports, &path);
    let error = app.refused(&["publish", "payment-outcomes", path.to_str().unwrap()]);
    assert!(error.contains("received as delivery-reports"), "{error}");
    app.finish();
}
