//! The serialized forms of identifiers, dates, instants and codes of closed lists.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::ser::Serializer;
use uuid::Uuid;

use super::{CanonicalText, is_sha256_hex, plausibility, reason};
use crate::claim::codes::{
    CaseKind, DeliveryStatus, EndingOutcome, OfficeKind, Ownership, PaymentOutcome, Permanence, PictureKind,
    SmsKind, Status, Verdict,
};
use crate::claim::objection::Disputed;
use crate::claim::outcome::Outcome;
use crate::claim::reason::ReasonCode;
use crate::ident::national_code::NationalCodeError;
use crate::ident::{InsuranceNumber, NationalCode};
use crate::law::{CalendarError, InsuranceType, SolarDate, SolarMonth};
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

/// A text that is not `YYYY-MM-DD` or `YYYY-MM` has another form: one digit for a month, slashes, a time behind the day.
fn calendar_fault(error: CalendarError) -> &'static str {
    match error {
        CalendarError::NotADate => reason::WRONG_FORM,
        CalendarError::NoSuchDate | CalendarError::OutOfRange => reason::NO_SUCH_DATE,
    }
}

impl CanonicalText for SolarDate {
    fn read(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(calendar_fault)
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
        text.parse().map_err(calendar_fault)
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

/// Checks the shape `YYYY-MM-DDThh:mm:ss[.f](Z|±hh:mm)`. jiff also reads other forms (RFC 9557 and more).
fn check_rfc3339(text: &str) -> Result<(), &'static str> {
    let shape: Vec<u8> =
        text.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b.to_ascii_uppercase() }).collect();
    let Some((b"0000-00-00T00:00:00", rest)) = shape.split_at_checked(19) else {
        return Err(reason::WRONG_FORM);
    };
    let fraction =
        rest.strip_prefix(b".").map_or(0, |rest| 1 + rest.iter().take_while(|b| **b == b'0').count());
    match &rest[fraction..] {
        _ if fraction == 1 => Err(reason::WRONG_FORM),
        b"Z" | b"+00:00" | b"-00:00" => Ok(()),
        b"" => Err(reason::NO_OFFSET),
        _ => Err(reason::WRONG_FORM),
    }
}

/// RFC 3339 with an offset, without the bracketed zone of RFC 9557, truncated to microseconds, from 2000 on. The
/// database stores microseconds, so two instants that differ by less are equal here too.
impl CanonicalText for Timestamp {
    fn read(text: &str) -> Result<Self, &'static str> {
        check_rfc3339(text)?;
        let at: Self = text.parse().map_err(|_| reason::NO_SUCH_DATE)?;
        let at = Self::from_microsecond(at.as_microsecond()).map_err(|_| reason::NO_SUCH_DATE)?;
        plausibility::not_before_2000(at)?;
        if at.to_zoned(TimeZone::UTC).year() <= 9999 { Ok(at) } else { Err(reason::NO_SUCH_DATE) }
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A SHA-256 digest: 64 lower-case hex digits.
pub type Sha256 = [u8; 32];

impl CanonicalText for Sha256 {
    fn read(text: &str) -> Result<Self, &'static str> {
        let mut digest = [0; 32];
        if !is_sha256_hex(text) || hex::decode_to_slice(text, &mut digest).is_err() {
            return Err(reason::NOT_A_CODE);
        }
        Ok(digest)
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self))
    }
}

/// A UUID in its one form: lower case, with hyphens.
impl CanonicalText for Uuid {
    fn read(text: &str) -> Result<Self, &'static str> {
        let id = Uuid::try_parse(text).map_err(|_| reason::NOT_A_CODE)?;
        if id.to_string() == text { Ok(id) } else { Err(reason::NOT_A_CODE) }
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
    Verdict,
    EndingOutcome,
    PictureKind,
    Disputed,
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
        for (text, stored) in [
            ("2025-10-24T10:00:00.1234569+03:30", "2025-10-24T06:30:00.123456Z"),
            ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp::read(text).unwrap().to_string(), stored);
        }
    }

    #[test]
    fn instants_of_another_form_and_instants_that_do_not_exist() {
        for (text, why) in [
            ("2025-11-01T09:00:00", reason::NO_OFFSET),
            ("2025-11-01T09:00:00.5", reason::NO_OFFSET),
            ("2025-11-01", reason::WRONG_FORM),
            ("2025-11-01 09:00:00Z", reason::WRONG_FORM),
            ("2025-11-1T09:00:00Z", reason::WRONG_FORM),
            ("2025-11-01T09:00Z", reason::WRONG_FORM),
            ("2025-11-01T09:00:00.Z", reason::WRONG_FORM),
            ("2025-11-01T09:00:00+0330", reason::WRONG_FORM),
            ("2025-11-01T09:00:00Z[UTC]", reason::WRONG_FORM),
            ("", reason::WRONG_FORM),
            ("2025-02-30T09:00:00Z", reason::NO_SUCH_DATE),
            ("2025-11-01T25:00:00Z", reason::NO_SUCH_DATE),
            ("1999-12-31T23:59:59Z", reason::IMPLAUSIBLE_INSTANT),
            ("2000-01-01T00:00:00+03:30", reason::IMPLAUSIBLE_INSTANT),
            ("1404-08-10T09:00:00+03:30", reason::IMPLAUSIBLE_INSTANT),
        ] {
            assert_eq!(Timestamp::read(text), Err(why), "{text}");
        }
    }

    #[test]
    fn dates_of_another_form_and_dates_that_do_not_exist() {
        for text in [
            "1404-7-20",
            "1404/07/20",
            "1404-07-20T00:00:00",
            "1404-07-20 ",
            "20-07-1404",
            "1404-07",
            "soon",
            "۱۴۰۴-۰۷-۲۰",
        ] {
            assert_eq!(SolarDate::read(text), Err(reason::WRONG_FORM), "{text}");
        }
        for text in ["1404-12-30", "1404-13-01", "1404-00-01", "1404-07-31", "1100-01-01"] {
            assert_eq!(SolarDate::read(text), Err(reason::NO_SUCH_DATE), "{text}");
        }
        for text in ["1404-7", "1404/07", "1404-07-01", "140407"] {
            assert_eq!(SolarMonth::read(text), Err(reason::WRONG_FORM), "{text}");
        }
        assert_eq!(SolarMonth::read("1403-13"), Err(reason::NO_SUCH_DATE));
    }
}
