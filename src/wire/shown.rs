//! How a dead letter's reason shows a value: short, on one line, and without personal data.

use serde_json::Value;

use crate::ident::text;

/// Maximum length of a shown text, in characters.
const LONGEST: usize = 100;

/// Fields whose values are no personal data. The value of another field is only described.
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
        return "another value".to_owned();
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
        Value::Number(number) if SHOWN.contains(&field) => masked(&number.to_string()),
        Value::Number(_) => "a number that is not shown".to_owned(),
        Value::String(text) if SHOWN.contains(&field) => quoted(text),
        Value::String(text) => format!("a text of {} characters that is not shown", text.chars().count()),
    }
}

/// A text in quotation marks: cut, with control and invisible characters escaped, and without the digits of personal
/// codes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", masked(text))
}

/// A date or an instant has no more than four digits in a row. Longer runs may be a personal code.
const LONGEST_RUN: usize = 4;

fn masked(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text.chars().take(LONGEST + 1).peekable();
    let mut length = 0;
    while let Some(c) = rest.next() {
        length += 1;
        if length > LONGEST {
            shown.push('…');
            break;
        }
        if !c.is_numeric() {
            push_escaped(&mut shown, c);
            continue;
        }
        let mut run = String::from(c);
        while let Some(digit) = rest.next_if(|&c| c.is_numeric() || text::is_invisible(c)) {
            run.push(digit);
        }
        let digits = run.chars().count();
        length += digits - 1;
        if digits > LONGEST_RUN {
            shown.push_str(&"*".repeat(digits.min(LONGEST)))
        } else {
            shown.push_str(&run)
        }
    }
    shown
}

fn push_escaped(shown: &mut String, c: char) {
    if c.is_control() || text::is_invisible(c) || c == '"' || c == '\\' {
        shown.extend(c.escape_default());
    } else {
        shown.push(c);
    }
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
            ("workshop_code", "\"00-********\""),
            ("rows[1].days", "-1"),
            ("rows[1].month", "\"1404-13\""),
            ("rows", "a list of 2"),
            ("wife", "an object"),
            ("wife.earlier_marriages", "-2"),
            ("deed_date", "\"1404/07/15\""),
            ("status", "\"x\\u{202e}y\\nz\""),
            ("source", "a number that is not shown"),
            ("husband", "nothing"),
        ] {
            assert_eq!(value_at(json.as_bytes(), path), shown, "{path}");
        }
        assert_eq!(value_at(b"{", "days"), "another value");
    }

    #[test]
    fn a_long_text_is_cut_and_a_code_split_by_invisible_characters_stays_hidden() {
        assert_eq!(quoted(&"x".repeat(300)), format!("\"{}…\"", "x".repeat(100)));
        assert_eq!(quoted("001234\u{200f}5679"), "\"***********\"");
        assert_eq!(quoted("۰۰۱۲۳۴۵۶۷۹"), "\"**********\"");
    }
}
