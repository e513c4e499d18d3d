//! Persian text made comparable: one letter, one digit and one space for what is written in several ways.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

const ZWNJ: char = '\u{200c}';

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

/// ٠-٩ and ۰-۹ → 0-9. Borrows where there is nothing to fold.
#[must_use]
pub fn fold_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| ascii_digit(c) != c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(ascii_digit).collect())
}

/// Digits folded; spaces, hyphens and invisible marks dropped: for numbers that people write in groups.
pub(super) fn without_separators(text: &str) -> String {
    text.chars()
        .filter(|&c| !c.is_whitespace() && c != '-' && c != ZWNJ && !is_dropped(c))
        .map(ascii_digit)
        .collect()
}

/// NFC, letters and digits folded, tatweel, harakat and bidi marks dropped, spaces collapsed and trimmed.
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.chars().all(|c| c != ' ' && is_plain(c)) {
        return text.to_owned();
    }
    // A dropped mark may have kept two characters apart that compose: hence NFC again.
    let folded = text.nfc().filter(|&c| !is_dropped(c)).map(fold).nfc().collect::<String>();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `normalise`, then without spaces and ZWNJ: equal for names that differ in writing only. Fast path for plain text.
#[must_use]
pub fn comparable_name(text: &str) -> String {
    let joined = |c: &char| !c.is_whitespace() && *c != ZWNJ;
    if text.chars().all(is_plain) {
        return text.chars().filter(joined).collect();
    }
    text.nfc().filter(joined).filter(|&c| !is_dropped(c)).map(fold).nfc().collect()
}

/// 0-9 → ۰-۹, for screens and messages.
#[must_use]
pub fn persian_digits(text: &str) -> String {
    let persian =
        |c: char| c.to_digit(10).and_then(|value| char::from_u32(u32::from('۰') + value)).unwrap_or(c);
    text.chars().map(persian).collect()
}

/// One letter for each that Arabic and Persian keyboards write in two ways.
fn fold(c: char) -> char {
    match c {
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        'ة' | 'ۀ' | 'ە' => 'ه',
        _ => ascii_digit(c),
    }
}

/// Tatweel, harakat, bidi marks, and other characters that nobody sees.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{0640}'
        | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{06d6}'..='\u{06dc}' | '\u{06df}'..='\u{06e4}' | '\u{06e7}' | '\u{06e8}' | '\u{06ea}'..='\u{06ed}'
        | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{200b}' | '\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Characters that stay as they are and compose with nothing: most names hold no others.
fn is_plain(c: char) -> bool {
    match c {
        'ء'..='غ' => c != 'ة',
        'ف'..='و' => c != 'ك',
        ' '..='~' | 'ی' | 'ک' | 'گ' | 'پ' | 'چ' | 'ژ' => true,
        _ => false,
    }
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
        // Nothing else in these is folded, nor in a name of spaces alone.
        assert_eq!(["نهلة", "ضحاك", "  "].map(normalise), ["نهله", "ضحاک", ""]);
        assert_eq!(["نهلة", "ضحاك", "  "].map(comparable_name), ["نهله", "ضحاک", ""]);
        assert_eq!(normalise("خامنۀ"), "خامنه");
        assert_eq!(normalise("خانهٔ"), "خانه");
        assert_eq!(normalise("مـحـمـّد"), "محمد");
        assert_eq!(normalise("\u{200f}رضا\u{200e} "), "رضا");
        assert_eq!(normalise("آ"), normalise("\u{0627}\u{0653}"));
        assert_eq!(normalise("  بند \t ۱۲ و ٣٤ "), "بند 12 و 34");
        assert_eq!(normalise("می\u{200c}رود"), "می\u{200c}رود");
        assert_eq!(persian_digits("1404-07-15 ریال"), "۱۴۰۴-۰۷-۱۵ ریال");
        assert!(matches!(fold_digits("abc علی"), Cow::Borrowed(_)));
        assert_eq!(fold_digits("۱۴٠٤"), "1404");
    }

    #[test]
    fn names_without_spaces() {
        for name in ["حسین پور", "حسین\u{200c}پور", "حسينپور", " حسین  پور ", "حُسین\u{a0}پور"]
        {
            assert_eq!(comparable_name(name), "حسینپور", "{name}");
        }
        assert_ne!(comparable_name("رضائی"), comparable_name("رضایی"), "a different letter is another name");
    }

    /// Spacing, letter forms and marks among plain text, as hostile as they come.
    fn hostile() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            'ي', 'ى', 'ك', 'ة', 'ۀ', 'ە', 'ـ', '\u{654}', '\u{653}', '\u{64b}', ZWNJ, '\u{200f}', '\u{301}',
            '۳', '٣', ' ', '\u{a0}', 'ا', 'e',
        ]);
        prop::collection::vec(prop_oneof![3 => odd, 1 => any::<char>()], 0..20)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in hostile()) {
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
