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
    /// An approved finding confirms the reason: it refuses the claim, whatever outcome its code gives.
    pub confirmed: bool,
}

impl Reason {
    pub fn new(
        code: ReasonCode,
        source: &'static str,
        fact: impl Into<String>,
        required: impl Into<String>,
    ) -> Self {
        Self {
            code,
            fact: fact.into(),
            source,
            required: required.into(),
            parameters: Vec::new(),
            confirmed: false,
        }
    }

    /// The outcome of a claim whose highest reason this is.
    pub fn outcome(&self) -> Outcome {
        if self.confirmed { Outcome::Refused } else { self.code.outcome() }
    }

    /// The sort key of reasons, highest precedence first: the line, then the code.
    pub fn precedence(&self) -> (u8, ReasonCode) {
        let line = if self.confirmed { ReasonCode::AlreadyPaid.line() } else { self.code.line() };
        (line, self.code)
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

    /// The line of precedence, from 1. Doubt about identity precedes a refusal; any other review follows it.
    fn line(self) -> u8 {
        match self.outcome() {
            Outcome::ManualReview if self <= Self::ConflictingRecords => 1,
            Outcome::Refused => 2,
            Outcome::ManualReview => 3,
            Outcome::Pending => 4,
            Outcome::Waiting => 5,
            Outcome::Approved => 6,
        }
    }

    /// `REASONS` has the order of the variants; a test checks it.
    fn entry(self) -> &'static (ReasonCode, &'static str, Outcome) {
        &REASONS[self as usize]
    }
}

/// The outcome that the reason of highest precedence gives. Without a reason the claim is approved.
pub fn outcome_of(reasons: &[Reason]) -> Outcome {
    let highest = reasons.iter().min_by_key(|reason| reason.precedence());
    highest.map_or(Outcome::Approved, Reason::outcome)
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

    fn outcome(codes: &[ReasonCode]) -> Outcome {
        let reasons: Vec<_> = codes.iter().map(|code| Reason::new(*code, "", "", "")).collect();
        outcome_of(&reasons)
    }

    #[test]
    fn the_highest_reason_gives_the_outcome() {
        assert_eq!(outcome(&[]), Outcome::Approved);
        assert_eq!(outcome(&[R::NotFirstMarriage, R::IdentityMismatch]), ManualReview);
        assert_eq!(outcome(&[R::PersonDeceased, R::AlreadyPaid]), Refused);
        assert_eq!(outcome(&[R::NoValidMobile, R::AwaitingWageList]), Pending);
    }

    /// "`confirmed` puts it on line 2 (`REFUSED`)"
    #[test]
    fn a_confirmed_reason_stands_on_the_second_line() {
        let confirmed = |code| Reason { confirmed: true, ..Reason::new(code, "", "", "") };
        let plain = |code| Reason::new(code, "", "", "");
        assert_eq!(outcome_of(&[confirmed(R::MarriageAnnulled)]), Refused);
        assert_eq!(outcome_of(&[confirmed(R::IdentityMismatch), plain(R::ConflictingRecords)]), ManualReview);
        assert_eq!(outcome_of(&[confirmed(R::MarriageAnnulled), plain(R::PersonDeceased)]), Refused);
        let mut all = [
            plain(R::PersonDeceased),
            confirmed(R::MarriageAnnulled),
            plain(R::AlreadyPaid),
            confirmed(R::IdentityMismatch),
            plain(R::ConflictingRecords),
        ];
        all.sort_by_key(Reason::precedence);
        assert_eq!(
            all.map(|reason| reason.code),
            [
                R::ConflictingRecords,
                R::IdentityMismatch,
                R::AlreadyPaid,
                R::MarriageAnnulled,
                R::PersonDeceased
            ]
        );
    }

    /// The order of the codes is the order of the lines.
    #[test]
    fn lines_follow_the_order_of_the_codes() {
        assert!(ReasonCode::all().map(ReasonCode::line).is_sorted());
    }
}
