//! Whole numbers as JSON numbers.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};

use super::reason;
use crate::law::Rial;

/// The largest version of a record: every JSON reader keeps whole numbers up to 2^53 - 1.
pub const MAX_VERSION: u64 = (1 << 53) - 1;

/// A whole number from 0 to the largest value of its type.
pub struct Count;

/// The version of a record, at most [`MAX_VERSION`].
pub struct Version;

/// An amount in whole rials.
pub struct Rials;

impl SerializeAs<u32> for Count {
    fn serialize_as<S: Serializer>(value: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(*value)
    }
}

impl<'de> DeserializeAs<'de, u32> for Count {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        whole(deserializer, |number| u32::try_from(number).ok())
    }
}

impl SerializeAs<u64> for Version {
    fn serialize_as<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*value)
    }
}

impl<'de> DeserializeAs<'de, u64> for Version {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        whole(deserializer, version)
    }
}

/// The number as a record version. None above [`MAX_VERSION`].
pub fn version(number: u64) -> Option<u64> {
    (number <= MAX_VERSION).then_some(number)
}

impl SerializeAs<Rial> for Rials {
    fn serialize_as<S: Serializer>(value: &Rial, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.get())
    }
}

impl<'de> DeserializeAs<'de, Rial> for Rials {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Rial, D::Error> {
        whole(deserializer, Rial::new)
    }
}

fn whole<'de, D: Deserializer<'de>, T>(deserializer: D, within: fn(u64) -> Option<T>) -> Result<T, D::Error> {
    // Not `deserialize_u64`: serde_json would refuse a text before the visitor sees it.
    deserializer.deserialize_any(WholeVisitor(within, PhantomData))
}

struct WholeVisitor<T>(fn(u64) -> Option<T>, PhantomData<T>);

impl<T> Visitor<'_> for WholeVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        (self.0)(number).ok_or_else(|| E::custom(reason::TOO_LARGE))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        u64::try_from(number)
            .map_err(|_| E::custom(reason::NEGATIVE))
            .and_then(|number| self.visit_u64(number))
    }

    /// serde_json reads a number with a fraction, an exponent or too many digits as `f64`.
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        let is_beyond_u64 = number.fract() == 0.0 && number.abs() > 1e19;
        Err(E::custom(match number {
            _ if !is_beyond_u64 => reason::NOT_A_NUMBER,
            n if n < 0.0 => reason::NEGATIVE,
            _ => reason::TOO_LARGE,
        }))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<T, E> {
        Err(E::custom(reason::NOT_A_NUMBER))
    }
}

/// A whole number of a file. Accepts digits only: a plus, a separator or a fraction is an error.
///
/// # Errors
/// A code of [`reason`].
pub fn whole_number(text: &str) -> Result<u64, &'static str> {
    match text.strip_prefix(['-', '\u{2011}', '\u{2212}']) {
        Some(rest) if is_digits(rest) => Err(reason::NEGATIVE),
        None if is_digits(text) => text.parse().map_err(|_| reason::TOO_LARGE),
        _ => Err(reason::NOT_A_NUMBER),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(
        json: &str,
        form: fn(&mut serde_json::Deserializer<serde_json::de::StrRead<'_>>) -> serde_json::Result<T>,
    ) -> Result<T, String> {
        form(&mut serde_json::Deserializer::from_str(json)).map_err(|error| {
            let text = error.to_string();
            text.split(' ').next().unwrap_or_default().to_owned()
        })
    }

    fn count(json: &str) -> Result<u32, String> {
        read(json, |d| Count::deserialize_as(d))
    }

    fn version(json: &str) -> Result<u64, String> {
        read(json, |d| Version::deserialize_as(d))
    }

    fn rials(json: &str) -> Result<u64, String> {
        read(json, |d| Rials::deserialize_as(d)).map(Rial::get)
    }

    #[test]
    fn a_number_of_a_message_is_whole_and_within_its_limit() {
        assert_eq!((count("7"), version("9007199254740991")), (Ok(7), Ok(9_007_199_254_740_991)));
        assert_eq!(rials("9223372036854775807"), Ok(9_223_372_036_854_775_807));
        for (found, why) in [
            (count("-1").err(), reason::NEGATIVE),
            (count("4294967296").err(), reason::TOO_LARGE),
            (count("1.5").err(), reason::NOT_A_NUMBER),
            (count("\"7\"").err(), reason::NOT_A_NUMBER),
            (version("9007199254740992").err(), reason::TOO_LARGE),
            (version("-9007199254740992").err(), reason::NEGATIVE),
            (rials("9223372036854775808").err(), reason::TOO_LARGE),
            (rials("99999999999999999999").err(), reason::TOO_LARGE),
            (rials("-99999999999999999999").err(), reason::NEGATIVE),
            (rials("0.5").err(), reason::NOT_A_NUMBER),
        ] {
            assert_eq!(found.as_deref(), Some(why));
        }
    }

    #[test]
    fn a_number_of_a_file_has_digits_only() {
        assert_eq!(whole_number("0012"), Ok(12));
        for minus in ["-1", "\u{2011}1", "\u{2212}1"] {
            assert_eq!(whole_number(minus), Err(reason::NEGATIVE));
        }
        for text in ["", "-", "1.5", "+1", "1e3", "1,000", "x"] {
            assert_eq!(whole_number(text), Err(reason::NOT_A_NUMBER), "{text}");
        }
        assert_eq!(whole_number("99999999999999999999"), Err(reason::TOO_LARGE));
    }
}
