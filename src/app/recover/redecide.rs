//! Decides once for each person whom the lost time concerns, and publishes what no topic contains yet.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::AppContext;
use crate::app::relay::sms_requested;
use crate::app::write_plans::{Planned, decisions_made, message, write};
use crate::claim::Benefit;
use crate::claim::assemble::{AssembledClaim, assemble_claims};
use crate::claim::codes::SmsKind;
use crate::claim::decide::decide;
use crate::claim::facts::Facts;
use crate::claim::outcome::Outcome;
use crate::claim::person_state::{PersonState, PlanningContext, StoredClaim, StoredPayment};
use crate::claim::plan::{ClaimUpdate, Plan, ReturnNotice, Revision, Trigger};
use crate::claim::planning::plan;
use crate::claim::post_payment::frozen_facts;
use crate::failpoint::failpoint;
use crate::ident::{Mobile, NationalCode};
use crate::law::Rial;
use crate::store::messages::{self, ReleasedMessage};
use crate::store::recovery::{self, DecisionFacts, DecisionOfClaim, DocumentWithoutSms, PersonToRedecide};
use crate::store::{PgConnection, Result, outbox, person_states, persons};
use crate::texts::Texts;
use crate::wire::Outgoing;

/// What was done for a page of persons.
#[derive(Default, Clone, Copy)]
pub struct RedecidedPage {
    pub persons: u64,
    /// Revisions that no topic contains yet.
    pub decisions: u64,
    pub messages: u64,
    /// Paid persons whose claim is in no input, and documents without a mobile number for their SMS. An operator must
    /// check these.
    pub unsettled: u64,
}

impl RedecidedPage {
    pub fn add(&mut self, page: Self) {
        self.persons += page.persons;
        self.decisions += page.decisions;
        self.messages += page.messages;
        self.unsettled += page.unsettled;
    }
}

/// Decides the next page of persons. None if no person is left.
pub async fn decide_page(ctx: &AppContext) -> Result<Option<RedecidedPage>> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("recover_page.begin", ctx.pool.begin().await)?;
    let page = recovery::next_persons(&mut tx, ctx.page_persons).await?;
    if page.is_empty() {
        return Ok(None);
    }
    let codes: Vec<_> = page.iter().map(|person| person.code).collect();
    let dossiers = persons::lock(&mut tx, &codes).await?;
    let states = person_states::load_with(&mut tx, dossiers).await?;
    let lost = LostParts::read(&mut tx, &codes).await?;
    let documents_without_sms = recovery::documents_without_sms(&mut tx, &codes).await?;
    let mut to_redecide: HashMap<NationalCode, PersonToRedecide> =
        page.into_iter().map(|p| (p.code, p)).collect();
    let mut done =
        RedecidedPage { persons: u64::try_from(codes.len()).unwrap_or(0), ..RedecidedPage::default() };
    let planning = ctx.planning_context_at(at);
    let mut restored_facts = Vec::new();
    let mut planned = Vec::new();
    let mut sms = Vec::new();
    for mut state in states {
        if let Some(person) = to_redecide.remove(&state.person) {
            state.answered = person.answered;
        }
        let own = documents_without_sms.iter().filter(|document| document.person == state.person.to_i64());
        for document in own {
            sms.push(registration(ctx, &state, document));
        }
        let redecided = lost.plan(&mut state, &planning, &mut done);
        restored_facts.extend(redecided.restored_facts);
        let plan = redecided.plan;
        if !plan.is_empty() || !plan.returned.is_empty() {
            planned.push(Planned { state, plan, trace: None });
        }
    }
    recovery::save_facts(&mut tx, &restored_facts).await?;
    let mut packed = outbox::pack(decisions_made(ctx, &planned, at), ctx.shards)?;
    let updates = planned.iter().flat_map(|planned| &planned.plan.updates);
    done.decisions = u64::try_from(updates.filter(|update| update.revision.is_some()).count()).unwrap_or(0);
    let mut events = write(&mut tx, ctx, &planned, at).await?;
    done.unsettled += u64::try_from(sms.iter().filter(|sms| sms.is_none()).count()).unwrap_or(0);
    events.extend(insert_and_request(&mut tx, ctx, sms.into_iter().flatten().collect(), at).await?);
    done.messages = u64::try_from(events.len()).unwrap_or(0);
    packed.extend(outbox::pack(events, ctx.shards)?);
    recovery::remove_redecided(&mut tx, &codes).await?;
    outbox::insert(&mut tx, packed).await?;
    failpoint!("recover_page.commit", tx.commit().await)?;
    Ok(Some(done))
}

