//! How single values are written in messages, strictly: `#[serde_as(as = "Strict")]`.
//!
//! A reading that fails says one of the words below and never the value, which may be somebody's.

use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};

use crate::claim::reason::{Outcome, ReasonCode};
use crate::claim::words::{
    CaseKind, DeliveryStatus, OfficeKind, Ownership, PaymentOutcome, Permanence, SmsKind, Status,
};
use crate::ident::{InsuranceNumber, NationalCode, national_code::NationalCodeError};
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// The words that say what is wrong with a field, in messages and in files alike.
pub mod reason {
    pub const MISSING: &str = "missing";
    pub const NO_SUCH_DATE: &str = "no_such_date";
    pub const BAD_CHECK_DIGIT: &str = "bad_check_digit";
    /// Not the digits that a code of this kind has.
    pub const NOT_A_CODE: &str = "not_a_code";
    pub const UNKNOWN_WORD: &str = "unknown_word";
    pub const NOT_A_NUMBER: &str = "not_a_number";
    pub const NEGATIVE: &str = "negative";
    pub const ENDED_BEFORE_START: &str = "ended_before_start";
    pub const DEED_AFTER_REGISTERED: &str = "deed_after_registered";
    pub const SAME_SPOUSES: &str = "same_spouses";
    pub const NO_SPOUSE: &str = "no_spouse";
    /// Control characters, or bytes that are no UTF-8.
    pub const NOT_TEXT: &str = "not_text";
    pub const TOO_LONG: &str = "too_long";
    /// A row with more fields than the header has columns.
    pub const EXTRA_FIELDS: &str = "extra_fields";
    /// A number, count or digest that other fields of the event deny.
    pub const CONTRADICTORY: &str = "contradictory";
    /// Fewer or more elements than the schema allows.
    pub const WRONG_LENGTH: &str = "wrong_length";

    pub const ALL: [&str; 16] = [
        MISSING, NO_SUCH_DATE, BAD_CHECK_DIGIT, NOT_A_CODE, UNKNOWN_WORD, NOT_A_NUMBER, NEGATIVE, ENDED_BEFORE_START,
        DEED_AFTER_REGISTERED, SAME_SPOUSES, NO_SPOUSE, NOT_TEXT, TOO_LONG, EXTRA_FIELDS, CONTRADICTORY, WRONG_LENGTH,
    ];
}

/// Longest text in characters; keeps every identifier within what an index of the database holds.
pub const MAX_TEXT: usize = 200;

/// A value with one written form in messages.
pub trait Form: Sized {
    fn read(text: &str) -> Result<Self, &'static str>;
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// The one written form of a value.
pub struct Strict;

impl<T: Form> SerializeAs<T> for Strict {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.write(serializer)
    }
}

impl<'de, T: Form> DeserializeAs<'de, T> for Strict {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData::<T>, T::read))
    }
}

struct TextVisitor<T>(PhantomData<T>, fn(&str) -> Result<T, &'static str>);

impl<T> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(E::custom)
    }
}

/// Text that says something: not empty, no control characters, at most [`MAX_TEXT`] characters.
impl Form for String {
    fn read(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() { Err(reason::MISSING) } else { loose_text(text) }
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// Text that may be anything a person wrote, also nothing (a Sheba or mobile that is malformed counts as none).
pub struct Loose;

impl SerializeAs<String> for Loose {
    fn serialize_as<S: Serializer>(value: &String, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value)
    }
}

impl<'de> DeserializeAs<'de, String> for Loose {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData, loose_text))
    }
}

fn loose_text(text: &str) -> Result<String, &'static str> {
    // PostgreSQL holds no NUL, and no other control character belongs in a name or a code.
    if text.chars().any(char::is_control) {
        return Err(reason::NOT_TEXT);
    }
    if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
        return Err(reason::TOO_LONG);
    }
    Ok(text.to_owned())
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Exactly ten ASCII digits: padding and folding are the publisher's work, not a message's.
impl Form for NationalCode {
    fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() != 10 || !all_digits(text) {
            return Err(reason::NOT_A_CODE);
        }
        text.parse().map_err(national_code_fault)
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = [b'0'; 10];
        write_digits(&mut buffer, self.to_i64().unsigned_abs());
        serialize_ascii(&buffer, serializer)
    }
}

