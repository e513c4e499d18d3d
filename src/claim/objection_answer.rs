//! The answers to objections that are due.

use uuid::Uuid;

use super::person_state::{PersonState, StoredClaim};

/// An answer to publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectionAnswer {
    pub objection_id: Uuid,
    /// The claim of the objection, or its successor if that claim was withdrawn.
    pub claim_id: Uuid,
    /// The decision in force. `None` if the claim has none.
    pub decision_id: Option<Uuid>,
    pub accepted: bool,
}

/// The answers that are due and were not published. `claims` are the person's claims after the plan.
pub(super) fn due_answers(state: &PersonState, claims: &[&StoredClaim]) -> Vec<ObjectionAnswer> {
    let due = state.objections.iter().filter(|objection| !objection.answered).filter_map(|objection| {
        let closing = objection.answer(&state.findings)?;
        let submission = objection.submission.as_ref()?;
        let claim = standing_claim(submission.claim_id, claims);
        Some(ObjectionAnswer {
            objection_id: objection.objection_id,
            claim_id: claim.map_or(submission.claim_id, |claim| claim.claim_id),
            decision_id: claim.filter(|claim| claim.revision > 0).map(|claim| claim.decision_id),
            accepted: closing.accepted,
        })
    });
    due.collect()
}

/// The claim with this id. If it was withdrawn: the person's standing claim of that benefit with the same spouse, or
/// otherwise the first one.
fn standing_claim<'a>(claim_id: Uuid, claims: &[&'a StoredClaim]) -> Option<&'a StoredClaim> {
    let claim = claims.iter().copied().find(|claim| claim.claim_id == claim_id)?;
    if !claim.withdrawn {
        return Some(claim);
    }
    let standing = claims
        .iter()
        .copied()
        .filter(|other| !other.withdrawn && other.key.benefit == claim.key.benefit)
        .min_by_key(|other| (other.key.counterpart != claim.key.counterpart, &other.key));
    Some(standing.unwrap_or(claim))
}
