//! کد ملی: ten digits with a check digit.

use std::fmt;
use std::str::FromStr;

/// A valid national code; leading zeros are kept in its text. Ordered by number (= by text).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NationalCode(u64);

/// Why a text is no national code; never the text itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NationalCodeError {
    NotDigits,
    /// Not 10 digits, nor 8 or 9 that lost their leading zeros.
    Length,
    CheckDigit,
}

impl NationalCode {
    /// For bigint columns.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        // At most 9,999,999,999: the sign bit is never set.
        self.0.cast_signed()
    }

    /// From a bigint column that we wrote ourselves.
    #[must_use]
    pub fn from_i64(n: i64) -> Option<Self> {
        u64::try_from(n).ok().and_then(Self::checked)
    }

    /// With the check digit computed from nine leading digits (for generators). None above `999_999_999`, or where it would be 0000000000.
    #[must_use]
    pub fn with_check_digit(nine: u32) -> Option<Self> {
        (1..=999_999_999).contains(&nine).then(|| {
            let nine = u64::from(nine);
            Self(nine * 10 + check_digit(nine))
        })
    }

    fn checked(number: u64) -> Option<Self> {
        // All repdigits pass the sum; only that of zeros is nobody's.
        let good = (1..=9_999_999_999).contains(&number) && check_digit(number / 10) == number % 10;
        good.then_some(Self(number))
    }
}

/// Σ d[i]·(10−i) over the nine leading digits; r = Σ mod 11; r itself below 2, else 11 − r.
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
        for c in text.trim().chars() {
            let digit = super::text::digit_value(c).ok_or(NationalCodeError::NotDigits)?;
            // Past ten digits only the length is wanted.
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
            Self::NotDigits => "a national code has digits only",
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
        // The last one's remainder is 1: its check digit is the remainder itself, and no multiple of eleven comes out.
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
        for text in ["12345679", "012345679", " 0012345679 ", "۰۰۱۲۳۴۵۶۷۹", "٠٠١٢٣٤٥٦٧٩"]
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
        fn a_made_code_is_read_back_and_one_wrong_digit_is_not(nine in 1_u32..=999_999_999, at in 0_usize..10, by in 1_u8..10) {
            let code = NationalCode::with_check_digit(nine).unwrap();
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            let mut wrong = code.to_string().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            // Remainders 1 and 10 share the digit 1: the only single errors that the sum cannot see.
            if let Ok(other) = wrong.parse::<NationalCode>() {
                prop_assert!(at < 9 && other.to_i64() % 10 == 1 && code.to_i64() % 10 == 1);
            }
        }
    }

    #[test]
    fn no_code_beyond_the_range() {
        assert_eq!(NationalCode::with_check_digit(0), None);
        assert_eq!(NationalCode::with_check_digit(1_000_000_000), None);
        assert_eq!(NationalCode::from_i64(-1), None);
    }
}
