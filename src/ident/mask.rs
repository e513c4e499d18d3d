//! Masks identifiers in text that a person reads: national codes, Shebas, mobile and insurance numbers.

use super::text::is_invisible;

/// A number of fewer digits is no identifier of a person: a national code without its leading zeros has eight.
const SHORTEST: usize = 8;

/// Replaces every digit of every number that may identify a person. Digits of any script count, and signs and spaces
/// between them do not separate a number. A date stays.
pub fn mask_identifiers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(char) = chars.get(at) {
        if !char.is_numeric() {
            masked.push(*char);
            at += 1;
            continue;
        }
        let end = end_of_number(&chars, at);
        let number = chars.get(at..end).unwrap_or_default();
        let digits = number.iter().filter(|char| char.is_numeric()).count();
        if digits < SHORTEST || is_date(number) {
            masked.extend(number);
        } else {
            masked.extend(number.iter().map(|char| if char.is_numeric() { '*' } else { *char }));
        }
        at = end;
    }
    masked
}

/// The end of the number that begins at `from`: its last digit, with at most two other characters in a row between
/// digits.
fn end_of_number(chars: &[char], from: usize) -> usize {
    let mut end = from;
    let mut between = 0;
    for (at, char) in chars.iter().enumerate().skip(from) {
        if char.is_numeric() {
            end = at + 1;
            between = 0;
        } else if joins(*char) && between < 2 {
            between += 1;
        } else {
            break;
        }
    }
    end
}

/// A character that people, spreadsheets and encodings put between the digits of one number.
fn joins(char: char) -> bool {
    matches!(char, '-' | '_' | '.' | '/' | '(' | ')' | '+')
        || char.is_whitespace()
        || char.is_control()
        || char == char::REPLACEMENT_CHARACTER
        || is_invisible(char)
}

/// `YYYY-MM-DD`.
fn is_date(number: &[char]) -> bool {
    number.len() == 10
        && number.iter().enumerate().all(|(at, char)| match at {
            4 | 7 => *char == '-',
            _ => char.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_masked_in_every_form() {
        for (text, masked) in [
            (r#"{"national_code":"0012345679"}"#, r#"{"national_code":"**********"}"#),
            ("12345679,", "********,"),
            ("IR82 0540 1026 8002 0817 9090 02", "IR** **** **** **** **** **** **"),
            ("+98 (912) 345-67-89", "+** (***) ***-**-**"),
            ("\u{6f0}\u{6f0}\u{6f1}\u{6f2}\u{6f3}\u{6f4}\u{6f5}\u{6f6}\u{6f7}\u{6f9}", "**********"),
            ("0\u{200c}9123456789", "*\u{200c}**********"),
            ("0012\u{64e}345\u{3164}679", "****\u{64e}***\u{3164}***"),
            ("0\u{0}0\u{0}1\u{0}2\u{0}3\u{0}4\u{0}5\u{0}6", "*\u{0}*\u{0}*\u{0}*\u{0}*\u{0}*\u{0}*\u{0}*"),
        ] {
            assert_eq!(mask_identifiers(text), masked);
        }
    }

    #[test]
    fn dates_and_short_numbers_stay() {
        for text in [
            r#"{"deed_date":"1404-05-20","at":"2025-10-24T10:00:00+03:30","record_version":1234567}"#,
            "registry.marriages.v1/3/42",
            "",
        ] {
            assert_eq!(mask_identifiers(text), text);
        }
        assert_eq!(mask_identifiers("1404-05-200"), "****-**-***");
        assert_eq!(
            mask_identifiers("1404-05-20 0012345679"),
            "****-**-** **********",
            "a date beside a number"
        );
    }
}