/// The plan of a person, and the facts that replace lost ones.
struct RedecidedPerson {
    plan: Plan,
    restored_facts: Vec<DecisionFacts>,
}

/// The parts of these persons' decisions that the topics do not contain.
struct LostParts {
    /// The decisions without facts.
    without_facts: Vec<DecisionOfClaim>,
    /// Paid decisions that no topic contains, with their revisions.
    unpublished: HashMap<Uuid, i32>,
}

impl LostParts {
    async fn read(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Self> {
        let without_facts = recovery::without_facts(tx, codes).await?;
        let unpublished = recovery::take_unpublished_decisions(tx, codes).await?.into_iter().collect();
        Ok(Self { without_facts, unpublished })
    }

    /// Replaces lost facts by the current facts, then plans the person as a close does, but without documents.
    fn plan(
        &self,
        state: &mut PersonState,
        planning: &PlanningContext<'_>,
        done: &mut RedecidedPage,
    ) -> RedecidedPerson {
        let assembled = assemble_claims(state, planning);
        let lost_claims: Vec<_> = state
            .payments
            .iter()
            .filter(|payment| payment.paid_facts.is_none())
            .map(|payment| payment.claim_id)
            .collect();
        let mut paid_decisions = Vec::new();
        for claim_id in lost_claims {
            paid_decisions.extend(self.restore_payment(state, planning, &assembled, claim_id, done));
        }
        let mut found = Vec::new();
        for &DecisionOfClaim { claim_id, decision_id } in &self.without_facts {
            let Some(facts) = facts_of(state, &assembled, claim_id) else { continue };
            let stored_claim = state.claims.iter().find(|claim| claim.claim_id == claim_id);
            let payment = state.payment_for(claim_id);
            // The facts of a decision made after the payment include the payment.
            let after_payment = stored_claim
                .filter(|claim| claim.decision_id == decision_id && claim.outcome == Outcome::Waiting);
            let frozen =
                after_payment.and(payment).and_then(|payment| frozen_facts(state, payment, planning));
            found.push(DecisionFacts { decision_id, facts: frozen.unwrap_or(facts).encode().bytes });
        }
        let mut planned = plan(state, planning, Trigger::Close);
        planned.updates.splice(0..0, paid_decisions);
        for payment in &state.payments {
            if planned.returned.iter().all(|notice| notice.claim_id != payment.claim_id) {
                planned.returned.extend(return_notice(state, payment, planning));
            }
        }
        RedecidedPerson { plan: planned, restored_facts: found }
    }

    /// Restores the facts of the payment for this claim, as far as they can be found. Returns the update with its
    /// decision, if that was never published.
    fn restore_payment(
        &self,
        state: &mut PersonState,
        planning: &PlanningContext<'_>,
        assembled: &[AssembledClaim],
        claim_id: Uuid,
        done: &mut RedecidedPage,
    ) -> Option<ClaimUpdate> {
        let Some(facts) = facts_of(state, assembled, claim_id) else {
            done.unsettled += 1;
            return None;
        };
        let payment = state.payments.iter_mut().find(|payment| payment.claim_id == claim_id)?;
        payment.paid_facts = Some(facts);
        let payment = state.payment_for(claim_id)?;
        let (_, revision) = self
            .unpublished
            .iter()
            .find(|(id, revision)| planning.ids.decision(claim_id, **revision) == **id)?;
        let update = unpublished_decision(state, planning, assembled, payment, *revision)?;
        state.claims.retain(|claim| claim.claim_id != claim_id);
        state.claims.push(update.claim.clone());
        Some(update)
    }
}

/// The current facts of a claim. A claim that can no longer be assembled has the facts of a withdrawn claim.
fn facts_of(state: &PersonState, assembled: &[AssembledClaim], claim_id: Uuid) -> Option<Facts> {
    if let Some(claim) = assembled.iter().find(|claim| claim.claim_id == claim_id) {
        return Some(claim.facts.clone());
    }
    let key = &state.claims.iter().find(|claim| claim.claim_id == claim_id)?.key;
    Some(Facts::withdrawn(key))
}

/// Builds the decision that a document is based on, with the amount that was paid.
fn unpublished_decision(
    state: &PersonState,
    planning: &PlanningContext<'_>,
    assembled: &[AssembledClaim],
    payment: &StoredPayment,
    revision: i32,
) -> Option<ClaimUpdate> {
    let mut facts = payment.paid_facts.clone()?;
    facts.payment = Some(crate::claim::facts::PaymentFacts {
        amount_rial: payment.amount.get(),
        document_id: payment.documents.first()?.document_id.clone(),
        returned: None,
    });
    let encoded = facts.encode();
    let decision = decide(&facts, planning.today, planning.tables);
    let stored = state.claims.iter().find(|claim| claim.claim_id == payment.claim_id).cloned();
    let current = assembled.iter().find(|claim| claim.claim_id == payment.claim_id);
    let mut claim =
        stored.or_else(|| current.map(|claim| StoredClaim::undecided(claim.claim_id, claim.key.clone())))?;
    claim.record_id = current.and_then(|current| current.record_id.clone());
    claim.request_id = current.and_then(|current| current.request_id.clone());
    claim.revision = revision;
    claim.decision_id = planning.ids.decision(claim.claim_id, revision);
    claim.outcome = decision.outcome;
    claim.amount = decision.amount;
    claim.facts_digest = encoded.digest;
    claim.answer_digest = decision.answer_digest();
    claim.working_digest = decision.working_digest();
    Some(ClaimUpdate { claim, revision: Some(Revision { decision, facts: encoded.bytes }) })
}

/// The notice of a return that was applied again and whose decision is in the topic: the SMS may have been lost. An SMS
/// that was not lost has the same id, so it is not sent again.
fn return_notice(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
) -> Option<ReturnNotice> {
    let latest = payment.latest().filter(|document| state.answered.contains(&document.document_id))?;
    let claim = state.claims.iter().find(|claim| claim.claim_id == payment.claim_id)?;
    let account = state.dossier.record.as_ref()?.sheba.as_deref()?.parse::<crate::ident::Sheba>().ok()?;
    let may_retry = claim.outcome == Outcome::Waiting && latest.may_retry(planning.tables);
    let returned_at = latest.answer()?.at;
    (may_retry && account.to_string() == latest.sheba).then(|| ReturnNotice {
        claim_id: payment.claim_id,
        document_id: latest.document_id.clone(),
        attempt: latest.attempt,
        returned_at,
    })
}

/// The SMS of a document for which none was sent, to the person's current mobile number. None if there is no number.
fn registration(
    ctx: &AppContext,
    state: &PersonState,
    document: &DocumentWithoutSms,
) -> Option<messages::NewMessage> {
    let record = state.dossier.record.as_ref()?;
    let mobile = record.mobile.as_deref()?.parse::<Mobile>().ok()?.to_string();
    let issued = Timestamp::from_microsecond(document.issued_us).ok()?;
    let expected = ctx.business_date(issued).month();
    let amount = Rial::from_i64(document.amount)?;
    let benefit: Benefit = document.benefit.parse().ok()?;
    let body = Texts::built_in().sms_registration(benefit, &record.full_name(), amount, expected);
    let id = ctx.ids.registration_sms(&document.document_id);
    let about = (state.person, document.claim_id);
    Some(message(id, SmsKind::Registration, about, &document.document_id, mobile, body, None))
}

/// Writes SMS and returns their requests. The documents of these SMS were delivered, so the SMS are requested at once.
async fn insert_and_request(
    tx: &mut PgConnection,
    ctx: &AppContext,
    new: Vec<messages::NewMessage>,
    at: Timestamp,
) -> Result<Vec<Outgoing>> {
    let inserted = messages::insert(tx, &new, at, true).await?;
    let mut events = Vec::with_capacity(inserted.len());
    for sms in new.into_iter().filter(|sms| inserted.contains(&sms.sms_id)) {
        let released = ReleasedMessage::from(sms);
        events.push(sms_requested(ctx, &released, at)?);
    }
    Ok(events)
}
