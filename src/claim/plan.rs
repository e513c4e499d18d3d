//! What must be written about one person: changed decisions, cases and documents. Pure; `app` writes the plan.

use uuid::Uuid;

use super::benefit::Benefit;
use super::case::{CaseEnd, Cause};
use super::codes::{CaseKind, EndingOutcome};
use super::decide::Decision;
use super::facts::EncodedFacts;
use super::objection_answer::ObjectionAnswer;
use super::person_state::{PersonState, PlanningContext, StoredClaim};
use crate::law::Rial;

/// What triggers the planning of a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// An input with facts. A claim whose facts did not change is not decided again, even if days have passed.
    Input,
    /// The month's close. Every claim without a document is decided again, and a decision that is paid must state its
    /// current working.
    Close,
}

/// Everything to write for one person.
#[derive(Default)]
pub struct Plan {
    pub updates: Vec<ClaimUpdate>,
    pub cases: Vec<NewCase>,
    /// Cases whose cause is gone or is back, and cases that officers ended. They can be among `cases`.
    pub case_changes: Vec<CaseChange>,
    /// The ends of cases that are new.
    pub ended: Vec<EndedNotice>,
    /// At most one for each benefit. Empty except at a close.
    pub next_attempts: Vec<NextAttempt>,
    /// The returns that have just made a claim wait, at most one for each benefit.
    pub returned: Vec<ReturnNotice>,
    /// At most one for each benefit. Empty except at a close.
    pub issuances: Vec<Issuance>,
    /// The answers to objections that are due now.
    pub answers: Vec<ObjectionAnswer>,
}

/// A claim in its new state.
pub struct ClaimUpdate {
    pub claim: StoredClaim,
    /// Set if a new revision is to be published.
    pub revision: Option<Revision>,
}

pub struct Revision {
    pub decision: Decision,
    /// The stored form of the facts.
    pub facts: Vec<u8>,
}

/// A case for an officer to judge.
#[derive(Clone, Debug)]
pub struct NewCase {
    pub case_id: Uuid,
    pub claim_id: Uuid,
    pub cause: Cause,
}

/// The new state of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseChange {
    pub case_id: Uuid,
    pub is_gone: bool,
    pub ended: Option<CaseEnd>,
}

/// The end of a case, to publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndedNotice {
    pub case_id: Uuid,
    pub claim_id: Uuid,
    pub document_id: String,
    pub kind: CaseKind,
    pub outcome: EndingOutcome,
    /// The amount that is ordered, or that the next attempt pays.
    pub amount: Option<Rial>,
    pub proposal_sha256: [u8; 32],
}

/// A further attempt that may follow if the claim is approved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextAttempt {
    pub claim_id: Uuid,
    pub attempt: i32,
    pub amount: Rial,
}

pub struct ReturnNotice {
    pub claim_id: Uuid,
    pub document_id: String,
    pub attempt: i32,
    pub returned_at: i64,
}

/// A payment document to issue, with the data of the SMS that follows it.
pub struct Issuance {
    pub benefit: Benefit,
    pub claim_id: Uuid,
    pub decision_id: Uuid,
    /// The registry record that the decision names.
    pub record_id: Option<String>,
    pub document_id: Uuid,
    pub attempt: i32,
    pub amount: Rial,
    pub sheba: String,
    pub mobile: String,
    pub full_name: String,
    pub cost_centre: String,
    pub province_code: String,
}

/// Gives the claim its new decision. `None` if there is nothing to write.
pub(super) fn revise(
    mut claim: StoredClaim,
    planning: &PlanningContext<'_>,
    trigger: Trigger,
    decision: Decision,
    facts: EncodedFacts,
) -> Option<ClaimUpdate> {
    let answer = decision.answer_digest();
    let working = decision.working_digest();
    // After a close the highest revision must not depend on the order in which the facts arrived. At a close a changed
    // working therefore also makes a new revision: the paid decision must state the current sum, even if the floor
    // makes the amount independent of it.
    let has_old_working = trigger == Trigger::Close && working != claim.working_digest;
    if claim.revision > 0 && answer == claim.answer_digest && !has_old_working {
        let unchanged = facts.digest == claim.facts_digest;
        claim.facts_digest = facts.digest;
        return (!unchanged).then_some(ClaimUpdate { claim, revision: None });
    }
    claim.revision += 1;
    claim.decision_id = planning.ids.decision(claim.claim_id, claim.revision);
    claim.outcome = decision.outcome;
    claim.amount = decision.amount;
    claim.facts_digest = facts.digest;
    claim.answer_digest = answer;
    claim.working_digest = working;
    Some(ClaimUpdate { claim, revision: Some(Revision { decision, facts: facts.bytes }) })
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty()
            && self.cases.is_empty()
            && self.case_changes.is_empty()
            && self.issuances.is_empty()
            && self.answers.is_empty()
    }

    /// The person's claims as they are after this plan.
    pub(super) fn claims_after<'a>(&'a self, state: &'a PersonState) -> Vec<&'a StoredClaim> {
        let is_updated = |claim_id: Uuid| self.updates.iter().any(|update| update.claim.claim_id == claim_id);
        let mut claims: Vec<_> = state.claims.iter().filter(|claim| !is_updated(claim.claim_id)).collect();
        claims.extend(self.updates.iter().map(|update| &update.claim));
        claims
    }
}
