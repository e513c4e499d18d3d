//! One valid row of each kind, and one row for each reason to reject a row.

use super::sample_row::sample_row;
use super::{FileKind, FileRow, RowData, RowFault, RowLimits, RowReader, escaped};
use crate::ident::{Mobile, NationalCode, Sheba};
use crate::wire::Input;
use crate::wire::insured_records_v1::PersonChanged;

fn code(nine: u32) -> String {
    NationalCode::with_check_digit(nine).unwrap().to_string()
}

/// The code with a wrong check digit.
fn bad_code(nine: u32) -> String {
    let mut text = code(nine);
    let last = text.pop().unwrap().to_digit(10).unwrap();
    format!("{text}{}", (last + 1) % 10)
}

const ISSUED: &str = "c2a94e70-1d36-5f8b-8e52-64b0f9d3a718";

/// A valid row of a kind, as (column, field) pairs.
fn good(kind: FileKind) -> Vec<(&'static str, String)> {
    let husband = code(123_456_789);
    let wife = code(7_654_321);
    let is_answer = matches!(kind, FileKind::PaymentOutcomes | FileKind::DeliveryReports);
    let id = if is_answer { ISSUED } else { "R1" };
    let fields = sample_row(kind.as_str(), id, &husband, &wife);
    kind.columns().into_iter().zip(fields.into_iter().map(str::to_owned)).collect()
}

/// The business date of these tests, and ten o'clock on it.
fn limits() -> RowLimits {
    RowLimits { today: "1404-08-20".parse().unwrap(), now: "2025-11-11T06:30:00Z".parse().unwrap() }
}

fn read(kind: FileKind, row: &[(&str, String)]) -> Result<FileRow, RowFault> {
    let header: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
    let fields: Vec<&str> = row.iter().map(|(_, text)| text.as_str()).collect();
    let csv = format!("{}\n{}\n", header.join(","), fields.join(","));
    RowReader::new(kind, limits(), csv.as_bytes()).unwrap().next_row().unwrap().unwrap()
}

fn with(kind: FileKind, changes: &[(&str, &str)]) -> Result<FileRow, RowFault> {
    let mut row = good(kind);
    for (column, text) in changes {
        row.iter_mut().find(|(name, _)| name == column).unwrap().1 = (*text).to_owned();
    }
    read(kind, &row)
}

#[track_caller]
fn rejected(kind: FileKind, changes: &[(&str, &str)], field: &str, reason: &str) {
    let fault = with(kind, changes).unwrap_err();
    let value = changes.iter().find(|(column, _)| *column == field).map(|(_, text)| *text);
    assert_eq!((fault.line, fault.field, fault.reason), (2, field, reason));
    if let Some(value) = value {
        assert_eq!(fault.value, escaped(value, 100));
    }
}

use FileKind::{
    DeliveryReports, EarlierPayments, Employments, Marriages, PaymentOutcomes, Persons, SelfRegistrations,
    Wages,
};

#[test]
fn valid_rows_are_read_in_any_order_of_columns() {
    for kind in FileKind::ALL {
        let row = good(*kind);
        let straight = read(*kind, &row).unwrap();
        assert_eq!(straight.line, 2);
        let reversed: Vec<_> = row.into_iter().rev().collect();
        assert_eq!(read(*kind, &reversed).unwrap(), straight);
    }
}

#[test]
fn an_empty_field_is_missing_unless_it_may_be_empty() {
    let may_be_empty = [
        "deceased_on",
        "sheba",
        "sheba_owner",
        "mobile",
        "mobile_owner",
        "ended_on",
        // A foreigner has no code; a person reviews the other spouse's claim.
        "husband_national_code",
        "wife_national_code",
    ];
    for kind in FileKind::ALL {
        for column in kind.columns() {
            let read = with(*kind, &[(column, "")]);
            match read {
                Ok(_) => assert!(may_be_empty.contains(&column), "{column}"),
                Err(fault) => {
                    assert_eq!((fault.field, fault.reason), (column, "missing"));
                    assert!(!may_be_empty.contains(&column), "{column}");
                }
            }
        }
    }
}

