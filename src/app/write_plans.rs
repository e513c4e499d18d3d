//! Writes the plans of many persons in sets, and returns their output events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{AppContext, output_events};
use crate::claim::RULES_VERSION;
use crate::claim::codes::{Ownership, SmsKind};
use crate::claim::decide::content_digest;
use crate::claim::person::PersonRecord;
use crate::claim::person_state::PersonState;
use crate::claim::plan::{ClaimUpdate, Plan, ReturnNotice, Revision};
use crate::ident::{Mobile, NationalCode};
use crate::law::Rial;
use crate::store::cases::CaseToOpen;
use crate::store::messages::{self, NewMessage, ReleasedMessage};
use crate::store::objections::{self, ObjectionKey};
use crate::store::{PgConnection, Result, cases, claims, decisions};
use crate::texts::{Texts, segments};
use crate::wire::{OutboxEvent, Outgoing};

/// A person's plan, and the trace of the input that caused it.
pub struct Planned {
    pub state: PersonState,
    pub plan: Plan,
    pub trace: Option<String>,
}

/// Writes claims, decisions, cases, answers to objections and notices of returns, and returns the events of cases,
/// answers and notices.
///
/// The events of decisions come from [`decisions_made`], because building them is CPU work that needs no database. The
/// close writes payment documents.
pub async fn write(
    tx: &mut PgConnection,
    ctx: &AppContext,
    planned: &[Planned],
    at: Timestamp,
) -> Result<Vec<Outgoing>> {
    claims::save(tx, &last_updates(planned)).await?;
    write_decisions(tx, ctx, planned, at).await?;
    let mut events = Vec::new();
    events.extend(write_cases(tx, planned, at).await?);
    events.extend(write_answers(tx, planned, at).await?);
    events.extend(write_return_notices(tx, ctx, planned, at).await?);
    Ok(events)
}

/// Opens and changes cases, and returns the events of new cases and of new ends.
async fn write_cases(tx: &mut PgConnection, planned: &[Planned], at: Timestamp) -> Result<Vec<Outgoing>> {
    let (mut opened, mut changes, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for planned in planned {
        let (person, trace) = (planned.state.person, planned.trace.as_deref());
        for case in &planned.plan.cases {
            opened.push(CaseToOpen { person, case });
            events.push(output_events::case_opened(person, case, at, trace)?);
        }
        changes.extend(&planned.plan.case_changes);
        for ended in &planned.plan.ended {
            events.push(output_events::case_ended(person, ended, at, trace)?);
        }
    }
    cases::insert(tx, &opened, at).await?;
    cases::save_changes(tx, &changes, at).await?;
    Ok(events)
}

/// Marks the objections as answered whose answers are due, and returns the answers.
async fn write_answers(tx: &mut PgConnection, planned: &[Planned], at: Timestamp) -> Result<Vec<Outgoing>> {
    let (mut answered, mut events) = (Vec::new(), Vec::new());
    for planned in planned {
        let person = planned.state.person;
        for answer in &planned.plan.answers {
            answered.push(ObjectionKey { person, objection_id: answer.objection_id });
            events.push(output_events::objection_answer(person, answer, at, planned.trace.as_deref())?);
        }
    }
    objections::mark_answered(tx, &answered, at).await?;
    Ok(events)
}

/// The last update of each claim. A claim that changed twice is written once, in its final form; both revisions are
/// published.
fn last_updates(planned: &[Planned]) -> Vec<&ClaimUpdate> {
    let all = planned.iter().flat_map(|planned| &planned.plan.updates);
    let last: BTreeMap<Uuid, &ClaimUpdate> = all.map(|update| (update.claim.claim_id, update)).collect();
    last.into_values().collect()
}

fn revisions(planned: &[Planned]) -> impl Iterator<Item = (&Planned, &ClaimUpdate, &Revision)> {
    planned.iter().flat_map(|planned| {
        planned
            .plan
            .updates
            .iter()
            .filter_map(move |update| Some((planned, update, update.revision.as_ref()?)))
    })
}

async fn write_decisions(
    tx: &mut PgConnection,
    ctx: &AppContext,
    planned: &[Planned],
    at: Timestamp,
) -> Result<()> {
    let rows: Vec<_> =
        revisions(planned).map(|(_, update, revision)| new_decision(update, revision)).collect();
    let stamp = decisions::DecisionStamp {
        rules_version: RULES_VERSION,
        tables_version: ctx.tables.version(),
        business_date: ctx.business_date(at),
        decided_at: at,
    };
    decisions::insert(tx, &rows, &stamp).await
}

/// The events of new revisions. They must be published before the cases of the same person.
pub fn decisions_made<'a>(
    ctx: &'a AppContext,
    planned: &'a [Planned],
    at: Timestamp,
) -> impl Iterator<Item = OutboxEvent<'a>> {
    revisions(planned).map(move |(planned, update, revision)| {
        output_events::decision(ctx, &update.claim, revision, at, planned.trace.as_deref())
    })
}

