//! Plans a claim that has a document. Its decision and amount are frozen. A return reopens the decision, and changed
//! facts are causes of cases.

use super::assemble::AssembledClaim;
use super::case::Cause;
use super::codes::CaseKind;
use super::decide::{decide, find_reasons};
use super::facts::{Facts, PaymentFacts, ReturnFacts, digest};
use super::finance_causes::{self, has_died, is_reissued};
use super::identity::Counterpart;
use super::outcome::Outcome;
use super::paid_cases::{PaidCases, Reviewed};
use super::person_state::{PersonState, PlanningContext, StoredClaim, StoredPayment};
use super::plan::{ClaimUpdate, NextAttempt, Plan, ReturnNotice, Trigger, revise};
use super::reason::{Reason, ReasonCode, outcome_of};
use crate::law::Rial;

/// Plans a paid claim of the person. `now` is the claim as the inputs state it today.
pub fn plan_paid_claim(
    state: &PersonState,
    planning: &PlanningContext<'_>,
    trigger: Trigger,
    now: &AssembledClaim,
    plan: &mut Plan,
) {
    let Some(payment) = state.payment_for(now.claim_id) else { return };
    let Some(stored) = state.claims.iter().find(|claim| claim.claim_id == payment.claim_id) else {
        return;
    };
    let with_new_sources = stored.with_sources_of(now);
    let has_new_sources = with_new_sources.is_some();
    let mut claim = with_new_sources.unwrap_or_else(|| stored.clone());
    let has_moved = record_has_moved(state, payment, stored);
    let mut cases = PaidCases::new(payment, &state.endings, planning);
    loop {
        let compared = Compared { payment, has_moved, left: cases.left, facts: &now.facts };
        let reviewed = compared.review(planning, trigger, &mut claim);
        let of_payment = finance_causes::standing(state, payment, planning, &cases.cases);
        // A case that was just opened can have an end that waited for it: the comparison is then with what that left.
        if !cases.stand(&reviewed, of_payment) {
            break;
        }
    }
    let must_write = has_new_sources
        || claim.review_digest != stored.review_digest
        || claim.review_waits != stored.review_waits;
    let update = payment_update(state, payment, planning, trigger, &cases, claim.clone());
    plan.returned.extend(update.as_ref().and_then(|update| return_notice(state, stored, payment, update)));
    plan.updates.extend(update.or_else(|| must_write.then_some(ClaimUpdate { claim, revision: None })));
    if trigger == Trigger::Close {
        plan.next_attempts.extend(next_attempt(state, payment, planning, &cases, &now.facts));
    }
    let changes = cases.changes();
    plan.cases.extend(changes.opened);
    plan.case_changes.extend(changes.changed);
    plan.ended.extend(changes.ended);
}

/// Whether the record that the paid decision names no longer states this marriage of the person. A record that merely
/// gains the spouse's code is no move.
fn record_has_moved(state: &PersonState, payment: &StoredPayment, stored: &StoredClaim) -> bool {
    let Some(record_id) = payment.record_id.as_ref().or(stored.record_id.as_ref()) else { return false };
    let row = state.rows.iter().find(|row| row.record_id == *record_id);
    let Some((row, (_, other))) = row.and_then(|row| Some((row, row.sides(state.person)?))) else {
        return true;
    };
    let is_same_spouse = match &stored.key.counterpart {
        Counterpart::Spouse(code) => other.code == Some(*code),
        Counterpart::Unnamed { record_id } => row.record_id == *record_id,
    };
    row.deed_date != stored.key.deed_date || !is_same_spouse
}

/// The update of the claim that follows from its payment: none while the decision is frozen, a new decision after a
/// return.
fn payment_update(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
    trigger: Trigger,
    cases: &PaidCases<'_>,
    claim: StoredClaim,
) -> Option<ClaimUpdate> {
    let latest = payment.latest()?;
    let can_follow =
        latest.may_retry(planning.tables) || latest.is_returned() && is_reissued(payment, &cases.cases);
    let facts = frozen_facts_with(state, payment, planning, &cases.cases)?;
    let encoded = facts.encode();
    let same_facts = encoded.digest == claim.facts_digest;
    // A close decides again only if another attempt is possible. A frozen decision is not decided again.
    if same_facts && (trigger == Trigger::Input || !can_follow) {
        return None;
    }
    revise(claim, planning, Trigger::Input, decide(&facts, planning.today, planning.tables), encoded)
}

