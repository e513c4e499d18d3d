//! The outcome of a claim.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    Approved,
    /// The law does not grant the allowance.
    Refused,
    /// A fact is missing that arrives without an action of the person.
    Pending,
    /// The person is eligible and must complete something.
    Waiting,
    /// An officer must review the claim.
    ManualReview,
}

impl Outcome {
    pub const ALL: [Outcome; 5] =
        [Self::Approved, Self::Refused, Self::Pending, Self::Waiting, Self::ManualReview];

    /// The string of the contract, e.g. `MANUAL_REVIEW`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Refused => "REFUSED",
            Self::Pending => "PENDING",
            Self::Waiting => "WAITING",
            Self::ManualReview => "MANUAL_REVIEW",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A string that is not a code of the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a code of the contract")]
pub struct UnknownCode;

impl FromStr for Outcome {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text).ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_those_of_the_contract() {
        let strings = ["APPROVED", "REFUSED", "PENDING", "WAITING", "MANUAL_REVIEW"];
        assert_eq!(Outcome::ALL.map(|outcome| outcome.to_string()), strings);
        assert_eq!(strings.map(str::parse), Outcome::ALL.map(Ok));
        assert_eq!("approved".parse::<Outcome>(), Err(UnknownCode));
    }
}
