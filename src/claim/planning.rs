//! Plans one person: which claims are decided again, and what follows.

use super::assemble::{AssembledClaim, assemble_claims, read_on};
use super::decide::decide;
use super::facts::Facts;
use super::objection_answer::due_answers;
use super::person_state::{PersonState, PlanningContext, StoredClaim};
use super::plan::{ClaimUpdate, Plan, Trigger, revise};
use super::post_payment;

/// Plans one person. A claim with a document is planned by [`post_payment`].
pub fn plan(state: &PersonState, planning: &PlanningContext<'_>, trigger: Trigger) -> Plan {
    let mut plan = Plan::default();
    let assembled = assemble_claims(state, planning);
    let mut assembled_ids = Vec::with_capacity(assembled.len());
    let read_on: Vec<_> = state
        .claims
        .iter()
        .filter(|stored| state.is_paid(stored.claim_id))
        .filter_map(|stored| read_on(state, &assembled, stored))
        .collect();
    for claim in assembled.into_iter().chain(read_on) {
        assembled_ids.push(claim.claim_id);
        if state.is_paid(claim.claim_id) {
            post_payment::plan_paid_claim(state, planning, trigger, &claim, &mut plan);
        } else {
            plan.updates.extend(plan_unpaid_claim(state, planning, trigger, claim));
        }
    }
    for stored in state.claims.iter().filter(|stored| !assembled_ids.contains(&stored.claim_id)) {
        if state.is_paid(stored.claim_id) {
            let claim = AssembledClaim::withdrawn(stored);
            post_payment::plan_paid_claim(state, planning, trigger, &claim, &mut plan);
        } else if !stored.withdrawn {
            plan.updates.extend(withdraw(stored, planning, &Facts::withdrawn(&stored.key)));
        }
    }
    plan.answers = due_answers(state, &plan.claims_after(state));
    plan
}

fn plan_unpaid_claim(
    state: &PersonState,
    planning: &PlanningContext<'_>,
    trigger: Trigger,
    assembled: AssembledClaim,
) -> Option<ClaimUpdate> {
    let stored = state.claims.iter().find(|stored| stored.claim_id == assembled.claim_id);
    let encoded = assembled.facts.encode();
    if trigger == Trigger::Input
        && let Some(stored) = stored.filter(|stored| stored.facts_digest == encoded.digest)
    {
        return stored.with_sources_of(&assembled).map(|claim| ClaimUpdate { claim, revision: None });
    }
    let decision = decide(&assembled.facts, planning.today, planning.tables);
    let mut claim =
        stored.cloned().unwrap_or_else(|| StoredClaim::undecided(assembled.claim_id, assembled.key));
    claim.record_id = assembled.record_id;
    claim.request_id = assembled.request_id;
    claim.withdrawn = false;
    revise(claim, planning, trigger, decision, encoded)
}

/// Withdraws a claim that the inputs no longer state. It is decided and published once, and not decided again later.
fn withdraw(stored: &StoredClaim, planning: &PlanningContext<'_>, facts: &Facts) -> Option<ClaimUpdate> {
    let mut claim = stored.clone();
    claim.withdrawn = true;
    claim.record_id = None;
    claim.request_id = None;
    revise(claim, planning, Trigger::Input, decide(facts, planning.today, planning.tables), facts.encode())
}