/// The attempt that may follow a returned document. No further attempt is issued while a case holds it back. After the
/// death of the person none is issued at all, even if the case of the death is ended (R25).
fn next_attempt(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
    cases: &PaidCases<'_>,
    now: &Facts,
) -> Option<NextAttempt> {
    let latest = payment.latest().filter(|document| document.is_returned())?;
    let is_reissued = is_reissued(payment, &cases.cases);
    if !cases.let_attempt_follow() || has_died(state, planning) {
        return None;
    }
    if !(latest.may_retry(planning.tables) || is_reissued) {
        return None;
    }
    let amount = cases.next_amount(is_reissued, amount_now(now, planning))?;
    Some(NextAttempt { claim_id: payment.claim_id, attempt: latest.attempt.checked_add(1)?, amount })
}

/// The amount that the current facts give. `None` if they do not give one.
fn amount_now(now: &Facts, planning: &PlanningContext<'_>) -> Option<Rial> {
    let compared = compared_reasons(now, planning);
    matches!(compared.outcome, Outcome::Approved | Outcome::Waiting).then_some(compared.amount)?
}

/// The paid facts with the later answers of finance. After a return they contain the current account and mobile.
pub fn frozen_facts(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
) -> Option<Facts> {
    frozen_facts_with(state, payment, planning, &PaidCases::new(payment, &state.endings, planning).cases)
}

fn frozen_facts_with(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
    cases: &[super::case::StoredCase],
) -> Option<Facts> {
    let latest = payment.latest()?;
    let mut facts = payment.paid_facts.clone()?;
    let returned_account = if latest.may_retry(planning.tables) {
        Some(latest.sheba.clone())
    } else if latest.is_returned() && is_reissued(payment, cases) {
        // The account was not the fault: any account will do, if it is valid and the person's own.
        Some(String::new())
    } else {
        None
    };
    if returned_account.is_some()
        && let (Some(insured), Some(record)) = (&mut facts.insured, &state.dossier.record)
    {
        insured.sheba.clone_from(&record.sheba);
        insured.sheba_owner = record.sheba_owner;
        insured.mobile.clone_from(&record.mobile);
        insured.mobile_owner = record.mobile_owner;
    }
    facts.payment = Some(PaymentFacts {
        amount_rial: payment.amount.get(),
        document_id: latest.document_id.clone(),
        returned: returned_account.map(|sheba| ReturnFacts {
            code: latest.answer().and_then(|answer| answer.code.clone()).unwrap_or_default(),
            sheba,
        }),
    });
    Some(facts)
}

/// The notice of a return that makes a claim wait. Each such return gives one notice. A later reason to wait gives no
/// notice.
fn return_notice(
    state: &PersonState,
    before: &StoredClaim,
    payment: &StoredPayment,
    update: &ClaimUpdate,
) -> Option<ReturnNotice> {
    let latest = payment.latest().filter(|document| state.answered.contains(&document.document_id))?;
    let starts_to_wait = before.outcome == Outcome::Approved && update.claim.outcome == Outcome::Waiting;
    let returned_at = latest.answer()?.at;
    (starts_to_wait && update.revision.is_some()).then(|| ReturnNotice {
        claim_id: payment.claim_id,
        document_id: latest.document_id.clone(),
        attempt: latest.attempt,
        returned_at,
    })
}

/// Reasons of account, mobile and death, which a review of changed facts ignores.
const NOT_REVIEWED: [ReasonCode; 7] = [
    ReasonCode::PersonDeceased,
    ReasonCode::AccountCheckPending,
    ReasonCode::MobileCheckPending,
    ReasonCode::NoValidAccount,
    ReasonCode::AccountNotOwned,
    ReasonCode::NoValidMobile,
    ReasonCode::MobileNotOwned,
];