fn new_decision<'a>(update: &ClaimUpdate, revision: &'a Revision) -> decisions::NewDecision<'a> {
    let (claim, decision) = (&update.claim, &revision.decision);
    let working = decision.working.as_ref();
    decisions::NewDecision {
        decision_id: claim.decision_id,
        claim_id: claim.claim_id,
        revision: claim.revision,
        outcome: decision.outcome.as_str(),
        amount: decision.amount.map(Rial::to_i64),
        reasons: decision.codes().iter().map(|code| code.as_str()).collect(),
        days: working.map(|working| i32::try_from(working.days).unwrap_or(i32::MAX)),
        wage_sum: working.and_then(|working| working.wage_sum).map(Rial::to_i64),
        facts: &revision.facts,
        content_digest: content_digest(claim.answer_digest, claim.working_digest),
    }
}

/// Writes the SMS that ask to correct the account. The broker acknowledged their documents long ago, so they are
/// published at once.
async fn write_return_notices(
    tx: &mut PgConnection,
    ctx: &AppContext,
    planned: &[Planned],
    at: Timestamp,
) -> Result<Vec<Outgoing>> {
    let mut notices = Vec::new();
    for planned in planned {
        notices.extend(planned.plan.returned.iter().filter_map(|notice| return_notice(ctx, planned, notice)));
    }
    let inserted = messages::insert(tx, &notices, at, true).await?;
    let released =
        notices.into_iter().filter(|notice| inserted.contains(&notice.sms_id)).map(ReleasedMessage::from);
    released.map(|message| crate::app::relay::sms_requested(ctx, &message, at)).collect()
}

fn return_notice(ctx: &AppContext, planned: &Planned, notice: &ReturnNotice) -> Option<NewMessage> {
    let payment = planned.state.payment_for(notice.claim_id)?;
    let record = planned.state.dossier.record.as_ref()?;
    // A message about a person's account goes only to a number that belongs to that person.
    let mobile = reachable(record)?;
    let id = ctx.ids.return_sms(&notice.document_id, notice.returned_at);
    let document = payment.documents.iter().find(|document| document.document_id == notice.document_id)?;
    let body = Texts::built_in().sms_returned(payment.benefit, &record.full_name(), document.amount);
    Some(message(
        id,
        SmsKind::PaymentReturned,
        (planned.state.person, notice.claim_id),
        &notice.document_id,
        mobile,
        body,
        planned.trace.clone(),
    ))
}

fn reachable(record: &PersonRecord) -> Option<String> {
    let mobile = record.mobile.as_deref()?.parse::<Mobile>().ok()?;
    (record.mobile_owner == Ownership::Yes).then(|| mobile.to_string())
}

/// Builds an SMS as it is stored.
pub fn message(
    id: Uuid,
    kind: SmsKind,
    (person, claim_id): (NationalCode, Uuid),
    document_id: &str,
    mobile: String,
    body: String,
    traceparent: Option<String>,
) -> NewMessage {
    let segments = i32::try_from(segments(&body)).unwrap_or(i32::MAX);
    let document_id = document_id.to_owned();
    NewMessage {
        sms_id: id.to_string(),
        kind,
        person,
        claim_id,
        document_id,
        mobile,
        body,
        segments,
        traceparent,
    }
}
