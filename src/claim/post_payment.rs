//! A claim that has a document: its decision and amount are frozen; returns reopen it, and facts that change open cases.

use super::assemble::AssembledClaim;
use super::codes::{CaseKind, PaymentOutcome};
use super::decide::{decide, find_reasons};
use super::facts::{Facts, PaymentFacts, ReturnFacts};
use super::person_state::{PersonState, PlanningContext, StoredClaim, StoredDocument, StoredPayment};
use super::plan::{ClaimUpdate, NewCase, Plan, ReturnNotice, Trigger, revise};
use super::reason::{Outcome, ReasonCode};
use crate::law::Rial;

/// Plans the paid claim of the person; `now` is the claim as the inputs hold it today.
pub fn plan_paid_claim(
    known: &PersonState,
    rules: &PlanningContext<'_>,
    occasion: Trigger,
    now: &AssembledClaim,
    plan: &mut Plan,
) {
    let Some(payment) = &known.payment else { return };
    let Some(stored) = known.claims.iter().find(|claim| claim.claim_id == payment.claim_id) else {
        return;
    };
    let held = stored.with_sources_of(now);
    // A record that only repeated this marriage may move: what spoke still speaks.
    let moved =
        known.moved.contains(&stored.key) && (now.record_id.is_none() || now.record_id != stored.record_id);
    let is_held_anew = held.is_some();
    let mut claim = held.unwrap_or_else(|| stored.clone());
    let case = review_changed_facts((payment, moved), rules, occasion, &now.facts, &mut claim);
    plan.cases.extend(case);
    plan.cases.extend(payment_cases(known, payment, rules));
    let reviewed = is_held_anew
        || claim.review_digest != stored.review_digest
        || claim.review_waits != stored.review_waits;
    let update = payment_update(known, payment, rules, occasion, claim.clone());
    plan.returned = update.as_ref().and_then(|update| return_notice(known, stored, payment, update));
    plan.updates.extend(update.or_else(|| reviewed.then_some(ClaimUpdate { claim, revision: None })));
}

/// The decision as the payment makes it: frozen, or reopened by a return.
fn payment_update(
    known: &PersonState,
    payment: &StoredPayment,
    rules: &PlanningContext<'_>,
    occasion: Trigger,
    claim: StoredClaim,
) -> Option<ClaimUpdate> {
    let may_retry = payment.latest()?.may_retry();
    let facts = frozen_facts(known, payment)?;
    let sealed = facts.encode();
    let same_facts = sealed.digest == claim.facts_digest;
    // A close looks again only at what may be sent again: a frozen decision is not decided anew.
    if same_facts && (occasion == Trigger::Input || !may_retry) {
        return None;
    }
    revise(claim, rules, Trigger::Input, decide(&facts, rules.today, rules.tables), sealed)
}

