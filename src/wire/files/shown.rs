//! The form in which a value of a file is shown to a person.

use crate::ident::text;

/// Maximum length of a shown value in characters.
pub const MAX_SHOWN: usize = 100;

/// Digits in a row from which a number may be a national code, an account or a mobile number.
const PERSONAL_DIGITS: usize = 8;

/// Replaces control, bidi and other invisible characters by their code (`\u{200f}`), and cuts the result after `limit`
/// characters. A terminal or a spreadsheet shows it as it is.
pub fn escaped(value: &str, limit: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    // The end of `shown` that leaves room for the ellipsis.
    let mut cut = 0;
    for c in value.chars() {
        let form = if is_invisible(c) { c.escape_unicode().to_string() } else { c.to_string() };
        length += form.chars().count();
        if length > limit {
            shown.truncate(cut);
            shown.push('…');
            return shown;
        }
        shown.push_str(&form);
        if length < limit {
            cut = shown.len();
        }
    }
    shown
}

/// Hides the inner digits of numbers that may be personal: `0012345679` becomes `00••••••79`. Screens and messages show
/// this form; the rejects file has the whole value, because its reader must correct it.
pub fn masked(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let mut shown = String::with_capacity(value.len());
    let mut at = 0;
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|c| is_digit_or_separator(**c)).count();
        let digits = chars[at..at + run].iter().filter(|c| c.is_numeric()).count();
        if digits < PERSONAL_DIGITS || is_date(&chars[at..at + run]) {
            let end = at + run.max(1);
            shown.extend(&chars[at..end]);
            at = end;
            continue;
        }
        let mut nth = 0;
        for c in &chars[at..at + run] {
            let is_inner = c.is_numeric() && (2..digits - 2).contains(&nth);
            nth += usize::from(c.is_numeric());
            shown.push(if is_inner { '•' } else { *c });
        }
        at += run;
    }
    shown
}

/// Whether the digits have the form of a date, such as `1404-07-31` or `31/07/1404`. A date need not exist.
pub(in crate::wire) fn is_date(run: &[char]) -> bool {
    let groups = run.split(|c| !c.is_numeric()).map(<[char]>::len).filter(|digits| *digits > 0);
    matches!(groups.collect::<Vec<_>>().as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
}

fn is_digit_or_separator(c: char) -> bool {
    c.is_numeric() || matches!(c, ' ' | '-')
}

fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || text::is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_cut() {
        assert_eq!(escaped("رضا", 100), "رضا");
        assert_eq!(escaped("a\u{202e}b\n", 100), "a\\u{202e}b\\u{a}");
        assert_eq!(escaped(&"x".repeat(100), 100), "x".repeat(100));
        assert_eq!(escaped(&"x".repeat(101), 100), format!("{}…", "x".repeat(99)));
        assert_eq!(escaped("abc\u{200f}", 5), "abc…");
        for limit in 1..20 {
            assert!(escaped("ab\u{200f}cd\u{0}ef", limit).chars().count() <= limit);
        }
    }

    #[test]
    fn long_numbers_are_masked() {
        assert_eq!(masked("0012345679"), "00••••••79");
        assert_eq!(masked("کد ۰۰۱۲۳۴۵۶۷۹ است"), "کد ۰۰••••••۷۹ است");
        assert_eq!(masked("IR82 0540 1026"), "IR82 ••••  26".replace("  26", " ••26"));
        assert_eq!(masked("1404-07-1x"), "1404-07-1x");
        assert_eq!(masked("1404-07-31"), "1404-07-31");
        assert_eq!(masked("1404-07-31-00"), "14••-••-••-00");
        assert_eq!(masked("R12, 1234567"), "R12, 1234567");
    }
}
