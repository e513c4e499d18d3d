//! `/my`: for each claim, the answer in one sentence.

use serde::Serialize;
use uuid::Uuid;

use super::answer;
use super::file::{OwnClaimFile, OwnFile};
use super::objection::{self, ClaimObjection};
use super::parts::{Action, Badge, NextEvent};
use super::words::{self, Amount};
use crate::claim::{Outcome, ReasonCode};
use crate::clock::Clock;
use crate::law::{Rial, SolarDate};
use crate::texts::Texts;

#[derive(Clone, Debug, Serialize)]
pub struct MyAllowance {
    /// «۲۰ آبان ۱۴۰۴»
    pub today: String,
    pub claims: Vec<ClaimCard>,
}

/// The short form of a claim: whether the allowance comes, how much, and when; or why not, and what to do.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimCard {
    pub claim_id: Uuid,
    pub deed_date: String,
    pub badge: Badge,
    pub badge_text: String,
    pub sentence: String,
    /// Set if the claim is approved, waits for the person, or has a document.
    pub amount: Option<Amount>,
    pub next: NextEvent,
    pub action: Action,
    /// The reasons below the one that determines the outcome.
    pub further_reasons: Vec<String>,
    /// Whether a sum can be shown.
    pub has_sum: bool,
    pub objection: Option<ClaimObjection>,
}

impl MyAllowance {
    pub fn new(file: &OwnFile, clock: &Clock) -> Self {
        Self {
            today: words::date(file.today),
            claims: file.claims.iter().map(|claim| ClaimCard::new(claim, clock, file.today)).collect(),
        }
    }
}

impl ClaimCard {
    pub fn new(file: &OwnClaimFile, clock: &Clock, today: SolarDate) -> Self {
        let badge = answer::badge(file);
        let paid = file.documents.last().and_then(|document| Rial::from_i64(document.row.amount_rial));
        Self {
            claim_id: file.claim.claim_id,
            deed_date: words::date(file.claim.deed_date),
            badge,
            badge_text: badge.text(),
            sentence: answer::sentence(file, clock, today),
            amount: paid.or(file.claim.amount).map(Amount::of),
            next: answer::next_event(file, clock, today),
            action: answer::action(file),
            further_reasons: further_reasons(file),
            has_sum: has_sum(file),
            objection: objection::of_claim(file, clock),
        }
    }
}

/// Whether the working has an amount: its facts are known and inside the tables.
pub(super) fn has_sum(file: &OwnClaimFile) -> bool {
    let working = file.again.as_ref().and_then(|again| again.decision.working.as_ref());
    working.is_some_and(|working| working.wage_sum.is_some() && working.floor.is_some())
}

/// Whether the text of a reason is true beside the outcome.
pub(super) fn is_said(file: &OwnClaimFile, code: ReasonCode) -> bool {
    file.claim.outcome == Outcome::Waiting || code.outcome() != Outcome::Waiting
}

/// A reason of account or mobile says that the allowance is due, so it is left to the conditions unless it is.
fn further_reasons(file: &OwnClaimFile) -> Vec<String> {
    let Some(again) = &file.again else { return Vec::new() };
    let said_together = file.answer_key() == "ACCOUNT_AND_MOBILE";
    let further = again.decision.reasons.iter().skip(if said_together { 2 } else { 1 });
    further
        .filter(|reason| is_said(file, reason.code))
        .map(|reason| Texts::built_in().reason_text(reason).text.fa)
        .collect()
}
