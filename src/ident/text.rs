//! Normalises Persian text, so that texts which differ only in the form of letters, digits and spaces are equal.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

const TATWEEL: char = '\u{0640}';
/// Their category is Lo, but they show nothing. NFKC turns U+3164 into U+1160.
const HANGUL_FILLERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
const NO_BREAK_HYPHEN: char = '\u{2011}';

/// The value of an ASCII, Persian or Arabic digit.
pub(super) fn digit_value(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '۰'..='۹' => '۰',
        '٠'..='٩' => '٠',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).ok()
}

fn ascii_digit(c: char) -> char {
    digit_value(c).map_or(c, |value| char::from(b'0' + value))
}

/// Converts ٠-٩ and ۰-۹ to 0-9. Borrows if there is nothing to convert.
#[must_use]
pub fn fold_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| ascii_digit(c) != c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(ascii_digit).collect())
}

/// Converts digits to ASCII and removes spaces, hyphens and invisible characters, for numbers that are written in
/// groups.
pub(super) fn without_separators(text: &str) -> String {
    text.chars()
        .filter(|&c| !c.is_whitespace() && c != '-' && c != NO_BREAK_HYPHEN && !is_dropped(c))
        .map(ascii_digit)
        .collect()
}

/// Normalises to NFC, folds letters and digits, removes invisible characters and tatweel, and trims and collapses
/// spaces.
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.chars().all(|c| c != ' ' && is_plain(c)) {
        return text.to_owned();
    }
    // Removing a character can make two neighbours composable, so NFC is applied a second time.
    let folded = text.nfc().filter(|&c| !is_dropped(c)).map(fold).nfc().collect::<String>();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The form in which names are compared. Spellings that differ only in spaces, hyphens, ZWNJ, hamza or presentation forms
/// give equal results. Plain text takes a fast path.
#[must_use]
pub fn comparable_name(text: &str) -> String {
    if text.chars().all(is_plain_in_names) {
        return text.chars().filter(|&c| !is_ignored_in_names(c)).collect();
    }
    let folded = text.nfkc().filter(|&c| !is_dropped(c)).map(fold).filter(|&c| !is_ignored_in_names(c));
    folded.map(fold_in_names).nfkc().collect()
}

/// Converts 0-9 to ۰-۹, for screens and messages.
#[must_use]
pub fn persian_digits(text: &str) -> String {
    fn persian_digit(c: char) -> char {
        c.to_digit(10).and_then(|value| char::from_u32(u32::from('۰') + value)).unwrap_or(c)
    }
    text.chars().map(persian_digit).collect()
}

/// Maps letters that Arabic and Persian keyboards encode differently to one form.
fn fold(c: char) -> char {
    match c {
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        'ة' | 'ۀ' => 'ه',
        _ => ascii_digit(c),
    }
}

/// Further letters that are one letter in a name.
fn fold_in_names(c: char) -> char {
    match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ؤ' => 'و',
        'ئ' => 'ی',
        'ہ' | 'ھ' | 'ە' => 'ه',
        _ => c,
    }
}

/// Spaces, hyphens of any kind, and a hamza on its own.
fn is_ignored_in_names(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            'ء' | '-' | '\u{058a}' | '\u{05be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
                ..='\u{2015}'
                    | '\u{2e17}'
                    | '\u{2e1a}'
                    | '\u{2e3a}'
                    | '\u{2e3b}'
                    | '\u{2212}'
                    | '\u{301c}'
                    | '\u{3030}'
                    | '\u{30a0}'
        )
}

/// Invisible characters, and tatweel.
fn is_dropped(c: char) -> bool {
    c == TATWEEL || is_invisible(c)
}

/// Characters that change nothing that a reader sees, or only mark a letter: the categories Cf (bidi controls, joiners,
/// soft hyphen) and Mn (harakat, variation selectors), and the Hangul fillers.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (HANGUL_FILLERS.contains(&c)
            || matches!(c.general_category(), GeneralCategory::Format | GeneralCategory::NonspacingMark))
}