#[test]
fn fields_that_may_be_empty_depend_on_the_row() {
    for kind in ["acknowledgement", "none"] {
        assert!(with(Marriages, &[("office_kind", kind), ("office_code", ""), ("deed_number", "")]).is_ok());
    }
    rejected(Marriages, &[("office_kind", "consulate"), ("deed_number", "")], "deed_number", "missing");
    let foreigner = [
        ("wife_national_code", ""),
        ("wife_given_name", ""),
        ("wife_family_name", ""),
        ("wife_birth_date", ""),
    ];
    assert!(with(Marriages, &foreigner).is_ok());
    assert!(with(PaymentOutcomes, &[("outcome", "paid"), ("code", "")]).is_ok());
}

#[test]
fn dates_must_exist() {
    for (kind, column, text, why) in [
        (Marriages, "deed_date", "1404-12-30", "no_such_date"),
        (Marriages, "registered_on", "1404-7-20", "wrong_form"),
        (Marriages, "husband_birth_date", "1375-13-01", "no_such_date"),
        (Persons, "deceased_on", "1404-00-01", "no_such_date"),
        (Employments, "started_on", "1398-07-31", "no_such_date"),
        (Wages, "month", "1403-13", "no_such_date"),
        (EarlierPayments, "paid_on", "soon", "wrong_form"),
        (SelfRegistrations, "submitted_at", "2025-02-30T12:00:00Z", "no_such_date"),
        (PaymentOutcomes, "at", "2025-11-01T09:00:00", "no_offset"),
        (DeliveryReports, "at", "1404-08-10", "wrong_form"),
    ] {
        rejected(kind, &[(column, text)], column, why);
    }
    assert!(with(Marriages, &[("husband_birth_date", "1403-12-30")]).is_ok());
}

#[test]
fn codes_are_padded_then_checked() {
    let bad = bad_code(123_456_789);
    rejected(Marriages, &[("husband_national_code", &bad)], "husband_national_code", "bad_check_digit");
    rejected(Persons, &[("national_code", &bad)], "national_code", "bad_check_digit");
    rejected(SelfRegistrations, &[("spouse_national_code", &bad)], "spouse_national_code", "bad_check_digit");
    rejected(Wages, &[("national_code", "1234567")], "national_code", "not_a_code");
    rejected(Wages, &[("national_code", "A234567890")], "national_code", "not_a_code");
    rejected(Persons, &[("insurance_number", "12345678901")], "insurance_number", "not_a_code");
    let short = code(12_345_678);
    let FileRow { data: RowData::Wage(national_code, _), .. } =
        with(Wages, &[("national_code", &short[1..])]).unwrap()
    else {
        panic!("expected a wage row")
    };
    assert_eq!(national_code.to_string(), short);
}

#[test]
fn only_codes_of_the_contract_are_accepted() {
    for (kind, column) in [
        (Marriages, "status"),
        (Marriages, "office_kind"),
        (Marriages, "permanence"),
        (Persons, "sheba_owner"),
        (Persons, "mobile_owner"),
        (Employments, "insurance_type"),
        (Wages, "insurance_type"),
        (SelfRegistrations, "first_marriage_undertaking"),
        (PaymentOutcomes, "outcome"),
        (DeliveryReports, "status"),
    ] {
        rejected(kind, &[(column, "perhaps")], column, "unknown_word");
    }
}

#[test]
fn gateway_statuses_are_mapped_to_two() {
    for word in ["undelivered", "blocked", "rejected", "expired", "failed", "delivered"] {
        let FileRow { data: RowData::Event(Input::Delivery(status, _)), .. } =
            with(DeliveryReports, &[("status", word)]).unwrap()
        else {
            panic!("expected a delivery report")
        };
        assert_eq!(status.as_str(), if word == "delivered" { word } else { "failed" });
    }
    for word in ["queued", "sent", "accepted"] {
        rejected(DeliveryReports, &[("status", word)], "status", "not_final");
    }
}

#[test]
fn the_id_of_an_answer_is_a_uuid_in_lower_case() {
    let mixed = format!("C2A94e70{}", &ISSUED[8..]);
    for written in [ISSUED, &ISSUED.to_ascii_uppercase(), &mixed, &format!(" {ISSUED} ")] {
        for (kind, column) in [(PaymentOutcomes, "document_id"), (DeliveryReports, "sms_id")] {
            let FileRow { data: RowData::Event(input), .. } = with(kind, &[(column, written)]).unwrap()
            else {
                panic!("expected an event")
            };
            assert_eq!(input.key(), ISSUED, "{written}");
        }
    }
    let others =
        [format!("{{{ISSUED}}}"), format!("urn:uuid:{ISSUED}"), ISSUED.replace('-', ""), "D1".to_owned()];
    for other in others {
        rejected(PaymentOutcomes, &[("document_id", &other)], "document_id", "wrong_form");
        rejected(DeliveryReports, &[("sms_id", &other)], "sms_id", "wrong_form");
    }
}

