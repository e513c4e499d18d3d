//! Amounts in integer rials, with checked arithmetic (R12).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// An amount in whole rials. It is never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rial(u64);

/// The text is not a plain number of rials from 0 to 9,223,372,036,854,775,807.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RialError;

impl Rial {
    pub const ZERO: Rial = Rial(0);
    /// The largest amount: 2^63 − 1 rials.
    pub const MAX: Rial = Rial(i64::MAX.cast_unsigned());

    /// `None` above [`Rial::MAX`], which is the largest value of PostgreSQL's bigint.
    #[must_use]
    pub fn new(rials: u64) -> Option<Rial> {
        (rials <= i64::MAX.cast_unsigned()).then_some(Rial(rials))
    }

    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// `None` if the sum is above [`Rial::MAX`].
    #[must_use]
    pub fn checked_add(self, other: Rial) -> Option<Rial> {
        self.0.checked_add(other.0).and_then(Rial::new)
    }

    /// `None` if the product is above [`Rial::MAX`].
    #[must_use]
    pub fn checked_mul(self, times: u32) -> Option<Rial> {
        self.0.checked_mul(u64::from(times)).and_then(Rial::new)
    }

    /// Divides and truncates to whole rials.
    #[must_use]
    pub fn divided_by(self, n: NonZeroU32) -> Rial {
        Rial(self.0 / u64::from(n.get()))
    }

    /// The value for a bigint column.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        // No value is above i64::MAX, so the sign bit is never set.
        self.0.cast_signed()
    }

    /// From a bigint column. `None` if the number is negative.
    #[must_use]
    pub fn from_i64(rials: i64) -> Option<Rial> {
        u64::try_from(rials).ok().map(Rial)
    }
}

impl fmt::Display for Rial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Rial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Rial {
    type Err = RialError;

    fn from_str(text: &str) -> Result<Self, RialError> {
        // The parser of u64 would accept a plus sign.
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RialError);
        }
        text.parse().ok().and_then(Rial::new).ok_or(RialError)
    }
}

impl fmt::Display for RialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an amount in whole rials")
    }
}

impl std::error::Error for RialError {}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_RIALS: u64 = i64::MAX.cast_unsigned();

    #[test]
    fn amounts_above_the_maximum_are_rejected() {
        let max = Rial::MAX;
        assert_eq!(Rial::new(MAX_RIALS), Some(max));
        assert_eq!(Rial::new(MAX_RIALS + 1), None);
        assert_eq!(max.checked_add(Rial::new(1).unwrap()), None);
        assert_eq!(max.checked_mul(2), None);
        assert_eq!(Rial::from_i64(max.to_i64()), Some(max));
        assert_eq!(Rial::from_i64(-1), None);
    }

    #[test]
    fn division_truncates() {
        let n = NonZeroU32::new(24).unwrap();
        assert_eq!(Rial::new(47).unwrap().divided_by(n), Rial::new(1).unwrap());
        assert_eq!(Rial::new(103_909_680 * 24).unwrap().divided_by(n).get(), 103_909_680);
    }

    #[test]
    fn parses_only_plain_digits() {
        assert_eq!("103909680".parse::<Rial>().unwrap().to_string(), "103909680");
        for text in ["", "+1", "-1", "1.0", "1,000", "9223372036854775808", "۱"] {
            assert_eq!(text.parse::<Rial>(), Err(RialError), "{text}");
        }
        assert!(RialError.to_string().contains("whole rials"));
        // `Debug` shows the number, for assertion messages and logs.
        assert_eq!(format!("{:?}", Rial::MAX), Rial::MAX.to_string());
    }
}
