//! شماره بیمه (insurance number): text of ten digits, padded with zeros on the left.

use std::fmt;
use std::str::FromStr;

/// An insurance number, always with ten digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InsuranceNumber(String);

/// The text is not one to ten digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InsuranceNumberError;

impl InsuranceNumber {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InsuranceNumber {
    type Err = InsuranceNumberError;

    fn from_str(text: &str) -> Result<Self, InsuranceNumberError> {
        let digits = super::text::number_text(text);
        let is_valid = (1..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if is_valid { Ok(Self(format!("{digits:0>10}"))) } else { Err(InsuranceNumberError) }
    }
}

impl fmt::Display for InsuranceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for InsuranceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InsuranceNumber(**)")
    }
}

impl fmt::Display for InsuranceNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an insurance number has one to ten digits")
    }
}

impl std::error::Error for InsuranceNumberError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_with_zeros_and_converts_digits() {
        for text in ["0012345678", "12345678", "۱۲۳۴۵۶۷۸", " 12345678", "1234\u{200f}5678"] {
            assert_eq!(text.parse::<InsuranceNumber>().unwrap().as_str(), "0012345678", "{text}");
        }
        for text in ["", "12345678901", "12a", "1 2", "+1"] {
            assert_eq!(text.parse::<InsuranceNumber>(), Err(InsuranceNumberError), "{text}");
        }
        assert_eq!(format!("{:?}", "1".parse::<InsuranceNumber>().unwrap()), "InsuranceNumber(**)");
    }
}