#[test]
fn numbers_are_whole_and_not_negative() {
    for (kind, column) in [
        (Marriages, "record_version"),
        (Marriages, "wife_earlier_marriages"),
        (Wages, "days"),
        (Wages, "insurable_rial"),
        (EarlierPayments, "amount_rial"),
    ] {
        rejected(kind, &[(column, "-1")], column, "negative");
        for text in ["1.5", "+1", "x", "1.23E+09"] {
            rejected(kind, &[(column, text)], column, "not_a_number");
        }
        rejected(kind, &[(column, "99999999999999999999")], column, "too_large");
    }
    assert!(with(Wages, &[("days", "45")]).is_ok(), "days above the month's length are valid");
    assert!(with(Wages, &[("days", "0"), ("insurable_rial", "0")]).is_ok());
}

#[test]
fn rules_that_span_columns() {
    rejected(Employments, &[("ended_on", "1398-04-25")], "ended_on", "ended_before_start");
    assert!(with(Employments, &[("ended_on", "1398-04-26")]).is_ok());
    rejected(Marriages, &[("deed_date", "1404-07-21")], "deed_date", "deed_after_registered");
    assert!(with(Marriages, &[("deed_date", "1404-07-20")]).is_ok());
    let same = code(123_456_789);
    rejected(Marriages, &[("wife_national_code", &same)], "wife_national_code", "same_spouses");
    rejected(SelfRegistrations, &[("spouse_national_code", &same)], "spouse_national_code", "same_spouses");
    rejected(SelfRegistrations, &[("spouse_national_code", "")], "spouse_national_code", "missing");
    let no_codes = [("husband_national_code", ""), ("wife_national_code", "")];
    rejected(Marriages, &no_codes, "husband_national_code", "no_spouse");
}

#[test]
fn the_first_fault_in_column_order_is_reported() {
    let faults = [("wife_earlier_marriages", "-1"), ("status", "lost"), ("deed_date", "x")];
    rejected(Marriages, &faults, "status", "unknown_word");
    rejected(
        Marriages,
        &[("deed_date", "1404-07-21"), ("registered_on", "x")],
        "registered_on",
        "wrong_form",
    );
}

#[test]
fn text_is_normalised_and_must_be_text() {
    let changes = [
        ("given_name", " علي  رضا "),
        ("family_name", "كياني"),
        ("birth_date", "۱۳۷۵-۱۲-۳۰"),
        ("sheba", "IR93 0180 0587"),
    ];
    let FileRow { data: RowData::Event(Input::Person(person)), .. } = with(Persons, &changes).unwrap() else {
        panic!("expected a person")
    };
    assert_eq!((person.given_name.as_str(), person.family_name.as_str()), ("علی رضا", "کیانی"));
    assert_eq!(person.birth_date.to_string(), "1375-12-30");
    assert_eq!(person.insurance_number.as_str(), "0012345678");
    assert_eq!(person.sheba.as_deref(), Some("IR93 0180 0587"), "a malformed Sheba does not reject the row");
    rejected(Persons, &[("family_name", "a\u{1}b")], "family_name", "not_text");
    rejected(Persons, &[("family_name", &"x".repeat(201))], "family_name", "too_long");
}

#[test]
fn a_malformed_account_or_mobile_number_does_not_reject_a_row() {
    let good = "IR820540102680020817909002";
    let padded = format!("{good}{}", "x".repeat(200));
    for written in ["\u{1}", "\u{7f}09123456789", &format!("{good}\u{0}"), &padded, &"۰".repeat(1000)] {
        let changes = [("sheba", written), ("mobile", written)];
        let FileRow { data: RowData::Event(Input::Person(person)), .. } = with(Persons, &changes).unwrap()
        else {
            panic!("expected a person")
        };
        assert!(person.sheba.as_ref().unwrap().parse::<Sheba>().is_err(), "malformed stays malformed");
        assert!(person.mobile.as_ref().unwrap().parse::<Mobile>().is_err(), "malformed stays malformed");
        // The value can be part of a message.
        let text = serde_json::to_string(&person).unwrap();
        assert_eq!(serde_json::from_str::<PersonChanged>(&text).unwrap(), *person);
    }
}
