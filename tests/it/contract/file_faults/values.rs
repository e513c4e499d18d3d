//! Faults of single values, for every column of their form.

use peyvand::wire::files::{Column, ColumnForm as F};

use super::Expected::{Accepted, Rejected};
use super::FaultyFile;
use super::sample::{SampleFile, code};

/// A value, and the reason to reject it. None if it is read.
type Case = (&'static str, String, Option<&'static str>);

pub fn files(sample: &SampleFile) -> Vec<FaultyFile> {
    let mut files = Vec::new();
    for column in sample.forms() {
        let mut cases = cases(column.form);
        if !column.may_be_empty {
            cases.push(("an empty value", String::new(), Some("missing")));
            if column.form != F::OpaqueId && column.form != F::IssuedId {
                cases.push((
                    "only invisible characters",
                    "\u{200c}\u{3164}\u{ad}".to_owned(),
                    Some("missing"),
                ));
            }
        }
        files.extend(cases.into_iter().map(|case| file(sample, column, case)));
    }
    files
}

fn file(sample: &SampleFile, column: Column, (what, value, reason): Case) -> FaultyFile {
    let field =
        if value.contains(['"', ',']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value };
    let text = sample.with_second(&sample.second_with(column.name, &field));
    let expected = reason.map_or(Accepted, |reason| Rejected(vec![(3, reason)]));
    FaultyFile::new(format!("{}: {what}", column.name), text, expected)
}

fn case(what: &'static str, value: impl Into<String>, reason: &'static str) -> Case {
    (what, value.into(), Some(reason))
}

fn read(what: &'static str, value: impl Into<String>) -> Case {
    (what, value.into(), None)
}

fn cases(form: F) -> Vec<Case> {
    match form {
        F::OpaqueId => ids(),
        F::IssuedId => issued_ids(),
        F::Version => versions(),
        F::Word => vec![
            case("an unknown word", "perhaps", "unknown_word"),
            case("a number", "1", "unknown_word"),
            case("too many words", "registered married", "unknown_word"),
        ],
        F::SolarDate => dates(),
        F::SolarMonth => vec![
            case("slashes", "1403/12", "wrong_form"),
            case("one digit", "1403-1", "wrong_form"),
            case("a day", "1403-12-01", "wrong_form"),
            case("no such month", "1403-13", "no_such_date"),
            case("month zero", "1403-00", "no_such_date"),
        ],
        F::Instant => instants(),
        F::NationalCode => national_codes(),
        F::InsuranceNumber => vec![
            case("a float", "0005000075.0", "not_a_code"),
            case("letters", "12A4567890", "not_a_code"),
            case("too long", "12345678901", "not_a_code"),
            read("invisible characters", "0005\u{200d}000075\u{ad}"),
        ],
        F::PaddedDigits(width) => digits(width),
        F::Digits(max) => vec![
            case("a float", "123.0", "not_a_code"),
            case("letters", "12a", "not_a_code"),
            case("too long", "1".repeat(max + 1), "not_a_code"),
            read("Persian digits", "۱۲"),
        ],
        F::DeedNumber => deed_numbers(),
        F::Name => names(),
        F::Text | F::AsWritten => Vec::new(),
        F::Count => counts(),
        F::Rials => {
            let mut cases = counts();
            cases.push(case("separators", "150,000,000", "not_a_number"));
            cases.push(case("a currency", "100 ریال", "not_a_number"));
            cases
        }
        F::Boolean => vec![
            case("another word", "yes", "unknown_word"),
            case("a number", "1", "unknown_word"),
            case("capitals", "TRUE", "unknown_word"),
        ],
        F::Flag => vec![case("another word", "false", "unknown_word")],
    }
}

fn issued_ids() -> Vec<Case> {
    const ID: &str = "c2a94e70-1d36-5f8b-8e52-64b0f9d3a718";
    vec![
        read("lower case", ID),
        read("capitals", ID.to_ascii_uppercase()),
        read("mixed case", format!("C2A94E70{}", &ID[8..])),
        case("braces", format!("{{{ID}}}"), "wrong_form"),
        case("a URN", format!("urn:uuid:{ID}"), "wrong_form"),
        case("no hyphens", ID.replace('-', ""), "wrong_form"),
        case("hyphens elsewhere", "c2a94e701-d36-5f8b-8e52-64b0f9d3a718", "wrong_form"),
        case("another letter", format!("g{}", &ID[1..]), "wrong_form"),
        case("one digit less", &ID[1..], "wrong_form"),
        case("a number", "17", "wrong_form"),
        case("a control character", format!("{}\u{7f}", &ID[1..]), "not_text"),
    ]
}

