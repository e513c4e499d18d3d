//! What must be written about one person now: changed answers, cases, documents. Pure; `work` writes it.

use uuid::Uuid;

use super::assemble::{AssembledClaim, assemble_claims};
use super::codes::CaseKind;
use super::decide::{Decision, decide};
use super::facts::{EncodedFacts, Facts};
use super::identity::Counterpart;
use super::issuance::Issuance;
use super::person_state::{PersonState, PlanningContext, StoredClaim};
use super::post_payment;
use super::reason::ReasonCode;

/// Why a person's claims are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// A fact came: what the facts did not touch stays as it is, even if days have passed.
    Input,
    /// The month's close: every claim without a document is decided anew, and what is paid must show its working.
    Close,
}

/// Everything to write for one person.
#[derive(Default)]
pub struct Plan {
    pub updates: Vec<ClaimUpdate>,
    pub cases: Vec<NewCase>,
    /// The return that just made a claim wait: its document and finance's instant.
    pub returned: Option<ReturnNotice>,
    /// Only at a close.
    pub issuance: Option<Issuance>,
}

/// A claim as it now stands.
pub struct ClaimUpdate {
    pub claim: StoredClaim,
    /// Set where a new revision is to be published.
    pub revision: Option<Revision>,
}

pub struct Revision {
    pub decision: Decision,
    /// The stored form of the facts.
    pub facts: Vec<u8>,
}

/// A case for a person to judge.
pub struct NewCase {
    pub claim_id: Uuid,
    pub document_id: String,
    pub kind: CaseKind,
    /// Words of the grounds, or of what changed.
    pub grounds: Vec<&'static str>,
    pub new_amount: Option<crate::law::Rial>,
    /// How many cases of this kind the document had before.
    pub earlier: usize,
}

pub struct ReturnNotice {
    pub claim_id: Uuid,
    pub document_id: String,
    pub attempt: i32,
    pub returned_at: i64,
}

/// Plans one person.
pub fn plan(known: &PersonState, rules: &PlanningContext<'_>, occasion: Trigger) -> Plan {
    let mut plan = Plan::default();
    let held = assemble_claims(known, rules);
    let mut seen = Vec::with_capacity(held.len());
    for claim in held {
        seen.push(claim.claim_id);
        if known.is_paid(claim.claim_id) {
            post_payment::plan_paid_claim(known, rules, occasion, &claim, &mut plan);
        } else {
            plan.updates.extend(unpaid(known, rules, occasion, claim));
        }
    }
    for stored in known.claims.iter().filter(|stored| !seen.contains(&stored.claim_id)) {
        let facts =
            Facts::withdrawn(stored.key.deed_date, matches!(stored.key.counterpart, Counterpart::Spouse(_)));
        if known.is_paid(stored.claim_id) {
            let claim_id = stored.claim_id;
            let held = AssembledClaim {
                claim_id,
                key: stored.key.clone(),
                record_id: None,
                request_id: None,
                facts,
            };
            post_payment::plan_paid_claim(known, rules, occasion, &held, &mut plan);
        } else if !stored.withdrawn {
            plan.updates.extend(withdraw(stored, rules, &facts));
        }
    }
    plan
}

fn unpaid(
    known: &PersonState,
    rules: &PlanningContext<'_>,
    occasion: Trigger,
    held: AssembledClaim,
) -> Option<ClaimUpdate> {
    let stored = known.claims.iter().find(|stored| stored.claim_id == held.claim_id);
    let sealed = held.facts.encode();
    if occasion == Trigger::Input
        && let Some(stored) = stored.filter(|stored| stored.facts_digest == sealed.digest)
    {
        return stored.with_sources_of(&held).map(|claim| ClaimUpdate { claim, revision: None });
    }
    let decision = decide(&held.facts, rules.today, rules.tables);
    let mut claim = stored.cloned().unwrap_or_else(|| StoredClaim::undecided(held.claim_id, held.key));
    claim.record_id = held.record_id;
    claim.request_id = held.request_id;
    claim.withdrawn = false;
    revise(claim, rules, occasion, decision, sealed)
}

/// The input moved this marriage elsewhere: said once, and not decided anew.
fn withdraw(stored: &StoredClaim, rules: &PlanningContext<'_>, facts: &Facts) -> Option<ClaimUpdate> {
    let mut claim = stored.clone();
    claim.withdrawn = true;
    claim.record_id = None;
    claim.request_id = None;
    revise(claim, rules, Trigger::Input, decide(facts, rules.today, rules.tables), facts.encode())
}

/// The claim with its new answer; none where nothing at all is to be written.
pub(super) fn revise(
    mut claim: StoredClaim,
    rules: &PlanningContext<'_>,
    occasion: Trigger,
    decision: Decision,
    facts: EncodedFacts,
) -> Option<ClaimUpdate> {
    let (answer, working) = (decision.answer_digest(), decision.working_digest());
    // After a close the highest revision says the same whatever order the facts came in, so the sum counts there, too:
    // what is paid is explained by the sum as it then stood, also where the floor hid a change of it.
    let shows_old_sum = occasion == Trigger::Close && working != claim.working_digest;
    if claim.revision > 0 && answer == claim.answer_digest && !shows_old_sum {
        let unchanged = facts.digest == claim.facts_digest;
        claim.facts_digest = facts.digest;
        return (!unchanged).then_some(ClaimUpdate { claim, revision: None });
    }
    claim.revision += 1;
    claim.decision_id = rules.ids.decision(claim.claim_id, claim.revision);
    claim.outcome = decision.outcome;
    claim.amount = decision.amount;
    claim.facts_digest = facts.digest;
    claim.answer_digest = answer;
    claim.working_digest = working;
    Some(ClaimUpdate { claim, revision: Some(Revision { decision, facts: facts.bytes }) })
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.cases.is_empty() && self.issuance.is_none()
    }

    /// The words of grounds, for a case.
    pub(super) fn code_strings(codes: &[ReasonCode]) -> Vec<&'static str> {
        codes.iter().map(|code| code.as_str()).collect()
    }
}