/// The facts as they were paid, with what finance has said since; after a return with the account and mobile of now.
pub fn frozen_facts(known: &PersonState, payment: &StoredPayment) -> Option<Facts> {
    let latest = payment.latest()?;
    let mut facts = payment.paid_facts.clone()?;
    let may_retry = latest.may_retry();
    if may_retry && let (Some(insured), Some(record)) = (&mut facts.insured, &known.dossier.record) {
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

/// One notice per return that makes a claim wait; what else makes it wait afterwards is told to nobody.
fn return_notice(
    known: &PersonState,
    before: &StoredClaim,
    payment: &StoredPayment,
    update: &ClaimUpdate,
) -> Option<ReturnNotice> {
    let latest = payment.latest().filter(|document| known.answered.contains(&document.document_id))?;
    let begins_to_wait = before.outcome == Outcome::Approved && update.claim.outcome == Outcome::Waiting;
    (begins_to_wait && update.revision.is_some()).then(|| ReturnNotice {
        claim_id: payment.claim_id,
        document_id: latest.document_id.clone(),
        attempt: latest.attempt,
        returned_at: latest.state_at,
    })
}

/// Account, mobile and death are left out when what was paid is held against what the facts now say.
const LEFT_OUT: [ReasonCode; 7] = [
    ReasonCode::PersonDeceased,
    ReasonCode::AccountCheckPending,
    ReasonCode::MobileCheckPending,
    ReasonCode::NoValidAccount,
    ReasonCode::AccountNotOwned,
    ReasonCode::NoValidMobile,
    ReasonCode::MobileNotOwned,
];

/// The digest of the facts that a review reads.
pub fn review_digest(facts: &Facts) -> [u8; 32] {
    let mut read = facts.clone();
    if let Some(insured) = &mut read.insured {
        insured.deceased_on = None;
        insured.sheba = None;
        insured.mobile = None;
        insured.sheba_owner = crate::claim::codes::Ownership::Unknown;
        insured.mobile_owner = crate::claim::codes::Ownership::Unknown;
    }
    read.encode().digest
}

/// R22: facts that change after payment raise a case for a person to judge, never a claw-back.
fn review_changed_facts(
    (payment, moved): (&StoredPayment, bool),
    rules: &PlanningContext<'_>,
    occasion: Trigger,
    now: &Facts,
    claim: &mut StoredClaim,
) -> Option<NewCase> {
    let digest = review_digest(now);
    let changed = claim.review_digest != Some(digest);
    let time_may_tell = occasion == Trigger::Close && claim.review_waits;
    if !(changed || moved || time_may_tell) {
        return None;
    }
    claim.review_digest = Some(digest);
    let found = find_reasons(now, rules.today, rules.tables);
    let mut codes: Vec<_> = found.reasons.iter().map(|ground| ground.code).collect();
    codes.retain(|code| !LEFT_OUT.contains(code));
    let outcome = Outcome::of(&codes);
    claim.review_waits = outcome == Outcome::Pending;
    let (kind, mut grounds, amount) = match outcome {
        Outcome::Refused | Outcome::ManualReview => {
            (Some(CaseKind::Recovery), Plan::code_strings(&codes), None)
        }
        // A passing wait opens none; what only time then decides is looked at by the next close.
        Outcome::Pending => (None, Vec::new(), None),
        Outcome::Approved | Outcome::Waiting => case_by_amount(payment.amount, found.amount),
    };
    let kind = if moved { Some(CaseKind::Recovery) } else { kind }?;
    if moved && grounds.is_empty() {
        grounds.push(ReasonCode::RecordWithdrawn.as_str());
    }
    let document = payment.latest()?;
    open_case(payment, document, kind, grounds, amount, false)
}

fn case_by_amount(paid: Rial, now: Option<Rial>) -> (Option<CaseKind>, Vec<&'static str>, Option<Rial>) {
    match now {
        Some(now) if now < paid => (Some(CaseKind::Recovery), vec!["AMOUNT_LOWER"], Some(now)),
        Some(now) if now > paid => (Some(CaseKind::Difference), vec!["AMOUNT_HIGHER"], Some(now)),
        _ => (None, Vec::new(), None),
    }
}

/// By the insured record, on or before the business date.
pub fn has_died(known: &PersonState, rules: &PlanningContext<'_>) -> bool {
    let deceased = known.dossier.record.as_ref().and_then(|record| record.deceased_on);
    deceased.is_some_and(|day| day <= rules.today)
}

/// What finance or a death says of the payment itself; neither changes the decision.
fn payment_cases(known: &PersonState, payment: &StoredPayment, rules: &PlanningContext<'_>) -> Vec<NewCase> {
    let is_dead = has_died(known, rules);
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

/// One open case per document and kind. What stays true (`once`) is not opened again after a person ended its case.
fn open_case(
    payment: &StoredPayment,
    document: &StoredDocument,
    kind: CaseKind,
    grounds: Vec<&'static str>,
    new_amount: Option<Rial>,
    once: bool,
) -> Option<NewCase> {
    let of_this = || payment.cases.iter().filter(|c| c.document_id == document.document_id && c.kind == kind);
    if of_this().any(|case| case.open || once) {
        return None;
    }
    Some(NewCase {
        claim_id: payment.claim_id,
        document_id: document.document_id.clone(),
        kind,
        grounds,
        new_amount,
        earlier: of_this().count(),
    })
}
