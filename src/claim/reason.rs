//! The reasons that a decision names, in the order of precedence, each with the outcome that it gives.

use std::fmt;
use std::str::FromStr;

use super::outcome::Outcome::{self, ManualReview, Pending, Refused, Waiting};
use super::outcome::UnknownCode;

/// What a rule found (R21). Its text is rendered elsewhere, so a change of wording never changes a decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    pub code: ReasonCode,
    /// The fact that was used.
    pub fact: String,
    /// Where the fact is from.
    pub source: &'static str,
    pub required: String,
    /// Every value that the texts of this reason name. Part of the answer's digest.
    pub parameters: Vec<(&'static str, String)>,
}

impl Reason {
    pub fn new(
        code: ReasonCode,
        source: &'static str,
        fact: impl Into<String>,
        required: impl Into<String>,
    ) -> Self {
        Self { code, fact: fact.into(), source, required: required.into(), parameters: Vec::new() }
    }

    /// Adds a value that the texts name.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.parameters.push((name, value.to_string()));
        self
    }
}

/// The order of the variants is the order of precedence, highest first. Decisions list reasons in it.
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

use ReasonCode as R;

/// Every reason with its string in the contract and the outcome that it gives.
const REASONS: [(ReasonCode, &str, Outcome); 26] = [
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
    /// All reasons, in the order of precedence.
    pub fn all() -> impl Iterator<Item = ReasonCode> {
        REASONS.iter().map(|(code, _, _)| *code)
    }

    /// The string of the contract, e.g. `NOT_FIRST_MARRIAGE`.
    pub fn as_str(self) -> &'static str {
        self.entry().1
    }

    /// The outcome of a claim whose highest reason this is.
    pub fn outcome(self) -> Outcome {
        self.entry().2
    }

    /// `REASONS` has the order of the variants; a test checks it.
    fn entry(self) -> &'static (ReasonCode, &'static str, Outcome) {
        &REASONS[self as usize]
    }
}

/// The outcome that the reason of highest precedence gives. Without a reason the claim is approved.
pub fn outcome_of(reasons: &[ReasonCode]) -> Outcome {
    reasons.iter().min().map_or(Outcome::Approved, |highest| highest.outcome())
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReasonCode {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::all().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_order_of_the_variants() {
        for (index, (code, string, _)) in REASONS.iter().enumerate() {
            assert_eq!(*code as usize, index);
            assert_eq!((string.parse(), code.to_string().as_str()), (Ok(*code), *string));
        }
    }

    #[test]
    fn the_highest_reason_gives_the_outcome() {
        assert_eq!(outcome_of(&[]), Outcome::Approved);
        assert_eq!(outcome_of(&[R::NotFirstMarriage, R::IdentityMismatch]), ManualReview);
        assert_eq!(outcome_of(&[R::PersonDeceased, R::AlreadyPaid]), Refused);
        assert_eq!(outcome_of(&[R::NoValidMobile, R::AwaitingWageList]), Pending);
    }
}
