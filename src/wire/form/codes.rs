//! The forms of codes and ids that are plain text in Rust: `#[serde_as(as = "Text<WorkshopCode>")]`.
//!
//! A file may contain a code without its leading zeros; [`PaddedCode::pad`] reads it. A message contains the full form.

use std::marker::PhantomData;

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};

use super::{MAX_TEXT, TextVisitor, loose_text, reason, text_up_to};
use crate::ident::text;

/// Maximum length of an id that others own, in characters.
pub const MAX_ID: usize = 100;

/// The form of a text in messages.
pub trait TextForm {
    /// # Errors
    /// A code of [`reason`] if the text has another form.
    fn read(text: &str) -> Result<String, &'static str>;
}

/// A text in the form `F`.
pub struct Text<F>(PhantomData<F>);

impl<F> SerializeAs<String> for Text<F> {
    fn serialize_as<S: Serializer>(value: &String, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value)
    }
}

impl<'de, F: TextForm> DeserializeAs<'de, String> for Text<F> {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData, F::read))
    }
}

/// An id that another system owns: compared byte by byte and never normalised.
pub struct OpaqueId;

impl TextForm for OpaqueId {
    fn read(text: &str) -> Result<String, &'static str> {
        if text.is_empty() { Err(reason::MISSING) } else { text_up_to(text, MAX_ID) }
    }
}

/// A name of a person. A name of invisible characters alone is missing.
pub struct PersonName;

impl TextForm for PersonName {
    fn read(name: &str) -> Result<String, &'static str> {
        let name = loose_text(name)?;
        if text::normalise(&name).is_empty() { Err(reason::MISSING) } else { Ok(name) }
    }
}

/// A code of exactly `DIGITS` digits.
pub struct PaddedCode<const DIGITS: usize>;

pub type WorkshopCode = PaddedCode<10>;
pub type BranchCode = PaddedCode<4>;
pub type ProvinceCode = PaddedCode<2>;

impl<const DIGITS: usize> TextForm for PaddedCode<DIGITS> {
    fn read(text: &str) -> Result<String, &'static str> {
        let code = digits(text, DIGITS)?;
        if code.len() == DIGITS { Ok(code) } else { Err(reason::NOT_A_CODE) }
    }
}

impl<const DIGITS: usize> PaddedCode<DIGITS> {
    /// The code of a file, which may lack leading zeros.
    ///
    /// # Errors
    /// [`reason::NOT_A_CODE`] if the text is not 1 to `DIGITS` digits.
    pub fn pad(text: &str) -> Result<String, &'static str> {
        digits(text, DIGITS).map(|code| format!("{code:0>DIGITS$}"))
    }
}

/// The number of a marriage office: 1 to 10 digits, whose leading zeros count.
pub struct OfficeCode;

impl TextForm for OfficeCode {
    fn read(text: &str) -> Result<String, &'static str> {
        digits(text, 10)
    }
}

/// The number of a deed: digits, with `/` and `-` between its parts.
pub struct DeedNumber;

impl TextForm for DeedNumber {
    fn read(text: &str) -> Result<String, &'static str> {
        if text.is_empty() {
            return Err(reason::MISSING);
        }
        let is_code = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'/' | b'-'))
            && text.bytes().any(|b| b.is_ascii_digit())
            && !text.starts_with('-');
        if !is_code {
            return Err(reason::NOT_A_CODE);
        }
        if text.len() > MAX_TEXT { Err(reason::TOO_LONG) } else { Ok(text.to_owned()) }
    }
}

/// An external return code of ISO 20022: four capitals, or two capitals and two digits.
pub struct ReturnCode;

impl TextForm for ReturnCode {
    fn read(text: &str) -> Result<String, &'static str> {
        let is_code = match text.as_bytes() {
            [] => return Err(reason::MISSING),
            [a, b, rest @ ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && rest.len() == 2 => {
                rest.iter().all(u8::is_ascii_uppercase) || rest.iter().all(u8::is_ascii_digit)
            }
            _ => false,
        };
        if is_code { Ok(text.to_owned()) } else { Err(reason::NOT_A_CODE) }
    }
}