/// The word for what is wrong with a national code.
pub fn national_code_fault(error: NationalCodeError) -> &'static str {
    match error {
        NationalCodeError::CheckDigit => reason::BAD_CHECK_DIGIT,
        NationalCodeError::NotDigits | NationalCodeError::Length => reason::NOT_A_CODE,
    }
}

impl Form for InsuranceNumber {
    fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() != 10 || !all_digits(text) {
            return Err(reason::NOT_A_CODE);
        }
        text.parse().map_err(|_| reason::NOT_A_CODE)
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Form for SolarDate {
    fn read(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| reason::NO_SUCH_DATE)
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = *b"0000-00-00";
        write_digits(&mut buffer[..4], u64::from(self.year().unsigned_abs()));
        write_digits(&mut buffer[5..7], u64::from(self.month().number()));
        write_digits(&mut buffer[8..], u64::from(self.day()));
        serialize_ascii(&buffer, serializer)
    }
}

impl Form for SolarMonth {
    fn read(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| reason::NO_SUCH_DATE)
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = *b"0000-00";
        write_digits(&mut buffer[..4], u64::from(self.year().unsigned_abs()));
        write_digits(&mut buffer[5..], u64::from(self.number()));
        serialize_ascii(&buffer, serializer)
    }
}

/// Right-aligned, with leading zeros: a decision carries up to 61 months, and `fmt` would cost more than the rest of it.
fn write_digits(buffer: &mut [u8], mut number: u64) {
    for place in buffer.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn serialize_ascii<S: Serializer>(buffer: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(std::str::from_utf8(buffer).map_err(serde::ser::Error::custom)?)
}

/// RFC 3339, four-digit year, with an offset (no bracketed zone, which RFC 9557 adds).
impl Form for Timestamp {
    fn read(text: &str) -> Result<Self, &'static str> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() >= 20
            && bytes[..4].iter().all(u8::is_ascii_digit)
            && bytes[4] == b'-'
            && matches!(bytes[10], b'T' | b't')
            && bytes[16] == b':'
            && !text.ends_with(']');
        if shaped { text.parse().map_err(|_| reason::NO_SUCH_DATE) } else { Err(reason::NO_SUCH_DATE) }
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Words of closed lists: read by `FromStr`, written by `word()`.
macro_rules! words {
    ($($name:ty),+) => { $(
        impl Form for $name {
            fn read(text: &str) -> Result<Self, &'static str> {
                text.parse().map_err(|_| reason::UNKNOWN_WORD)
            }
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    )+ };
}
words!(
    Status, OfficeKind, Permanence, Ownership, PaymentOutcome, DeliveryStatus, CaseKind, SmsKind, Outcome, ReasonCode,
    InsuranceType, super::files::FileKind
);

/// Data with named fields: serde would also take an array of the fields in order, which no schema allows.
pub struct Object;

impl<T: serde::Serialize> SerializeAs<T> for Object {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

impl<'de, T: de::Deserialize<'de>> DeserializeAs<'de, T> for Object {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: de::Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map))
    }
}

/// Integer rials, as a number.
pub struct Rials;

impl SerializeAs<Rial> for Rials {
    fn serialize_as<S: Serializer>(value: &Rial, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.get())
    }
}

impl<'de> DeserializeAs<'de, Rial> for Rials {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Rial, D::Error> {
        let rials: u64 = serde::Deserialize::deserialize(deserializer)?;
        Rial::new(rials).ok_or_else(|| de::Error::custom(reason::NOT_A_NUMBER))
    }
}

/// SHA-256 in lower-case hex.
pub struct Sha256Hex;

impl SerializeAs<String> for Sha256Hex {
    fn serialize_as<S: Serializer>(value: &String, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value)
    }
}

impl<'de> DeserializeAs<'de, String> for Sha256Hex {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData, |text: &str| {
            if is_sha256_hex(text) { Ok(text.to_owned()) } else { Err(reason::NOT_A_CODE) }
        }))
    }
}

pub fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
