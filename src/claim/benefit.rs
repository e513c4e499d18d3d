//! The benefits that this service pays.
//!
//! Every key that makes a payment once-only names the benefit: claims, payments, documents, batches and vouchers. A
//! further benefit is a new variant, its rules in a file of its own, and the match arms that the compiler then names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::outcome::UnknownCode;
use crate::law::SolarMonth;

/// A benefit. Its stored form is its position in this list, so the order of the variants never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Benefit {
    /// The marriage allowance of Article 85 of the Social Security Act.
    MarriageAllowance,
    /// A flat grant that exists only in test builds. It proves that a second benefit needs no change in `store`, `app`,
    /// `kafka` or `http`.
    #[cfg(feature = "failpoints")]
    SampleGrant,
}

impl Benefit {
    #[cfg(not(feature = "failpoints"))]
    pub const ALL: &[Self] = &[Self::MarriageAllowance];
    #[cfg(feature = "failpoints")]
    pub const ALL: &[Self] = &[Self::MarriageAllowance, Self::SampleGrant];

    /// The benefits of a release build.
    pub const RELEASED: &[Self] = &[Self::MarriageAllowance];

    /// The code of the contract, e.g. `marriage_allowance`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MarriageAllowance => "marriage_allowance",
            #[cfg(feature = "failpoints")]
            Self::SampleGrant => "sample_grant",
        }
    }

    /// The account that a voucher debits.
    pub fn expense_account(self) -> &'static str {
        match self {
            Self::MarriageAllowance => "short_term_benefits.marriage_allowance",
            #[cfg(feature = "failpoints")]
            Self::SampleGrant => "short_term_benefits.sample_grant",
        }
    }

    /// The id of the batch of documents of this benefit that the close of `month` issues.
    pub fn batch_id(self, month: SolarMonth) -> String {
        format!("{self}-{month}")
    }

    /// The benefit of a batch id; `None` if no benefit has this id in `month`.
    pub fn of_batch(batch_id: &str, month: SolarMonth) -> Option<Self> {
        Self::ALL.iter().copied().find(|benefit| benefit.batch_id(month) == batch_id)
    }
}

impl fmt::Display for Benefit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Benefit {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|benefit| benefit.as_str() == text).ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_id_names_its_benefit_and_month() {
        let month: SolarMonth = "1404-07".parse().unwrap();
        assert_eq!(Benefit::MarriageAllowance.batch_id(month), "marriage_allowance-1404-07");
        for benefit in Benefit::ALL {
            assert_eq!(Benefit::of_batch(&benefit.batch_id(month), month), Some(*benefit));
            assert_eq!(Benefit::of_batch(&benefit.batch_id(month), month.next()), None);
            assert_eq!(benefit.to_string().parse(), Ok(*benefit));
        }
        assert_eq!(Benefit::of_batch("funeral_grant-1404-07", month), None);
    }
}