/// 1 to `most` ASCII digits.
fn digits(text: &str, most: usize) -> Result<String, &'static str> {
    if text.is_empty() {
        return Err(reason::MISSING);
    }
    let is_code = text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    if is_code { Ok(text.to_owned()) } else { Err(reason::NOT_A_CODE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_contains_the_padded_code_and_a_file_may_lack_zeros() {
        assert_eq!(WorkshopCode::read("0000012345").as_deref(), Ok("0000012345"));
        assert_eq!(WorkshopCode::read("12345"), Err(reason::NOT_A_CODE));
        assert_eq!(WorkshopCode::pad("12345").as_deref(), Ok("0000012345"));
        assert_eq!(BranchCode::pad("7").as_deref(), Ok("0007"));
        assert_eq!(ProvinceCode::pad("7").as_deref(), Ok("07"));
        assert_eq!(WorkshopCode::pad(""), Err(reason::MISSING));
        for spoilt in ["1.23E+09", "123.0", "'123", "=123", "-1", "۱۲", "12345678901", "1 2"] {
            assert_eq!(WorkshopCode::pad(spoilt), Err(reason::NOT_A_CODE), "{spoilt}");
            assert_eq!(OfficeCode::read(spoilt), Err(reason::NOT_A_CODE), "{spoilt}");
        }
        assert_eq!(BranchCode::pad("12345"), Err(reason::NOT_A_CODE));
        assert_eq!(OfficeCode::read("00123").as_deref(), Ok("00123"), "an office code is not padded");
    }

    #[test]
    fn a_deed_number_has_digits_and_two_separators() {
        for good in ["77", "12/345-6", "0001"] {
            assert_eq!(DeedNumber::read(good).as_deref(), Ok(good));
        }
        for spoilt in ["1.23E+09", "12.0", "'12", "=12", "-12", "/", "12 3", "الف12"] {
            assert_eq!(DeedNumber::read(spoilt), Err(reason::NOT_A_CODE), "{spoilt}");
        }
        assert_eq!(DeedNumber::read(&"1".repeat(201)), Err(reason::TOO_LONG));
    }

    #[test]
    fn a_return_code_is_four_capitals_or_two_and_two_digits() {
        for good in ["AC04", "DUPL", "FOCR", "MS03"] {
            assert_eq!(ReturnCode::read(good).as_deref(), Ok(good));
        }
        for bad in ["ac04", "AC4", "A104", "ACX4", "AC0X", "AC040", "0404", "ÄC04"] {
            assert_eq!(ReturnCode::read(bad), Err(reason::NOT_A_CODE), "{bad}");
        }
        assert_eq!(ReturnCode::read(""), Err(reason::MISSING));
    }

    #[test]
    fn an_id_of_others_is_read_byte_by_byte() {
        for id in ["R1", " R1 ", "۱۲۳", "\u{200f}R1", "يك", &"ی".repeat(100)] {
            assert_eq!(OpaqueId::read(id).as_deref(), Ok(id), "nothing is folded or trimmed");
        }
        assert_eq!(OpaqueId::read(&"ی".repeat(101)), Err(reason::TOO_LONG));
        assert_eq!(OpaqueId::read("a\tb"), Err(reason::NOT_TEXT));
        assert_eq!(OpaqueId::read(""), Err(reason::MISSING));
    }

    #[test]
    fn a_name_of_invisible_characters_is_missing() {
        for name in ["", "\u{200c}", "\u{3164}\u{fe0f}", " \u{ad} "] {
            assert_eq!(PersonName::read(name), Err(reason::MISSING));
        }
        assert_eq!(PersonName::read("حسین\u{200c}پور").as_deref(), Ok("حسین\u{200c}پور"));
    }
}
