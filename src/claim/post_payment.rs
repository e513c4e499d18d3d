//! Plans a claim that has a document. Its decision and amount are frozen. A return reopens the decision, and changed
//! facts open cases.

use super::assemble::AssembledClaim;
use super::codes::{CaseKind, PaymentOutcome};
use super::decide::{decide, find_reasons};
use super::facts::{Facts, PaymentFacts, ReturnFacts};
use super::outcome::Outcome;
use super::person_state::{PersonState, PlanningContext, StoredClaim, StoredDocument, StoredPayment};
use super::plan::{ClaimUpdate, NewCase, Plan, ReturnNotice, Trigger, revise};
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
    // A record that only repeated this marriage may move: the authoritative record still states the marriage.
    let moved =
        state.moved.contains(&stored.key) && (now.record_id.is_none() || now.record_id != stored.record_id);
    let has_new_sources = with_new_sources.is_some();
    let mut claim = with_new_sources.unwrap_or_else(|| stored.clone());
    let case = review_changed_facts(payment, moved, planning, trigger, &now.facts, &mut claim);
    plan.cases.extend(case);
    plan.cases.extend(payment_cases(state, payment, planning));
    let must_write = has_new_sources
        || claim.review_digest != stored.review_digest
        || claim.review_waits != stored.review_waits;
    let update = payment_update(state, payment, planning, trigger, claim.clone());
    plan.returned.extend(update.as_ref().and_then(|update| return_notice(state, stored, payment, update)));
    plan.updates.extend(update.or_else(|| must_write.then_some(ClaimUpdate { claim, revision: None })));
}

/// The update of the claim that follows from its payment: none while the decision is frozen, a new decision after a
/// return.
fn payment_update(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
    trigger: Trigger,
    claim: StoredClaim,
) -> Option<ClaimUpdate> {
    let may_retry = payment.latest()?.may_retry();
    let facts = frozen_facts(state, payment)?;
    let encoded = facts.encode();
    let same_facts = encoded.digest == claim.facts_digest;
    // A close decides again only if another attempt is possible. A frozen decision is not decided again.
    if same_facts && (trigger == Trigger::Input || !may_retry) {
        return None;
    }
    revise(claim, planning, Trigger::Input, decide(&facts, planning.today, planning.tables), encoded)
}

