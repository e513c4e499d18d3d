//! Plans the month's close for one person: decides every claim again, and determines the documents to issue, at most
//! one for each benefit (R15, R20, R24).

use uuid::Uuid;

use super::assemble::assemble_claims;
use super::benefit::Benefit;
use super::document::StoredDocument;
use super::facts::Facts;
use super::outcome::Outcome;
use super::person_state::{PersonState, PlanningContext, StoredClaim, StoredPayment};
use super::plan::{ClaimUpdate, Issuance, Plan, Trigger};
use super::planning::plan;
use super::post_payment::review_digest;
use crate::ident::{Mobile, Sheba};

/// Decides every claim of the person again and issues a document for the payable claim of each benefit.
///
/// The plan includes the consequences of the documents: every other claim of the benefit immediately becomes
/// `ALREADY_PAID`. `state` is updated to the state after the plan is written.
pub fn plan_close(state: &mut PersonState, planning: &PlanningContext<'_>) -> Plan {
    let mut first = plan(state, planning, Trigger::Close);
    let due = planning.benefits.iter().filter_map(|benefit| due_issuance(state, planning, &first, *benefit));
    let issuances: Vec<_> = due.collect();
    if issuances.is_empty() {
        return first;
    }
    for issuance in &issuances {
        if state.payment_of(issuance.benefit).is_none() {
            freeze_review_digest(state, planning, &mut first, issuance.claim_id);
        }
    }
    apply_updates(state, &first);
    for issuance in &issuances {
        apply_issuance(state, planning, issuance);
    }
    let consequences = plan(state, planning, Trigger::Input);
    // A claim that changes twice keeps both revisions, in order. The paid claims are frozen already.
    let updates = consequences.updates.into_iter();
    first.updates.extend(
        updates.filter(|update| issuances.iter().all(|issuance| issuance.claim_id != update.claim.claim_id)),
    );
    first.issuances = issuances;
    first
}

/// The person's claims of a benefit as they are after `plan`, ordered by key.
fn claims_after<'a>(state: &'a PersonState, plan: &'a Plan, benefit: Benefit) -> Vec<&'a StoredClaim> {
    let mut claims = plan.claims_after(state);
    claims.retain(|claim| claim.key.benefit == benefit);
    claims.sort_by(|a, b| a.key.cmp(&b.key));
    claims
}

fn is_approved(claim: &StoredClaim) -> bool {
    claim.outcome == Outcome::Approved && !claim.withdrawn
}

fn due_issuance(
    state: &PersonState,
    planning: &PlanningContext<'_>,
    plan: &Plan,
    benefit: Benefit,
) -> Option<Issuance> {
    let record = state.dossier.record.as_ref()?;
    let claims = claims_after(state, plan, benefit);
    let (claim, attempt, amount) = match state.payment_of(benefit) {
        None => {
            let claim = claims.iter().find(|claim| is_approved(claim))?;
            (claim, 1, None)
        }
        Some(payment) => {
            let next = plan.next_attempts.iter().find(|next| next.claim_id == payment.claim_id)?;
            let claim =
                claims.iter().find(|claim| is_approved(claim) && claim.claim_id == payment.claim_id)?;
            (claim, next.attempt, Some(next.amount))
        }
    };
    Some(Issuance {
        benefit,
        claim_id: claim.claim_id,
        decision_id: claim.decision_id,
        record_id: claim.record_id.clone(),
        document_id: planning.ids.document(claim.claim_id, attempt),
        attempt,
        amount: amount.or(claim.amount)?,
        sheba: record.sheba.as_deref()?.parse::<Sheba>().ok()?.to_string(),
        mobile: record.mobile.as_deref()?.parse::<Mobile>().ok()?.to_string(),
        full_name: record.full_name(),
        cost_centre: record.branch_code.clone(),
        province_code: record.province_code.clone(),
    })
}

/// Stores the digest of the facts that are paid now. Later changes of the facts are compared with it.
fn freeze_review_digest(
    state: &PersonState,
    planning: &PlanningContext<'_>,
    plan: &mut Plan,
    claim_id: Uuid,
) {
    let Some(facts) = assembled_facts(state, planning, claim_id) else {
        return;
    };
    let digest = Some(review_digest(&facts));
    if let Some(update) = plan.updates.iter_mut().find(|update| update.claim.claim_id == claim_id) {
        update.claim.review_digest = digest;
    } else if let Some(stored) = state.claims.iter().find(|claim| claim.claim_id == claim_id) {
        let claim = StoredClaim { review_digest: digest, ..stored.clone() };
        plan.updates.push(ClaimUpdate { claim, revision: None });
    }
}

fn assembled_facts(state: &PersonState, planning: &PlanningContext<'_>, claim_id: Uuid) -> Option<Facts> {
    assemble_claims(state, planning)
        .into_iter()
        .find(|claim| planning.ids.claim(&claim.key) == claim_id)
        .map(|claim| claim.facts)
}

fn apply_updates(state: &mut PersonState, plan: &Plan) {
    for update in &plan.updates {
        state.claims.retain(|claim| claim.claim_id != update.claim.claim_id);
        state.claims.push(update.claim.clone());
    }
}

fn apply_issuance(state: &mut PersonState, planning: &PlanningContext<'_>, issuance: &Issuance) {
    let paid_facts = assembled_facts(state, planning, issuance.claim_id);
    let document = StoredDocument {
        document_id: issuance.document_id.to_string(),
        attempt: issuance.attempt,
        amount: issuance.amount,
        sheba: issuance.sheba.clone(),
        answers: Vec::new(),
    };
    let existing = state.payments.iter_mut().find(|payment| payment.claim_id == issuance.claim_id);
    if let Some(payment) = existing {
        payment.documents.push(document);
    } else if paid_facts.is_some() {
        state.payments.push(StoredPayment {
            benefit: issuance.benefit,
            claim_id: issuance.claim_id,
            amount: issuance.amount,
            record_id: issuance.record_id.clone(),
            paid_facts,
            documents: vec![document],
            cases: Vec::new(),
        });
    }
}
