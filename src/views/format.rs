//! Formats amounts, counts and instants for people.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::clock::Clock;

/// A number with thousands separators: `103,909,680`.
pub fn grouped(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount in tomans. A toman is ten rials; remaining rials are the decimal digit.
pub fn tomans(rial: u64) -> String {
    match rial % 10 {
        0 => grouped(rial / 10),
        rest => format!("{}.{rest}", grouped(rial / 10)),
    }
}

/// `103,909,680 rials (10,390,968 tomans)`.
pub fn money(rial: u64) -> String {
    format!("{} rials ({} tomans)", grouped(rial), tomans(rial))
}

/// An amount in rials from a `bigint` that is never negative.
pub fn rial(number: i64) -> u64 {
    number.unsigned_abs()
}

/// An instant: RFC 3339 for programs, and Solar date with Tehran time for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TehranTime {
    rfc3339: String,
    solar: String,
}

impl TehranTime {
    pub fn of(clock: &Clock, at: Timestamp) -> Self {
        let rfc3339 = clock.tehran(at);
        let time = rfc3339.get(11..16).unwrap_or_default();
        let solar = clock.solar_date_of(at).map_or_else(|_| rfc3339.clone(), |day| format!("{day} {time}"));
        Self { rfc3339, solar }
    }

    /// The Solar date without the time.
    pub fn day(&self) -> &str {
        self.solar.split(' ').next().unwrap_or_default()
    }
}

impl std::fmt::Display for TehranTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.solar)
    }
}

impl Serialize for TehranTime {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.rfc3339)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_formatted_for_people() {
        assert_eq!(money(103_909_680), "103,909,680 rials (10,390,968 tomans)");
        assert_eq!(money(1_234_567), "1,234,567 rials (123,456.7 tomans)");
        assert_eq!(
            (grouped(0), grouped(999), grouped(-1000)),
            ("0".to_owned(), "999".to_owned(), "-1,000".to_owned())
        );
    }

    #[test]
    fn an_instant_has_the_date_in_tehran() {
        let clock = Clock::new(Some("1404-08-01".parse().unwrap())).unwrap();
        let time = TehranTime::of(&clock, "2025-10-23T20:31:00Z".parse().unwrap());
        assert_eq!((time.to_string().as_str(), time.day()), ("1404-08-02 00:01", "1404-08-02"));
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2025-10-24T00:01:00+03:30\"");
    }
}
