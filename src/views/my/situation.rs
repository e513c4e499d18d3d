//! Where a claim stands: at its decision, or behind it at finance and the bank.

use super::file::{OwnClaimFile, OwnDocument};
use crate::claim::case_ending::let_attempt_follow;
use crate::claim::codes::{EndingOutcome, PaymentOutcome};
use crate::claim::document::DUPLICATES;
use crate::claim::{Outcome, Reason, ReasonCode};

#[derive(Clone, Copy)]
pub(super) enum Situation<'a> {
    /// No document, or a returned one that the person must do something about: the decision answers.
    Decided,
    Sent(&'a OwnDocument),
    Accepted(&'a OwnDocument),
    Paid(&'a OwnDocument),
    /// Returned, and another account has arrived: the next close issues a further document.
    Renewed,
    /// Returned, and an officer must judge it first.
    ToOfficer(&'a OwnDocument),
}

impl OwnDocument {
    pub(super) fn outcome(&self) -> Option<PaymentOutcome> {
        self.answers.last().map(|answer| answer.outcome)
    }

    /// The code of the answer in force.
    pub(super) fn code(&self) -> &str {
        self.answers.last().and_then(|answer| answer.code.as_deref()).unwrap_or_default()
    }

    fn is_called_duplicate(&self) -> bool {
        self.answers.iter().filter_map(|answer| answer.code.as_deref()).any(|code| DUPLICATES.contains(&code))
    }
}

impl OwnClaimFile {
    pub(super) fn situation(&self) -> Situation<'_> {
        let Some(document) = self.documents.last() else {
            return Situation::Decided;
        };
        let is_officers = self.waits_for_officer(document);
        match document.outcome() {
            None => Situation::Sent(document),
            Some(PaymentOutcome::Accepted) => Situation::Accepted(document),
            Some(PaymentOutcome::Paid) => Situation::Paid(document),
            Some(PaymentOutcome::Returned) if is_officers => Situation::ToOfficer(document),
            Some(PaymentOutcome::Returned) if self.claim.outcome == Outcome::Approved => Situation::Renewed,
            Some(PaymentOutcome::Returned) => Situation::Decided,
        }
    }

    /// Whether a case holds further attempts back, or officers have let none follow.
    fn waits_for_officer(&self, document: &OwnDocument) -> bool {
        let cases: Vec<_> = self.cases.iter().map(|stored| &stored.case).collect();
        let ended: Vec<_> = cases.iter().filter_map(|case| case.as_ended()).collect();
        let is_reissued = cases.iter().any(|case| {
            case.cause.document_id == document.row.document_id
                && case.ended.is_some_and(|end| end.ending.outcome == EndingOutcome::Reissue)
        });
        cases.iter().any(|case| case.holds())
            || !let_attempt_follow(&ended)
            || document.is_called_duplicate() && !is_reissued
    }

    /// The reason that determines the outcome, if its facts are known.
    pub(super) fn main_reason(&self) -> Option<&Reason> {
        self.again.as_ref()?.decision.reasons.first()
    }

    /// The text to use for the outcome: the code of the reason of highest precedence. Account and mobile together are
    /// one thing to do.
    pub(super) fn answer_key(&self) -> &'static str {
        let Some(main) = self.claim.reasons.first() else {
            return "APPROVED";
        };
        let is_account = matches!(main, ReasonCode::NoValidAccount | ReasonCode::AccountNotOwned);
        let needs_mobile = self
            .claim
            .reasons
            .iter()
            .any(|code| matches!(code, ReasonCode::NoValidMobile | ReasonCode::MobileNotOwned));
        if is_account && needs_mobile { "ACCOUNT_AND_MOBILE" } else { main.as_str() }
    }
}
