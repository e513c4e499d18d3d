//! Serialized forms that a type alone does not determine.

use std::marker::PhantomData;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};

use super::codes::TextForm;
use super::{loose_text, reason};

/// Any text that a person entered, including empty text. A malformed Sheba or mobile number counts as none.
pub struct FreeText;

impl TextForm for FreeText {
    fn read(text: &str) -> Result<String, &'static str> {
        loose_text(text)
    }
}

/// Maximum length of an officer's own words, in characters.
const MAX_REMARK: usize = 2000;

/// An officer's own words: not empty, over several lines, without other control characters.
pub struct Remark;

impl TextForm for Remark {
    fn read(text: &str) -> Result<String, &'static str> {
        if text.trim().is_empty() {
            return Err(reason::MISSING);
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(reason::NOT_TEXT);
        }
        if text.chars().count() > MAX_REMARK { Err(reason::TOO_LONG) } else { Ok(text.to_owned()) }
    }
}

/// The media type of a picture.
pub struct MediaType;

impl TextForm for MediaType {
    fn read(text: &str) -> Result<String, &'static str> {
        if matches!(text, "image/jpeg" | "image/png") {
            Ok(text.to_owned())
        } else {
            Err(reason::UNKNOWN_WORD)
        }
    }
}

/// An object with named fields. Serde would also accept an array of the fields in order, which no schema allows.
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

/// SHA-256 in lower-case hex.
pub struct Sha256Hex;

impl TextForm for Sha256Hex {
    fn read(text: &str) -> Result<String, &'static str> {
        if is_sha256_hex(text) { Ok(text.to_owned()) } else { Err(reason::NOT_A_CODE) }
    }
}

pub fn is_sha256_hex(text: &str) -> bool {
    is_lower_hex(text, 64)
}

pub fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
