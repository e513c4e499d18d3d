//! One page of a close. One transaction locks the persons, decides them again, issues their documents and moves the
//! cursor.

use crate::app::AppContext;
use crate::app::output_events::{self, DocumentStamp};
use crate::app::write_plans::{Planned, decisions_made, message, write};
use crate::claim::codes::SmsKind;
use crate::claim::issuance::plan_close;
use crate::claim::plan::Issuance;
use crate::failpoint::failpoint;
use crate::ident::NationalCode;
use crate::store::close_pages::{self, ClosePage, END};
use crate::store::closes::{self, CloseLock, MonthClose};
use crate::store::messages::{self, NewMessage};
use crate::store::{PgConnection, Result, outbox, payments, person_states, persons};
use crate::texts::Texts;
use crate::wire::Outgoing;

pub struct ClosedPage {
    pub cursor: i64,
    pub persons: u64,
    pub documents: u64,
}

/// Where a page ends.
#[derive(Clone, Copy)]
pub enum PageLimit {
    /// After this number of persons at most.
    Persons(u32),
    /// At this code, where the page of an earlier close ended. All persons up to it are included.
    Code(i64),
}

/// Closes the next page. None if no person is left. No ingest transaction runs at the same time, so all statements of
/// the page see the same inputs. The page stores the offsets of these inputs.
pub async fn close_page(
    ctx: &AppContext,
    lock: &mut CloseLock,
    close: &MonthClose,
    cursor: i64,
    limit: PageLimit,
) -> Result<Option<ClosedPage>> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("close_page.begin", lock.begin().await)?;
    let inputs = close_pages::lock_inputs(&mut tx).await?;
    let PagePersons { codes, last } = select_persons(&mut tx, ctx, cursor, limit).await?;
    let tables_version = ctx.tables.version().to_owned();
    close_pages::insert(&mut tx, close.month, &ClosePage { upto: last, inputs, tables_version }).await?;
    if codes.is_empty() && last == END {
        failpoint!("close_page.last_commit", tx.commit().await)?;
        return Ok(None);
    }
    let dossiers = persons::lock(&mut tx, &codes).await?;
    let planned = plan(ctx, close, person_states::load_with(&mut tx, dossiers).await?, at);
    let mut packed = outbox::pack(decisions_made(ctx, &planned, at), ctx.shards)?;
    let mut events = write(&mut tx, ctx, &planned, at).await?;
    let issues: Vec<_> = planned
        .iter()
        .flat_map(|planned| planned.plan.issuances.iter().map(|issuance| (planned.state.person, issuance)))
        .collect();
    payments::issue(&mut tx, &issues, close.month, at).await?;
    write_messages(&mut tx, ctx, close, &issues, at).await?;
    events.extend(documents(close, &issues, at)?);
    closes::move_cursor(&mut tx, close.month, cursor, last).await?;
    let done = ClosedPage { cursor: last, persons: count(codes.len()), documents: count(issues.len()) };
    packed.extend(outbox::pack(events, ctx.shards)?);
    outbox::insert(&mut tx, packed).await?;
    failpoint!("close_page.commit", tx.commit().await)?;
    Ok(Some(done))
}

/// The persons of a page in ascending order, and the code at which the page ends.
pub(super) struct PagePersons {
    pub codes: Vec<NationalCode>,
    pub last: i64,
}

/// The next persons that the close must decide: those with a claim, and insured persons with a registry row but no
/// claim. The decision of the latter was lost, and must not wait for an input that may never come.
pub(super) async fn select_persons(
    tx: &mut PgConnection,
    ctx: &AppContext,
    cursor: i64,
    limit: PageLimit,
) -> Result<PagePersons> {
    let (end, max) = match limit {
        PageLimit::Persons(max) => (END, max),
        PageLimit::Code(end) => (end, u32::MAX),
    };
    let mut codes = closes::persons_after(tx, cursor, end, max).await?;
    let mut last = match (limit, codes.last()) {
        (PageLimit::Persons(_), Some(last)) => last.to_i64(),
        _ => end,
    };
    let lost = persons::without_claim(tx, cursor, last, ctx.deeds_from, max).await?;
    let Some(last_lost) = lost.last() else { return Ok(PagePersons { codes, last }) };
    tracing::error!(
        persons = lost.len(),
        "ALARM: insured persons with a registry row had no claim; the close decides them"
    );
    if matches!(limit, PageLimit::Persons(_)) && (last == END || count(lost.len()) == u64::from(max)) {
        // Later codes belong to the next page. END is reserved for the page that finds no person.
        last = last_lost.to_i64();
        codes.retain(|code| code <= last_lost);
    }
    codes.extend(lost);
    codes.sort_unstable();
    codes.dedup();
    Ok(PagePersons { codes, last })
}

fn plan(
    ctx: &AppContext,
    close: &MonthClose,
    states: Vec<crate::claim::person_state::PersonState>,
    at: jiff::Timestamp,
) -> Vec<Planned> {
    let planning = ctx.planning_context_at(at);
    states
        .into_iter()
        .filter_map(|mut state| {
            let plan = plan_close(&mut state, &planning);
            (!plan.is_empty()).then(|| Planned { state, plan, trace: Some(close.traceparent.clone()) })
        })
        .collect()
}

fn documents(
    close: &MonthClose,
    issues: &[(NationalCode, &Issuance)],
    at: jiff::Timestamp,
) -> Result<Vec<Outgoing>> {
    let stamp = DocumentStamp { month: close.month, at, trace: &close.traceparent };
    issues.iter().map(|(person, issuance)| output_events::document(*person, issuance, &stamp)).collect()
}

/// Stores the SMS of the documents. An SMS is released when the broker has acknowledged its document.
async fn write_messages(
    tx: &mut PgConnection,
    ctx: &AppContext,
    close: &MonthClose,
    issues: &[(NationalCode, &Issuance)],
    at: jiff::Timestamp,
) -> Result<()> {
    let expected = ctx.business_date(at).month();
    let mut sms: Vec<NewMessage> = Vec::with_capacity(issues.len());
    for (person, issuance) in issues {
        let document_id = issuance.document_id.to_string();
        let id = ctx.ids.registration_sms(&document_id);
        let body = Texts::built_in().sms_registration(
            issuance.benefit,
            &issuance.full_name,
            issuance.amount,
            expected,
        );
        let (kind, about, trace) =
            (SmsKind::Registration, (*person, issuance.claim_id), Some(close.traceparent.clone()));
        sms.push(message(id, kind, about, &document_id, issuance.mobile.clone(), body, trace));
    }
    messages::insert(tx, &sms, at, false).await?;
    Ok(())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
