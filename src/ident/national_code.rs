//! کد ملی (national code): ten digits, the last of which is a check digit.

use std::fmt;
use std::str::FromStr;

/// A valid national code. Its text keeps the leading zeros. The order by number is the order by text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NationalCode(u64);

/// Why a text is not a national code. The error does not contain the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NationalCodeError {
    NotDigits,
    /// Not 10 digits, and not 8 or 9 digits without leading zeros.
    Length,
    CheckDigit,
}

impl NationalCode {
    /// The value for a bigint column.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        // The value is at most 9,999,999,999, so the sign bit is never set.
        self.0.cast_signed()
    }

    /// From a bigint column that Peyvand wrote. `None` if the number is not a valid national code.
    #[must_use]
    pub fn from_i64(n: i64) -> Option<Self> {
        u64::try_from(n).ok().and_then(Self::checked)
    }

    /// Computes the check digit from the nine leading digits (for generators). `None` above `999_999_999`, and for 0,
    /// whose code would be 0000000000.
    #[must_use]
    pub fn with_check_digit(nine: u32) -> Option<Self> {
        (1..=999_999_999).contains(&nine).then(|| {
            let nine = u64::from(nine);
            Self(nine * 10 + check_digit(nine))
        })
    }

    fn checked(number: u64) -> Option<Self> {
        // Every code of ten equal digits has a correct check digit. Only 0000000000 is not assigned to a person.
        let is_valid = (1..=9_999_999_999).contains(&number) && check_digit(number / 10) == number % 10;
        is_valid.then_some(Self(number))
    }
}

/// The sum Σ d[i]·(10−i) over the nine leading digits, modulo 11, is r. The check digit is r if r < 2, else 11 − r.
fn check_digit(mut nine: u64) -> u64 {
    let mut sum = 0;
    for weight in 2..=10 {
        sum += (nine % 10) * weight;
        nine /= 10;
    }
    match sum % 11 {
        r @ (0 | 1) => r,
        r => 11 - r,
    }
}

impl FromStr for NationalCode {
    type Err = NationalCodeError;

    fn from_str(text: &str) -> Result<Self, NationalCodeError> {
        let mut number = 0_u64;
        let mut length = 0_u32;
        for c in text.trim().chars().filter(|&c| !super::text::is_invisible(c)) {
            let digit = super::text::digit_value(c).ok_or(NationalCodeError::NotDigits)?;
            // The number may wrap beyond ten digits: the length check then rejects the text.
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            length = length.saturating_add(1);
        }
        if !(8..=10).contains(&length) {
            return Err(NationalCodeError::Length);
        }
        Self::checked(number).ok_or(NationalCodeError::CheckDigit)
    }
}

impl fmt::Display for NationalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl fmt::Debug for NationalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NationalCode(**)")
    }
}

impl fmt::Display for NationalCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDigits => "a national code contains only digits",
            Self::Length => "a national code has ten digits",
            Self::CheckDigit => "the national code's check digit is wrong",
        })
    }
}

impl std::error::Error for NationalCodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_codes() {
        // The last code has the remainder 1. Its check digit is the remainder itself, so the sum with the check digit
        // is not a multiple of 11.
        for good in ["4398013083", "0012345679", "1111111111", "9999999999", "1234567891"] {
            let code: NationalCode = good.parse().unwrap();
            assert_eq!(code.to_string(), good);
            assert_eq!(NationalCode::from_i64(code.to_i64()), Some(code));
        }
        for bad in ["0012345678", "1234567890", "4160476164", "0000000000"] {
            assert_eq!(bad.parse::<NationalCode>(), Err(NationalCodeError::CheckDigit), "{bad}");
            assert_eq!(NationalCode::from_i64(bad.parse().unwrap()), None);
        }
    }

    #[test]
    fn as_people_write_it() {
        let code: NationalCode = "0012345679".parse().unwrap();
        for text in
            ["12345679", "012345679", " 0012345679 ", "۰۰۱۲۳۴۵۶۷۹", "٠٠١٢٣٤٥٦٧٩", "\u{200f}00123\u{ad}45679"]
        {
            assert_eq!(text.parse(), Ok(code), "{text}");
        }
        for (text, why) in [
            ("", NationalCodeError::Length),
            ("1234567", NationalCodeError::Length),
            ("00012345679", NationalCodeError::Length),
            ("001234567x", NationalCodeError::NotDigits),
            ("-012345679", NationalCodeError::NotDigits),
            ("99999999999999999999999999", NationalCodeError::Length),
        ] {
            assert_eq!(text.parse::<NationalCode>(), Err(why), "{text}");
        }
        assert_eq!(format!("{code:?}"), "NationalCode(**)");
    }

    proptest! {
        #[test]
        fn a_generated_code_parses_and_one_wrong_digit_is_rejected(
            nine in 1_u32..=999_999_999,
            at in 0_usize..10,
            by in 1_u8..10,
        ) {
            let code = NationalCode::with_check_digit(nine).unwrap();
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            let mut wrong = code.to_string().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            // The remainders 1 and 10 have the same check digit 1. The check digit detects all other single-digit
            // errors.
            if let Ok(other) = wrong.parse::<NationalCode>() {
                prop_assert!(at < 9 && other.to_i64() % 10 == 1 && code.to_i64() % 10 == 1);
            }
        }
    }

    #[test]
    fn rejects_numbers_outside_the_range() {
        assert_eq!(NationalCode::with_check_digit(0), None);
        assert_eq!(NationalCode::with_check_digit(1_000_000_000), None);
        assert_eq!(NationalCode::from_i64(-1), None);
    }
}
