//! Integer rials, checked. (R12)

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// An amount in whole rials, never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rial(u64);

/// Not a plain number of rials from 0 to 9,223,372,036,854,775,807.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RialError;

impl Rial {
    pub const ZERO: Rial = Rial(0);
    /// The bound of [`Rial::new`].
    pub const MAX: Rial = Rial(i64::MAX.cast_unsigned());

    /// At most 9.2e18, so that it fits PostgreSQL's bigint.
    #[must_use]
    pub fn new(rials: u64) -> Option<Rial> {
        (rials <= i64::MAX.cast_unsigned()).then_some(Rial(rials))
    }

    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// None where the sum passes the bound of [`Rial::new`].
    #[must_use]
    pub fn checked_add(self, other: Rial) -> Option<Rial> {
        self.0.checked_add(other.0).and_then(Rial::new)
    }

    /// None where the product passes the bound of [`Rial::new`].
    #[must_use]
    pub fn checked_mul(self, times: u32) -> Option<Rial> {
        self.0.checked_mul(u64::from(times)).and_then(Rial::new)
    }

    /// Truncated.
    #[must_use]
    pub fn divided_by(self, n: NonZeroU32) -> Rial {
        Rial(self.0 / u64::from(n.get()))
    }

    /// For bigint columns.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        // No value above i64::MAX can be made: the sign bit is never set.
        self.0.cast_signed()
    }

    /// From a bigint column; None where negative.
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
        // u64's own parser would let a plus sign through.
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

    const MOST: u64 = i64::MAX.cast_unsigned();

    #[test]
    fn nothing_passes_the_bound() {
        let most = Rial::MAX;
        assert_eq!(Rial::new(MOST), Some(most));
        assert_eq!(Rial::new(MOST + 1), None);
        assert_eq!(most.checked_add(Rial::new(1).unwrap()), None);
        assert_eq!(most.checked_mul(2), None);
        assert_eq!(Rial::from_i64(most.to_i64()), Some(most));
        assert_eq!(Rial::from_i64(-1), None);
    }

    #[test]
    fn division_truncates() {
        let n = NonZeroU32::new(24).unwrap();
        assert_eq!(Rial::new(47).unwrap().divided_by(n), Rial::new(1).unwrap());
        assert_eq!(Rial::new(103_909_680 * 24).unwrap().divided_by(n).get(), 103_909_680);
    }

    #[test]
    fn only_plain_digits_are_read() {
        assert_eq!("103909680".parse::<Rial>().unwrap().to_string(), "103909680");
        for text in ["", "+1", "-1", "1.0", "1,000", "9223372036854775808", "۱"] {
            assert_eq!(text.parse::<Rial>(), Err(RialError), "{text}");
        }
        assert!(RialError.to_string().contains("whole rials"));
        // What a failing test and a log show is the number.
        assert_eq!(format!("{:?}", Rial::MAX), Rial::MAX.to_string());
    }
}
