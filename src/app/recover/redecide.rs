//! Deciding once for everybody whom the lost time concerns, and saying what no topic holds yet.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::AppContext;
use crate::app::relay::sms_requested;
use crate::app::write_plans::{Planned, decisions_made, message, write};
use crate::claim::Counterpart;
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
use crate::store::recovery::{self, DocumentWithoutSms, PersonToRedecide};
use crate::store::{PgConnection, Result, outbox, person_states, persons};
use crate::texts::Texts;
use crate::wire::Outgoing;

/// What a page of persons came to.
#[derive(Default, Clone, Copy)]
pub struct RedecidedPage {
    pub persons: u64,
    /// Revisions that no topic holds yet.
    pub decisions: u64,
    pub messages: u64,
    /// Paid persons whose claim no input holds, and documents without a number to write to: for a person to look at.
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

/// Decides the next persons; none where nobody is left.
pub async fn decide_page(ctx: &AppContext) -> Result<Option<RedecidedPage>> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("recover_page.begin", ctx.pool.begin().await)?;
    let page = recovery::next_persons(&mut tx, ctx.page_persons).await?;
    if page.is_empty() {
        return Ok(None);
    }
    let codes: Vec<_> = page.iter().map(|person| person.code.to_i64()).collect();
    let dossiers = persons::lock(&mut tx, &codes).await?;
    let known = person_states::load_with(&mut tx, dossiers).await?;
    let lost = LostParts::read(&mut tx, &codes).await?;
    let unannounced = recovery::documents_without_sms(&mut tx, &codes).await?;
    let mut told: HashMap<NationalCode, PersonToRedecide> = page.into_iter().map(|p| (p.code, p)).collect();
    let mut done =
        RedecidedPage { persons: u64::try_from(codes.len()).unwrap_or(0), ..RedecidedPage::default() };
    let (rules, mut found, mut planned, mut sms) =
        (ctx.planning_context_at(at), Vec::new(), Vec::new(), Vec::new());
    for mut known in known {
        if let Some(person) = told.remove(&known.person) {
            let moved = known.claims.iter().filter(|claim| person.moved.contains(&claim.claim_id));
            known.moved = moved.map(|claim| claim.key.clone()).collect();
            known.answered = person.answered;
        }
        let own = unannounced.iter().filter(|document| document.person == known.person.to_i64());
        for document in own {
            sms.push(registration(ctx, &known, document));
        }
        let (plan, facts) = lost.plan(&mut known, &rules, &mut done);
        found.extend(facts);
        if !plan.is_empty() || plan.returned.is_some() {
            planned.push(Planned { known, plan, trace: None });
        }
    }
    recovery::save_facts(&mut tx, &found).await?;
    let mut packed = outbox::pack(decisions_made(ctx, &planned, at), ctx.groups)?;
    let updates = planned.iter().flat_map(|planned| &planned.plan.updates);
    done.decisions = u64::try_from(updates.filter(|update| update.revision.is_some()).count()).unwrap_or(0);
    let mut events = write(&mut tx, ctx, &planned, at).await?;
    done.unsettled += u64::try_from(sms.iter().filter(|sms| sms.is_none()).count()).unwrap_or(0);
    events.extend(insert_and_request(&mut tx, ctx, sms.into_iter().flatten().collect(), at).await?);
    done.messages = u64::try_from(events.len()).unwrap_or(0);
    packed.extend(outbox::pack(events, ctx.groups)?);
    recovery::remove_redecided(&mut tx, &codes).await?;
    outbox::insert(&mut tx, packed).await?;
    failpoint!("recover_page.commit", tx.commit().await)?;
    Ok(Some(done))
}

/// What the topics did not tell of these persons' decisions.
struct LostParts {
    /// Claim and decision of those without their facts.
    without_facts: Vec<(Uuid, Uuid)>,
    /// Paid decisions that no topic holds, and their revisions.
    unpublished: HashMap<Uuid, i32>,
}

impl LostParts {
    async fn read(tx: &mut PgConnection, codes: &[i64]) -> Result<Self> {
        let bare = recovery::without_facts(tx, codes).await?;
        let unsaid = recovery::take_unpublished_decisions(tx, codes).await?.into_iter().collect();
        Ok(Self { without_facts: bare, unpublished: unsaid })
    }

    /// The facts of now stand for those that were lost; then the person is decided, as at a close without its documents.
    fn plan(
        &self,
        known: &mut PersonState,
        rules: &PlanningContext<'_>,
        done: &mut RedecidedPage,
    ) -> (Plan, Vec<(Uuid, Vec<u8>)>) {
        let held = assemble_claims(known, rules);
        let first = self.restore_payment(known, rules, &held, done);
        let mut found = Vec::new();
        for (claim_id, decision) in &self.without_facts {
            let Some(facts) = facts_of(known, &held, *claim_id) else { continue };
            let standing = known.claims.iter().find(|claim| claim.claim_id == *claim_id);
            let payment = known.payment.as_ref().filter(|payment| payment.claim_id == *claim_id);
            // A decision after the paid one is about the payment, too.
            let after =
                standing.filter(|claim| claim.decision_id == *decision && claim.outcome == Outcome::Waiting);
            let frozen = after.and(payment).and_then(|payment| frozen_facts(known, payment));
            found.push((*decision, frozen.unwrap_or(facts).encode().bytes));
        }
        let mut planned = plan(known, rules, Trigger::Close);
        planned.updates.splice(0..0, first);
        if planned.returned.is_none() {
            planned.returned = return_notice(known);
        }
        (planned, found)
    }