/// The paid facts with the later answers of finance. After a return they contain the current account and mobile.
pub fn frozen_facts(state: &PersonState, payment: &StoredPayment) -> Option<Facts> {
    let latest = payment.latest()?;
    let mut facts = payment.paid_facts.clone()?;
    let may_retry = latest.may_retry();
    if may_retry && let (Some(insured), Some(record)) = (&mut facts.insured, &state.dossier.record) {
        insured.sheba.clone_from(&record.sheba);
        insured.sheba_owner = record.sheba_owner;
        insured.mobile.clone_from(&record.mobile);
        insured.mobile_owner = record.mobile_owner;
    }
    facts.payment = Some(PaymentFacts {
        amount_rial: payment.amount.get(),
        document_id: latest.document_id.clone(),
        returned: may_retry.then(|| ReturnFacts {
            code: latest.state_code.clone().unwrap_or_default(),
            sheba: latest.sheba.clone(),
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
    (starts_to_wait && update.revision.is_some()).then(|| ReturnNotice {
        claim_id: payment.claim_id,
        document_id: latest.document_id.clone(),
        attempt: latest.attempt,
        returned_at: latest.state_at,
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

/// R22: facts that change after payment open a case for an officer to judge. They never cause a claw-back.
fn review_changed_facts(
    payment: &StoredPayment,
    moved: bool,
    planning: &PlanningContext<'_>,
    trigger: Trigger,
    now: &Facts,
    claim: &mut StoredClaim,
) -> Option<NewCase> {
    let digest = review_digest(now);
    let changed = claim.review_digest != Some(digest);
    let pending_until_later = trigger == Trigger::Close && claim.review_waits;
    if !(changed || moved || pending_until_later) {
        return None;
    }
    claim.review_digest = Some(digest);
    let mut found = find_reasons(now, planning.today, planning.tables);
    found.reasons.retain(|reason| !NOT_REVIEWED.contains(&reason.code));
    found.reasons.sort_by_key(Reason::precedence);
    let codes: Vec<_> = found.reasons.iter().map(|reason| reason.code).collect();
    let outcome = outcome_of(&found.reasons);
    claim.review_waits = outcome == Outcome::Pending;
    let CaseContent { kind, mut grounds, amount } = match outcome {
        Outcome::Refused | Outcome::ManualReview => {
            CaseContent::of(CaseKind::Recovery, Plan::code_strings(&codes), None)
        }
        // A pending outcome opens no case. The next close reviews the facts again.
        Outcome::Pending => CaseContent::default(),
        Outcome::Approved | Outcome::Waiting => case_by_amount(payment.amount, found.amount),
    };
    let kind = if moved { Some(CaseKind::Recovery) } else { kind }?;
    if moved && grounds.is_empty() {
        grounds.push(ReasonCode::RecordWithdrawn.as_str());
    }
    let document = payment.latest()?;
    open_case(payment, document, kind, grounds, amount, false)
}

/// The case that a review opens. Without a kind it opens none.
#[derive(Default)]
struct CaseContent {
    kind: Option<CaseKind>,
    grounds: Vec<&'static str>,
    amount: Option<Rial>,
}

impl CaseContent {
    fn of(kind: CaseKind, grounds: Vec<&'static str>, amount: Option<Rial>) -> Self {
        Self { kind: Some(kind), grounds, amount }
    }
}

fn case_by_amount(paid: Rial, now: Option<Rial>) -> CaseContent {
    match now {
        Some(now) if now < paid => CaseContent::of(CaseKind::Recovery, vec!["AMOUNT_LOWER"], Some(now)),
        Some(now) if now > paid => CaseContent::of(CaseKind::Difference, vec!["AMOUNT_HIGHER"], Some(now)),
        _ => CaseContent::default(),
    }
}

/// Whether the person has died on or before the business date, according to the insured record.
pub fn has_died(state: &PersonState, planning: &PlanningContext<'_>) -> bool {
    let deceased = state.dossier.record.as_ref().and_then(|record| record.deceased_on);
    deceased.is_some_and(|day| day <= planning.today)
}

/// Cases that follow from the answers of finance or from a death. Neither changes the decision.
fn payment_cases(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
) -> Vec<NewCase> {
    let is_dead = has_died(state, planning);
    let latest_attempt = payment.latest().map_or(0, |document| document.attempt);
    let mut cases = Vec::new();
    for document in &payment.documents {
        let is_latest = document.attempt == latest_attempt;
        let paid_twice = !is_latest && document.state == Some(PaymentOutcome::Paid);
        let mut grounds = Vec::new();
        if document.called_duplicate {
            grounds.push("RETURNED_AS_DUPLICATE");
        }
        if paid_twice {
            grounds.push("EARLIER_ATTEMPT_PAID");
        }
        if is_latest && is_dead && document.is_returned() {
            grounds.push(ReasonCode::PersonDeceased.as_str());
        }
        if !grounds.is_empty() {
            cases.extend(open_case(payment, document, CaseKind::Payment, grounds, None, true));
        }
    }
    cases
}

/// Opens a case, unless one of the same document and kind is open. With `once` the circumstances stay true, so no new
/// case is opened after an officer ended the earlier one.
fn open_case(
    payment: &StoredPayment,
    document: &StoredDocument,
    kind: CaseKind,
    grounds: Vec<&'static str>,
    new_amount: Option<Rial>,
    once: bool,
) -> Option<NewCase> {
    let earlier: Vec<_> =
        payment.cases.iter().filter(|c| c.document_id == document.document_id && c.kind == kind).collect();
    if earlier.iter().any(|case| case.open || once) {
        return None;
    }
    Some(NewCase {
        claim_id: payment.claim_id,
        document_id: document.document_id.clone(),
        kind,
        grounds,
        new_amount,
        earlier: earlier.len(),
    })
}
