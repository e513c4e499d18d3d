//! The month's close for one person: decide anew, and name the one document that is now to be issued (R15, R20, R24).

use uuid::Uuid;

use super::assemble::assemble_claims;
use super::facts::Facts;
use super::person_state::{PersonState, PlanningContext, StoredClaim, StoredDocument, StoredPayment};
use super::plan::{ClaimUpdate, Plan, Trigger, plan};
use super::post_payment::{has_died, review_digest};
use super::reason::Outcome;
use crate::ident::{Mobile, Sheba};
use crate::law::Rial;

/// A payment document that is due, and the SMS that follows it.
pub struct Issuance {
    pub claim_id: Uuid,
    pub decision_id: Uuid,
    pub document_id: Uuid,
    pub attempt: i32,
    pub amount: Rial,
    pub sheba: String,
    pub mobile: String,
    pub full_name: String,
    pub cost_centre: String,
    pub province_code: String,
}

/// Decides every claim of the person anew and issues what is payable. What follows from the document - every other
/// claim is `ALREADY_PAID` at once - is planned in the same breath; `known` is then as it will be once this is written.
pub fn plan_close(known: &mut PersonState, rules: &PlanningContext<'_>) -> Plan {
    let mut first = plan(known, rules, Trigger::Close);
    let Some(issue) = due_issuance(known, rules, &first) else {
        return first;
    };
    if known.payment.is_none() {
        freeze_review_digest(known, rules, &mut first, issue.claim_id);
    }
    apply_issuance(known, rules, &first, &issue);
    let follows = plan(known, rules, Trigger::Input);
    // A claim that changes twice keeps both revisions, in order; the paid one is frozen already.
    first
        .updates
        .extend(follows.updates.into_iter().filter(|update| update.claim.claim_id != issue.claim_id));
    first.issuance = Some(issue);
    first
}

/// The claim as it stands after `plan`.
fn claims_after<'a>(known: &'a PersonState, plan: &'a Plan) -> Vec<&'a StoredClaim> {
    let updated =
        |claim: &&StoredClaim| !plan.updates.iter().any(|update| update.claim.claim_id == claim.claim_id);
    let mut claims: Vec<_> = known.claims.iter().filter(updated).collect();
    claims.extend(plan.updates.iter().map(|update| &update.claim));
    claims.sort_by(|a, b| a.key.cmp(&b.key));
    claims
}

fn due_issuance(known: &PersonState, rules: &PlanningContext<'_>, plan: &Plan) -> Option<Issuance> {
    let record = known.dossier.record.as_ref()?;
    let claims = claims_after(known, plan);
    let approved = |claim: &&&StoredClaim| claim.outcome == Outcome::Approved && !claim.withdrawn;
    let (claim, attempt, amount) = match &known.payment {
        None => {
            let claim = claims.iter().find(approved)?;
            (claim, 1, None)
        }
        Some(payment) => {
            let latest = payment.latest().filter(|document| document.may_retry())?;
            // While a case is open, no further attempt is issued; to the dead none ever is, though their case was ended (R25).
            if payment.has_open_case() || !plan.cases.is_empty() || has_died(known, rules) {
                return None;
            }
            let claim = claims.iter().filter(approved).find(|claim| claim.claim_id == payment.claim_id)?;
            (claim, latest.attempt.checked_add(1)?, Some(payment.amount))
        }
    };
    Some(Issuance {
        claim_id: claim.claim_id,
        decision_id: claim.decision_id,
        document_id: rules.ids.document(claim.claim_id, attempt),
        attempt,
        amount: amount.or(claim.amount)?,
        sheba: record.sheba.as_deref()?.parse::<Sheba>().ok()?.to_string(),
        mobile: record.mobile.as_deref()?.parse::<Mobile>().ok()?.to_string(),
        full_name: record.full_name(),
        cost_centre: record.branch_code.clone(),
        province_code: record.province_code.clone(),
    })
}

/// From now on facts that change are held against what is paid here.
fn freeze_review_digest(known: &PersonState, rules: &PlanningContext<'_>, plan: &mut Plan, claim_id: Uuid) {
    let Some(facts) = assembled_facts(known, rules, claim_id) else {
        return;
    };
    let digest = Some(review_digest(&facts));
    if let Some(update) = plan.updates.iter_mut().find(|update| update.claim.claim_id == claim_id) {
        update.claim.review_digest = digest;
    } else if let Some(stored) = known.claims.iter().find(|claim| claim.claim_id == claim_id) {
        let claim = StoredClaim { review_digest: digest, ..stored.clone() };
        plan.updates.push(ClaimUpdate { claim, revision: None });
    }
}

fn assembled_facts(known: &PersonState, rules: &PlanningContext<'_>, claim_id: Uuid) -> Option<Facts> {
    assemble_claims(known, rules)
        .into_iter()
        .find(|held| rules.ids.claim(&held.key) == claim_id)
        .map(|held| held.facts)
}

fn apply_issuance(known: &mut PersonState, rules: &PlanningContext<'_>, plan: &Plan, issue: &Issuance) {
    let paid_facts = assembled_facts(known, rules, issue.claim_id);
    for update in &plan.updates {
        known.claims.retain(|claim| claim.claim_id != update.claim.claim_id);
        known.claims.push(update.claim.clone());
    }
    let document = StoredDocument {
        document_id: issue.document_id.to_string(),
        attempt: issue.attempt,
        sheba: issue.sheba.clone(),
        state: None,
        state_code: None,
        state_at: 0,
        called_duplicate: false,
    };
    match (&mut known.payment, paid_facts) {
        (Some(payment), _) => payment.documents.push(document),
        (none, Some(paid_facts)) => {
            let (claim_id, amount) = (issue.claim_id, issue.amount);
            *none = Some(StoredPayment {
                claim_id,
                amount,
                paid_facts: Some(paid_facts),
                documents: vec![document],
                cases: Vec::new(),
            });
        }
        (None, None) => {}
    }
}
