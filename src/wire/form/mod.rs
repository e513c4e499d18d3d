//! The strict serialized form of single values in messages: `#[serde_as(as = "Strict")]`.
//!
//! A value that cannot be read results in one of the codes of [`reason`]. The error never contains the value, which may
//! be personal data.

mod adapters;
mod codes;
mod numbers;
pub mod plausibility;
pub mod reason;
mod values;

use std::marker::PhantomData;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};

pub use adapters::{FreeText, MediaType, Object, Remark, Sha256Hex, is_lower_hex, is_sha256_hex};
pub use codes::{
    BranchCode, DeedNumber, OfficeCode, OpaqueId, PaddedCode, PersonName, ProvinceCode, ReturnCode, Text,
    TextForm, WorkshopCode,
};
pub use numbers::{Count, MAX_VERSION, Rials, Version, version, whole_number};
pub use values::{Sha256, national_code_fault};

/// Maximum length of a text in characters. Every identifier of this length fits into a database index.
pub const MAX_TEXT: usize = 200;

/// A value with exactly one serialized form in messages.
pub trait CanonicalText: Sized {
    fn read(text: &str) -> Result<Self, &'static str>;
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// The [`CanonicalText`] form of a value.
pub struct Strict;

impl<T: CanonicalText> SerializeAs<T> for Strict {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.write(serializer)
    }
}

impl<'de, T: CanonicalText> DeserializeAs<'de, T> for Strict {
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

/// Non-empty text without control characters, at most [`MAX_TEXT`] characters.
impl CanonicalText for String {
    fn read(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() { Err(reason::MISSING) } else { loose_text(text) }
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// Converts any text that a person entered to text that a message may contain. Malformed text stays malformed, because
/// no account and no mobile number contains the characters that replace the removed ones.
pub fn carried(written: &str) -> String {
    const CUT: char = '…';
    let shown = written.replace(char::is_control, "\u{fffd}");
    if shown.chars().count() <= MAX_TEXT {
        return shown;
    }
    shown.chars().take(MAX_TEXT - 1).chain([CUT]).collect()
}

/// Text without control characters, at most [`MAX_TEXT`] characters.
fn loose_text(text: &str) -> Result<String, &'static str> {
    text_up_to(text, MAX_TEXT)
}

/// Text without control characters, at most `longest` characters.
fn text_up_to(text: &str, longest: usize) -> Result<String, &'static str> {
    // PostgreSQL cannot store NUL, and no name or code contains another control character.
    if text.chars().any(char::is_control) {
        return Err(reason::NOT_TEXT);
    }
    if text.len() > longest && text.chars().count() > longest {
        return Err(reason::TOO_LONG);
    }
    Ok(text.to_owned())
}
