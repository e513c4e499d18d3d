//! The serialized forms of identifiers, dates, instants and codes of closed lists.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::ser::Serializer;

use super::{CanonicalText, reason};
use crate::claim::codes::{
    CaseKind, DeliveryStatus, OfficeKind, Ownership, PaymentOutcome, Permanence, SmsKind, Status,
};
use crate::claim::outcome::Outcome;
use crate::claim::reason::ReasonCode;
use crate::ident::national_code::NationalCodeError;
use crate::ident::{InsuranceNumber, NationalCode};
use crate::law::{InsuranceType, SolarDate, SolarMonth};
use crate::wire::files::FileKind;

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Exactly ten ASCII digits. The publisher pads codes and converts digits before it sends a message.
impl CanonicalText for NationalCode {
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

/// The error code of an invalid national code.
pub fn national_code_fault(error: NationalCodeError) -> &'static str {
    match error {
        NationalCodeError::CheckDigit => reason::BAD_CHECK_DIGIT,
        NationalCodeError::NotDigits | NationalCodeError::Length => reason::NOT_A_CODE,
    }
}

impl CanonicalText for InsuranceNumber {
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

impl CanonicalText for SolarDate {
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

impl CanonicalText for SolarMonth {
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

/// Writes a number right-aligned with leading zeros. A decision contains up to 61 months, and `fmt` would take longer
/// than the rest of its serialization.
fn write_digits(buffer: &mut [u8], mut number: u64) {
    for digit in buffer.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn serialize_ascii<S: Serializer>(buffer: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(std::str::from_utf8(buffer).map_err(serde::ser::Error::custom)?)
}

/// Whether the text has the shape `YYYY-MM-DDThh:mm:ss[.f](Z|±hh:mm)`. jiff also reads other forms (RFC 9557 and more).
fn is_rfc3339(text: &str) -> bool {
    let shape: Vec<u8> =
        text.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b.to_ascii_uppercase() }).collect();
    let Some((moment, rest)) = shape.split_at_checked(19) else {
        return false;
    };
    let fraction =
        rest.strip_prefix(b".").map_or(0, |rest| 1 + rest.iter().take_while(|b| **b == b'0').count());
    moment == b"0000-00-00T00:00:00"
        && fraction != 1
        && matches!(&rest[fraction..], b"Z" | b"+00:00" | b"-00:00")
}

/// RFC 3339 with an offset, without the bracketed zone of RFC 9557, truncated to microseconds. The database stores
/// microseconds, so two instants that differ by less are equal here too. The database has no year 0, and nothing was
/// paid before the year 1000.
impl CanonicalText for Timestamp {
    fn read(text: &str) -> Result<Self, &'static str> {
        if !is_rfc3339(text) {
            return Err(reason::NO_SUCH_DATE);
        }
        let at: Self = text.parse().map_err(|_| reason::NO_SUCH_DATE)?;
        let at = Self::from_microsecond(at.as_microsecond()).map_err(|_| reason::NO_SUCH_DATE)?;
        let year = at.to_zoned(TimeZone::UTC).year();
        if (1000..=9999).contains(&year) { Ok(at) } else { Err(reason::NO_SUCH_DATE) }
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Codes of closed lists: read by `FromStr`, written by `as_str()`.
macro_rules! codes {
    ($($name:ty),+) => { $(
        impl CanonicalText for $name {
            fn read(text: &str) -> Result<Self, &'static str> {
                text.parse().map_err(|_| reason::UNKNOWN_WORD)
            }
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+ };
}
codes!(
    Status,
    OfficeKind,
    Permanence,
    Ownership,
    PaymentOutcome,
    DeliveryStatus,
    CaseKind,
    SmsKind,
    Outcome,
    ReasonCode,
    InsuranceType,
    FileKind
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_the_precision_and_range_of_the_database() {
        let read = |text: &str| Timestamp::read(text).map(|at| at.to_string());
        assert_eq!(read("2025-10-24T10:00:00.1234569+03:30"), Ok("2025-10-24T06:30:00.123456Z".to_owned()));
        assert_eq!(read("1000-01-01T00:00:00Z"), Ok("1000-01-01T00:00:00Z".to_owned()));
        for outside in ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+03:30", "1000-01-01T00:00:00+00:01"] {
            assert_eq!(read(outside), Err(reason::NO_SUCH_DATE), "{outside}");
        }
    }
}
