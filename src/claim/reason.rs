//! The grounds that a decision can name, each on the line of precedence where it stands.

use std::fmt;
use std::str::FromStr;

/// What became of a claim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    Approved,
    /// The law does not give it.
    Refused,
    /// A fact that will come by itself is missing.
    Pending,
    /// Eligible; the insured person must complete something.
    Waiting,
    /// A person must look.
    ManualReview,
}

/// A ground. The order of the variants is the order in which grounds are listed: the lines of precedence, top down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReasonCode {
    IdentityMismatch,
    ConflictingRecords,
    MarriageNotPermanent,
    MarriageNotRegistered,
    NotFirstMarriage,
    EmploymentEnded,
    InsuranceTypeNotCovered,
    InsufficientContributionDays,
    AlreadyPaid,
    NotInsured,
    RecordWithdrawn,
    RegisteredByAcknowledgement,
    MarriageAnnulled,
    PersonDeceased,
    SpouseHasNoNationalCode,
    RegistryDateMismatch,
    AwaitingWageList,
    NotConfirmedByRegistry,
    OutsideKnownTables,
    AccountCheckPending,
    MobileCheckPending,
    NoValidAccount,
    AccountNotOwned,
    NoValidMobile,
    MobileNotOwned,
    PaymentReturned,
}

use Outcome::{ManualReview, Pending, Refused, Waiting};
use ReasonCode as R;

/// Every ground with its word in the contract and the outcome that its line gives.
const GROUNDS: [(ReasonCode, &str, Outcome); 26] = [
    (R::IdentityMismatch, "IDENTITY_MISMATCH", ManualReview),
    (R::ConflictingRecords, "CONFLICTING_RECORDS", ManualReview),
    (R::MarriageNotPermanent, "MARRIAGE_NOT_PERMANENT", Refused),
    (R::MarriageNotRegistered, "MARRIAGE_NOT_REGISTERED", Refused),
    (R::NotFirstMarriage, "NOT_FIRST_MARRIAGE", Refused),
    (R::EmploymentEnded, "EMPLOYMENT_ENDED", Refused),
    (R::InsuranceTypeNotCovered, "INSURANCE_TYPE_NOT_COVERED", Refused),
    (R::InsufficientContributionDays, "INSUFFICIENT_CONTRIBUTION_DAYS", Refused),
    (R::AlreadyPaid, "ALREADY_PAID", Refused),
    (R::NotInsured, "NOT_INSURED", Refused),
    (R::RecordWithdrawn, "RECORD_WITHDRAWN", Refused),
    (R::RegisteredByAcknowledgement, "REGISTERED_BY_ACKNOWLEDGEMENT", ManualReview),
    (R::MarriageAnnulled, "MARRIAGE_ANNULLED", ManualReview),
    (R::PersonDeceased, "PERSON_DECEASED", ManualReview),
    (R::SpouseHasNoNationalCode, "SPOUSE_HAS_NO_NATIONAL_CODE", ManualReview),
    (R::RegistryDateMismatch, "REGISTRY_DATE_MISMATCH", ManualReview),
    (R::AwaitingWageList, "AWAITING_WAGE_LIST", Pending),
    (R::NotConfirmedByRegistry, "NOT_CONFIRMED_BY_REGISTRY", Pending),
    (R::OutsideKnownTables, "OUTSIDE_KNOWN_TABLES", Pending),
    (R::AccountCheckPending, "ACCOUNT_CHECK_PENDING", Pending),
    (R::MobileCheckPending, "MOBILE_CHECK_PENDING", Pending),
    (R::NoValidAccount, "NO_VALID_ACCOUNT", Waiting),
    (R::AccountNotOwned, "ACCOUNT_NOT_OWNED", Waiting),
    (R::NoValidMobile, "NO_VALID_MOBILE", Waiting),
    (R::MobileNotOwned, "MOBILE_NOT_OWNED", Waiting),
    (R::PaymentReturned, "PAYMENT_RETURNED", Waiting),
];

impl ReasonCode {
    /// All of them, in the order of precedence.
    pub fn all() -> impl Iterator<Item = ReasonCode> {
        GROUNDS.iter().map(|(code, _, _)| *code)
    }

    /// The word of the contract, e.g. `NOT_FIRST_MARRIAGE`.
    pub fn as_str(self) -> &'static str {
        self.entry().1
    }

    /// The outcome of the line on which this ground stands.
    pub fn outcome(self) -> Outcome {
        self.entry().2
    }

    /// `GROUNDS` is written in the order of the variants; a test holds it there.
    fn entry(self) -> &'static (ReasonCode, &'static str, Outcome) {
        &GROUNDS[self as usize]
    }
}

impl Outcome {
    pub const ALL: [Outcome; 5] = [Self::Approved, Refused, Pending, Waiting, ManualReview];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Refused => "REFUSED",
            Self::Pending => "PENDING",
            Self::Waiting => "WAITING",
            Self::ManualReview => "MANUAL_REVIEW",
        }
    }

    /// The first line that has a ground gives the outcome; `grounds` are in the order of the lines.
    pub fn of(grounds: &[ReasonCode]) -> Outcome {
        grounds.iter().min().map_or(Self::Approved, |first| first.outcome())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no outcome or ground.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a word of the contract")]
pub struct UnknownCode;

impl FromStr for Outcome {
    type Err = UnknownCode;
    fn from_str(word: &str) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word).ok_or(UnknownCode)
    }
}

impl FromStr for ReasonCode {
    type Err = UnknownCode;
    fn from_str(word: &str) -> Result<Self, UnknownCode> {
        Self::all().find(|code| code.as_str() == word).ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_stand_in_the_order_of_their_variants() {
        for (place, (code, word, _)) in GROUNDS.iter().enumerate() {
            assert_eq!(*code as usize, place);
            assert_eq!((word.parse(), code.to_string().as_str()), (Ok(*code), *word));
        }
    }

    #[test]
    fn outcomes_have_the_words_of_the_contract() {
        let words = ["APPROVED", "REFUSED", "PENDING", "WAITING", "MANUAL_REVIEW"];
        assert_eq!(Outcome::ALL.map(|outcome| outcome.to_string()), words);
        assert_eq!(words.map(str::parse), Outcome::ALL.map(Ok));
        assert_eq!("approved".parse::<Outcome>(), Err(UnknownCode));
    }

    #[test]
    fn the_highest_line_gives_the_outcome() {
        assert_eq!(Outcome::of(&[]), Outcome::Approved);
        assert_eq!(Outcome::of(&[R::NotFirstMarriage, R::IdentityMismatch]), ManualReview);
        assert_eq!(Outcome::of(&[R::PersonDeceased, R::AlreadyPaid]), Refused);
        assert_eq!(Outcome::of(&[R::NoValidMobile, R::AwaitingWageList]), Pending);
    }
}