    /// What was paid, as far as it can be told; and its decision, where that was never said.
    fn restore_payment(
        &self,
        known: &mut PersonState,
        rules: &PlanningContext<'_>,
        held: &[AssembledClaim],
        done: &mut RedecidedPage,
    ) -> Option<ClaimUpdate> {
        let payment = known.payment.as_ref().filter(|payment| payment.paid_facts.is_none())?;
        let claim_id = payment.claim_id;
        let Some(facts) = facts_of(known, held, claim_id) else {
            done.unsettled += 1;
            return None;
        };
        if let Some(payment) = &mut known.payment {
            payment.paid_facts = Some(facts);
        }
        let payment = known.payment.as_ref()?;
        let own = |(id, revision): &(&Uuid, &i32)| rules.ids.decision(claim_id, **revision) == **id;
        let (_, revision) = self.unpublished.iter().find(own)?;
        let update = unpublished_decision(known, rules, held, payment, *revision)?;
        known.claims.retain(|claim| claim.claim_id != claim_id);
        known.claims.push(update.claim.clone());
        Some(update)
    }
}

fn facts_of(known: &PersonState, held: &[AssembledClaim], claim_id: Uuid) -> Option<Facts> {
    if let Some(held) = held.iter().find(|held| held.claim_id == claim_id) {
        return Some(held.facts.clone());
    }
    let key = &known.claims.iter().find(|claim| claim.claim_id == claim_id)?.key;
    Some(Facts::withdrawn(key.deed_date, matches!(key.counterpart, Counterpart::Spouse(_))))
}

/// The decision that a document rests on, with the amount that was paid.
fn unpublished_decision(
    known: &PersonState,
    rules: &PlanningContext<'_>,
    held: &[AssembledClaim],
    payment: &StoredPayment,
    revision: i32,
) -> Option<ClaimUpdate> {
    let mut facts = payment.paid_facts.clone()?;
    facts.payment = Some(crate::claim::facts::PaymentFacts {
        amount_rial: payment.amount.get(),
        document_id: payment.documents.first()?.document_id.clone(),
        returned: None,
    });
    let (sealed, decision) = (facts.encode(), decide(&facts, rules.today, rules.tables));
    let stored = known.claims.iter().find(|claim| claim.claim_id == payment.claim_id).cloned();
    let now = held.iter().find(|held| held.claim_id == payment.claim_id);
    let mut claim =
        stored.or_else(|| now.map(|now| StoredClaim::undecided(now.claim_id, now.key.clone())))?;
    claim.record_id = now.and_then(|now| now.record_id.clone());
    claim.request_id = now.and_then(|now| now.request_id.clone());
    claim.revision = revision;
    claim.decision_id = rules.ids.decision(claim.claim_id, revision);
    claim.outcome = decision.outcome;
    claim.amount = decision.amount;
    claim.facts_digest = sealed.digest;
    claim.answer_digest = decision.answer_digest();
    claim.working_digest = decision.working_digest();
    Some(ClaimUpdate { claim, revision: Some(Revision { decision, facts: sealed.bytes }) })
}

/// A return that was taken in again, whose decision the topic holds: its notice may have been lost. One that was not is known
/// by its id, and not sent again.
fn return_notice(known: &PersonState) -> Option<ReturnNotice> {
    let payment = known.payment.as_ref()?;
    let latest = payment.latest().filter(|document| known.answered.contains(&document.document_id))?;
    let claim = known.claims.iter().find(|claim| claim.claim_id == payment.claim_id)?;
    let account = known.dossier.record.as_ref()?.sheba.as_deref()?.parse::<crate::ident::Sheba>().ok()?;
    let waits = claim.outcome == Outcome::Waiting && latest.may_retry();
    (waits && account.to_string() == latest.sheba).then(|| ReturnNotice {
        claim_id: payment.claim_id,
        document_id: latest.document_id.clone(),
        attempt: latest.attempt,
        returned_at: latest.state_at,
    })
}

/// The SMS of a document whose own was never sent, to the number of now; none where there is no number.
fn registration(
    ctx: &AppContext,
    known: &PersonState,
    document: &DocumentWithoutSms,
) -> Option<messages::NewMessage> {
    let record = known.dossier.record.as_ref()?;
    let mobile = record.mobile.as_deref()?.parse::<Mobile>().ok()?.to_string();
    let issued = Timestamp::from_microsecond(document.issued_us).ok()?;
    let expected = ctx.business_date(issued).month();
    let amount = Rial::from_i64(document.amount)?;
    let body = Texts::built_in().sms_registration(&record.full_name(), amount, expected);
    let id = ctx.ids.registration_sms(&document.document_id);
    let about = (known.person, document.claim_id);
    Some(message(id, SmsKind::Registration, about, &document.document_id, mobile, body, None))
}

/// Their documents were delivered: they may go at once.
async fn insert_and_request(
    tx: &mut PgConnection,
    ctx: &AppContext,
    new: Vec<messages::NewMessage>,
    at: Timestamp,
) -> Result<Vec<Outgoing>> {
    let fresh = messages::insert(tx, &new, at, true).await?;
    let mut events = Vec::with_capacity(fresh.len());
    for sms in new.into_iter().filter(|sms| fresh.contains(&sms.sms_id)) {
        let released = ReleasedMessage::from(sms);
        events.push(sms_requested(ctx, &released, at)?);
    }
    Ok(events)
}