/// The text without invisible characters. Borrows if there are none.
#[must_use]
pub fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_invisible) {
        Cow::Owned(text.chars().filter(|&c| !is_invisible(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A number or a code of digits as a person wrote it: digits converted to ASCII, invisible characters and surrounding
/// spaces removed. A no-break hyphen between digits is a line-break hint of a word processor, and is removed. One before
/// the first digit stays, because it is a minus.
#[must_use]
pub fn number_text(text: &str) -> String {
    let visible = without_invisible(text);
    let kept = visible.trim().char_indices().filter(|&(at, c)| at == 0 || c != NO_BREAK_HYPHEN);
    kept.map(|(_, c)| ascii_digit(c)).collect()
}

/// Characters that folding does not change and that compose with no other character. Most names contain only these.
fn is_plain(c: char) -> bool {
    match c {
        'ء'..='غ' => c != 'ة',
        'ف'..='و' => c != 'ك',
        ' '..='~' | 'ی' | 'ک' | 'گ' | 'پ' | 'چ' | 'ژ' => true,
        _ => false,
    }
}

/// Characters that [`comparable_name`] leaves as they are, or only removes.
fn is_plain_in_names(c: char) -> bool {
    is_plain(c) && !matches!(c, 'آ' | 'أ' | 'ؤ' | 'إ' | 'ئ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_and_digits() {
        assert_eq!(normalise("علي"), "علی");
        assert_eq!(normalise("مصطفى"), "مصطفی");
        assert_eq!(normalise("كريمي"), "کریمی");
        assert_eq!(normalise("فاطمة"), "فاطمه");
        // One foldable letter in otherwise plain text, and text of spaces only.
        assert_eq!(["نهلة", "ضحاك", "  "].map(normalise), ["نهله", "ضحاک", ""]);
        assert_eq!(["نهلة", "ضحاك", "  "].map(comparable_name), ["نهله", "ضحاک", ""]);
        assert_eq!(normalise("خامنۀ"), "خامنه");
        assert_eq!(normalise("خانهٔ"), "خانه");
        assert_eq!(normalise("مـحـمـّد"), "محمد");
        assert_eq!(normalise("\u{200f}رضا\u{200e} "), "رضا");
        assert_eq!(normalise("آ"), normalise("\u{0627}\u{0653}"));
        assert_eq!(normalise("  بند \t ۱۲ و ٣٤ "), "بند 12 و 34");
        assert_eq!(normalise("می\u{200c}رود"), "میرود");
        assert_eq!(persian_digits("1404-07-15 ریال"), "۱۴۰۴-۰۷-۱۵ ریال");
        assert!(matches!(fold_digits("abc علی"), Cow::Borrowed(_)));
        assert_eq!(fold_digits("۱۴٠٤"), "1404");
    }

    /// Cf, Mn with the variation selectors, and U+3164. What is left of a text of these alone is empty.
    const INVISIBLE: &str = "\u{ad}\u{600}\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{64e}\u{301}\u{fe0f}\u{e0101}\u{3164}\u{e0061}";

    #[test]
    fn invisible_characters_are_dropped_from_names_and_numbers() {
        assert_eq!([normalise(INVISIBLE), comparable_name(INVISIBLE)], ["", ""]);
        assert_eq!(without_invisible(INVISIBLE), "");
        for c in INVISIBLE.chars() {
            assert_eq!(normalise(&format!("ر{c}ضا")), "رضا", "{:x}", u32::from(c));
            assert_eq!(comparable_name(&format!("رضا{c}")), comparable_name("رضا"), "{:x}", u32::from(c));
            assert_eq!(number_text(&format!(" 1{c}۲3 ")), "123", "{:x}", u32::from(c));
        }
        assert_eq!(without_invisible("رضا - 12"), "رضا - 12", "what can be seen stays");
        assert!(matches!(without_invisible("رضا"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_no_break_hyphen_is_dropped_from_a_number_and_stays_as_its_minus() {
        assert_eq!(number_text("12\u{2011}34"), "1234");
        assert_eq!(number_text("\u{2011}12"), "\u{2011}12");
        assert_eq!(number_text(" -5 "), "-5");
    }

    #[test]
    fn names_without_spaces() {
        for name in ["حسین پور", "حسین\u{200c}پور", "حسينپور", " حسین  پور ", "حُسین\u{a0}پور"]
        {
            assert_eq!(comparable_name(name), "حسینپور", "{name}");
        }
        for [one, other] in [
            ["رضائی", "رضایی"],
            ["آقايی", "اقایی"],
            ["مؤمنی", "مومنی"],
            ["صفاء", "صفا"],
            ["عبدالله", "عبد\u{fdf2}"],
            ["\u{fee3}\u{fea4}\u{fee4}\u{fea9}", "محمد"],
            ["علی\u{2010}پور", "علی-پور"],
            ["فاطمہ", "فاطمه"],
        ] {
            assert_eq!(comparable_name(one), comparable_name(other), "{one} and {other}");
        }
        assert_ne!(
            comparable_name("رضایی"),
            comparable_name("رضوی"),
            "different letters are a different name"
        );
    }

    /// Text with many unusual spaces, letter forms and combining marks.
    fn unusual_text() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            'ي', 'ى', 'ك', 'ة', 'ۀ', 'ە', 'ـ', 'ئ', 'أ', 'ء', '\u{fdf2}', '-', '\u{ad}', '\u{654}',
            '\u{653}', '\u{64b}', '\u{200c}', '\u{200f}', '\u{301}', '۳', '٣', ' ', '\u{a0}', 'ا', 'e',
        ]);
        prop::collection::vec(prop_oneof![3 => odd, 1 => any::<char>()], 0..20)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn normalisation_is_idempotent(text in unusual_text()) {
            let once = normalise(&text);
            prop_assert_eq!(&normalise(&once), &once);
            let name = comparable_name(&text);
            prop_assert_eq!(&comparable_name(&name), &name);
            prop_assert_eq!(comparable_name(&once), name);
            let folded = fold_digits(&text).into_owned();
            prop_assert_eq!(fold_digits(&folded), folded.as_str());
            let persian = persian_digits(&folded);
            prop_assert_eq!(fold_digits(&persian), folded.as_str());
        }
    }
}
