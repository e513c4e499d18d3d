//! How a dead letter's reason shows a value: short, on one line, and without personal data.

use serde_json::Value;

use super::files::shown::{MAX_SHOWN, escaped, is_date};
use crate::ident::text;

/// Fields that should hold no personal data. The value of another field is only described. Long runs of digits are
/// hidden even here, also in amounts: a sender may put a code into a wrong field.
const SHOWN: [&str; 34] = [
    "amount_rial",
    "at",
    "branch_code",
    "closed_at",
    "code",
    "days",
    "declared",
    "deed_date",
    "deed_number",
    "digest",
    "document_id",
    "earlier_marriages",
    "ended_on",
    "file_id",
    "first_marriage_undertaking",
    "insurable_rial",
    "insurance_type",
    "kind",
    "mobile_owner",
    "month",
    "office_code",
    "office_kind",
    "opened_at",
    "outcome",
    "paid_on",
    "permanence",
    "province_code",
    "record_version",
    "registered_on",
    "sheba_owner",
    "started_on",
    "status",
    "submitted_at",
    "workshop_code",
];

/// The value at `path`, such as `rows[3].days`, as a reason shows it. Runs only after an error.
pub(crate) fn value_at(json: &[u8], path: &str) -> String {
    let Ok(whole) = serde_json::from_slice::<Value>(json) else {
        return "a value that is not shown".to_owned();
    };
    let pointer = format!("/{}", path.replace("].", "/").replace(['.', '['], "/").replace(']', ""));
    let Some(value) = whole.pointer(&pointer) else {
        return "nothing".to_owned();
    };
    let field = path.rsplit('.').next().unwrap_or_default();
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        Value::Number(number) if SHOWN.contains(&field) => without_codes(&number.to_string()),
        Value::Number(_) => "a number that is not shown".to_owned(),
        Value::String(text) if SHOWN.contains(&field) => quoted(text),
        Value::String(text) => format!("a text of {} characters that is not shown", text.chars().count()),
    }
}

/// A text in quotation marks: cut, with control and invisible characters escaped, and without the digits of personal
/// codes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(&without_codes(text), MAX_SHOWN))
}

/// How many characters of a text are read. A code that begins before the cut of [`MAX_SHOWN`] ends before this.
const MAX_READ: usize = 2 * MAX_SHOWN;
/// A date has at most four digits in a row. Longer runs may be a personal code.
const MAX_DIGITS_IN_A_ROW: usize = 4;
/// Digits that may be a personal code if spaces, hyphens and the like stand between them.
const PERSONAL_DIGITS: usize = 8;

/// Replaces digits that may be a personal code by stars.
fn without_codes(text: &str) -> String {
    let chars: Vec<char> = text.chars().take(MAX_READ).collect();
    let mut shown = String::with_capacity(chars.len());
    let mut rest = chars.as_slice();
    while let Some(&first) = rest.first() {
        let run = if first.is_numeric() {
            rest.iter().take_while(|c| c.is_numeric() || is_between_digits(**c)).count()
        } else {
            1
        };
        let (read, later) = rest.split_at(run);
        let hidden = may_be_a_code(read);
        shown.extend(read.iter().map(|&c| if hidden && c.is_numeric() { '*' } else { c }));
        rest = later;
    }
    shown
}

fn is_between_digits(c: char) -> bool {
    is_separator(c) || text::is_invisible(c)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '/' | '.' | '_' | '\u{2010}'..='\u{2015}')
}

/// Whether digits with separators between them may be a personal code: too many, and not in the form of a date.
fn may_be_a_code(run: &[char]) -> bool {
    let groups = run.split(|c| is_separator(*c)).map(|group| group.iter().filter(|c| c.is_numeric()).count());
    let lengths: Vec<_> = groups.filter(|digits| *digits > 0).collect();
    let is_long = lengths.iter().sum::<usize>() >= PERSONAL_DIGITS && !is_date(run);
    is_long || lengths.iter().any(|digits| *digits > MAX_DIGITS_IN_A_ROW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_values_are_described_and_never_shown() {
        let json = r#"{"national_code":"0012345679","rows":[{"days":1},{"days":-1,"month":"1404-13"}],
            "wife":{"birth_date":"1380-13-01","earlier_marriages":-2},"insurance_type":"0012345679","status":"x\u202ey\nz",
            "workshop_code":"00-12345679","deed_date":"1404/07/15","source":7}"#;
        for (path, shown) in [
            ("national_code", "a text of 10 characters that is not shown"),
            ("wife.birth_date", "a text of 10 characters that is not shown"),
            ("insurance_type", "\"**********\""),
            ("workshop_code", "\"**-********\""),
            ("rows[1].days", "-1"),
            ("rows[1].month", "\"1404-13\""),
            ("rows", "a list of 2"),
            ("wife", "an object"),
            ("wife.earlier_marriages", "-2"),
            ("deed_date", "\"1404/07/15\""),
            ("status", "\"x\\u{202e}y\\u{a}z\""),
            ("source", "a number that is not shown"),
            ("husband", "nothing"),
        ] {
            assert_eq!(value_at(json.as_bytes(), path), shown, "{path}");
        }
        assert_eq!(value_at(b"{", "days"), "a value that is not shown");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(quoted(&"x".repeat(300)), format!("\"{}…\"", "x".repeat(99)));
        assert_eq!(quoted(&"7".repeat(300)), format!("\"{}…\"", "*".repeat(99)));
        assert!(quoted(&"\u{202e}".repeat(100)).chars().count() <= 102);
    }

    #[test]
    fn a_code_stays_hidden_in_any_form() {
        for (text, shown) in [
            ("001234\u{200f}5679", "******\\u{200f}****"),
            ("۰۰۱۲۳۴۵۶۷۹", "**********"),
            ("001-2345-679", "***-****-***"),
            ("0012.3456.79", "****.****.**"),
            ("IR06 0120 0000 0000 1234 5678 90", "IR** **** **** **** **** **** **"),
            ("15/07/1404", "15/07/1404"),
            ("1404-07-15T10:20:30+03:30", "1404-07-15T10:20:30+03:30"),
        ] {
            assert_eq!(quoted(text), format!("\"{shown}\""));
        }
    }

    #[test]
    fn a_code_across_the_cut_stays_hidden() {
        for before in 85..101 {
            let shown = quoted(&format!("{}0012345679", "x".repeat(before)));
            assert!(!shown.contains(|c: char| c.is_numeric()), "{shown}");
        }
    }
}