/// The digest of the facts that a review compares.
pub fn review_digest(facts: &Facts) -> [u8; 32] {
    let mut reviewed = facts.clone();
    if let Some(insured) = &mut reviewed.insured {
        insured.deceased_on = None;
        insured.sheba = None;
        insured.mobile = None;
        insured.sheba_owner = crate::claim::codes::Ownership::Unknown;
        insured.mobile_owner = crate::claim::codes::Ownership::Unknown;
    }
    reviewed.encode().digest
}

/// What the current facts of a claim are compared with.
struct Compared<'a> {
    payment: &'a StoredPayment,
    has_moved: bool,
    /// The amount that the orders of earlier cases left.
    left: Rial,
    facts: &'a Facts,
}

impl Compared<'_> {
    /// The digest of everything that is compared.
    fn digest(&self) -> [u8; 32] {
        let facts = review_digest(self.facts);
        if !self.has_moved && self.left == self.payment.amount {
            return facts;
        }
        digest(&[&facts[..], &[u8::from(self.has_moved)], &self.left.get().to_be_bytes()].concat())
    }

    /// R22: facts that change after payment are a cause for an officer to judge. They never cause a claw-back. What was
    /// compared before is compared again only at a close, if only time decides it.
    fn review(&self, planning: &PlanningContext<'_>, trigger: Trigger, claim: &mut StoredClaim) -> Reviewed {
        let digest = self.digest();
        let pending_until_later = trigger == Trigger::Close && claim.review_waits;
        if claim.review_digest == Some(digest) && !pending_until_later {
            return Reviewed::AsBefore;
        }
        claim.review_digest = Some(digest);
        let compared = compared_reasons(self.facts, planning);
        claim.review_waits = compared.outcome == Outcome::Pending;
        Reviewed::Yields(self.cause(&compared))
    }

    fn cause(&self, compared: &ComparedReasons) -> Option<Cause> {
        let is_refused = matches!(compared.outcome, Outcome::Refused | Outcome::ManualReview);
        let mut grounds = if is_refused { compared.codes.clone() } else { Vec::new() };
        let withdrawn = ReasonCode::RecordWithdrawn.as_str();
        if self.has_moved && !grounds.iter().any(|ground| ground == withdrawn) {
            grounds.insert(0, withdrawn.to_owned());
        }
        let document_id = self.payment.latest()?.document_id.clone();
        let cause = |kind, grounds, new_amount| Some(Cause { document_id, kind, grounds, new_amount });
        if !grounds.is_empty() {
            // Where nothing is left of the payment, there is nothing to recover.
            return if self.left == Rial::ZERO { None } else { cause(CaseKind::Recovery, grounds, None) };
        }
        // A pending outcome is no cause: the next close compares again.
        let now = compared.amount.filter(|_| compared.outcome != Outcome::Pending)?;
        if now < self.left {
            cause(CaseKind::Recovery, vec![AMOUNT_LOWER.to_owned()], Some(now))
        } else if now > self.left {
            cause(CaseKind::Difference, vec![AMOUNT_HIGHER.to_owned()], Some(now))
        } else {
            None
        }
    }
}

const AMOUNT_LOWER: &str = "AMOUNT_LOWER";
const AMOUNT_HIGHER: &str = "AMOUNT_HIGHER";

/// The claim decided anew, without account, mobile and death.
struct ComparedReasons {
    outcome: Outcome,
    codes: Vec<String>,
    amount: Option<Rial>,
}

fn compared_reasons(facts: &Facts, planning: &PlanningContext<'_>) -> ComparedReasons {
    let mut found = find_reasons(facts, planning.today, planning.tables);
    found.reasons.retain(|reason| !NOT_REVIEWED.contains(&reason.code));
    found.reasons.sort_by_key(Reason::precedence);
    ComparedReasons {
        outcome: outcome_of(&found.reasons),
        codes: found.reasons.iter().map(|reason| reason.code.as_str().to_owned()).collect(),
        amount: found.amount,
    }
}