fn dates() -> Vec<Case> {
    vec![
        case("slashes", "1380/07/05", "wrong_form"),
        case("one digit", "1380-7-5", "wrong_form"),
        case("two-digit year", "80-07-10", "wrong_form"),
        case("a time", "1380-07-05 10:00", "wrong_form"),
        case("a point", "1380.07.05", "wrong_form"),
        case("no separators", "13800705", "wrong_form"),
        case("a word", "soon", "wrong_form"),
        case("no such month", "1380-13-01", "no_such_date"),
        case("no such day", "1380-07-31", "no_such_date"),
        case("no leap year", "1404-12-30", "no_such_date"),
        case("day zero", "1380-07-00", "no_such_date"),
    ]
}

fn instants() -> Vec<Case> {
    vec![
        case("no offset", "2025-10-07T12:00:00", "no_offset"),
        case("a Solar year", "1404-08-04T12:00:00+03:30", "implausible_instant"),
        case("before 2000", "1999-12-31T23:59:59Z", "implausible_instant"),
        case("years ahead", "2035-01-01T00:00:00Z", "implausible_instant"),
        case("two days ahead", "2025-11-13T06:31:00Z", "implausible_instant"),
        case("a date", "2025-10-07", "wrong_form"),
        case("a space", "2025-10-07 12:00:00+03:30", "wrong_form"),
        case("a word", "now", "wrong_form"),
        case("no such day", "2025-02-30T12:00:00Z", "no_such_date"),
        read("an hour ahead", "2025-11-11T07:30:00Z"),
    ]
}

fn national_codes() -> Vec<Case> {
    let good = code(555_444_333);
    let last = (good[9..].parse::<u8>().unwrap() + 1) % 10;
    vec![
        case("a bad check digit", format!("{}{last}", &good[..9]), "bad_check_digit"),
        case("seven digits", "1234567", "not_a_code"),
        case("eleven digits", format!("{good}1"), "not_a_code"),
        case("a float", format!("{good}.0"), "not_a_code"),
        case("an exponent", "1.23E+09", "not_a_code"),
        case("an apostrophe", format!("'{good}"), "not_a_code"),
        case("a formula", format!("=\"{good}\""), "not_a_code"),
        case("letters", "A234567890", "not_a_code"),
        read("a ZWNJ behind it", format!("{good}\u{200c}")),
        read("a ZWJ behind it", format!("{good}\u{200d}")),
        read("a soft hyphen inside it", format!("{}\u{ad}{}", &good[..5], &good[5..])),
        read("a variation selector", format!("{good}\u{fe0f}")),
        read("a Hangul filler", format!("\u{3164}{good}")),
    ]
}

fn digits(width: usize) -> Vec<Case> {
    vec![
        read("without leading zeros", "7"),
        read("Persian digits", "۷"),
        case("a float", "7.0", "not_a_code"),
        case("too long", "1".repeat(width + 1), "not_a_code"),
        case("letters", "7a", "not_a_code"),
        case("an apostrophe", "'7", "not_a_code"),
        case("negative", "-7", "not_a_code"),
    ]
}

fn counts() -> Vec<Case> {
    vec![
        case("negative", "-1", "negative"),
        case("a fraction", "1.5", "not_a_number"),
        case("an exponent", "1E+08", "not_a_number"),
        case("a sign", "+1", "not_a_number"),
        case("a word", "many", "not_a_number"),
        case("too large", "99999999999999999999", "too_large"),
        read("Persian digits", "۳"),
    ]
}

fn ids() -> Vec<Case> {
    vec![
        case("too long", "x".repeat(101), "too_long"),
        case("a control character", "R\u{7}1", "not_text"),
        read("Persian digits", "R۱۲"),
        read("capitals", "ABC-DEF"),
        read("100 characters", "ش".repeat(100)),
    ]
}

fn versions() -> Vec<Case> {
    vec![
        read("a point in time", "14040712101500"),
        read("the greatest", "9007199254740991"),
        case("too large", "9007199254740992", "too_large"),
        case("far too large", "99999999999999999999", "too_large"),
        case("negative", "-1", "negative"),
        case("a fraction", "1.0", "not_a_number"),
    ]
}

fn names() -> Vec<Case> {
    vec![
        case("quotation marks", "\"علی\"", "stray_quotation_mark"),
        case("a control character", "ع\u{1}لی", "not_text"),
        case("too long", "ع".repeat(70_000), "too_long"),
        read("a right-to-left mark", "\u{200f}علی"),
    ]
}

fn deed_numbers() -> Vec<Case> {
    vec![
        read("parts", "12/3-4"),
        case("a float", "77.0", "not_a_code"),
        case("letters", "77b", "not_a_code"),
        case("an exponent", "1.2E+05", "not_a_code"),
    ]
}
