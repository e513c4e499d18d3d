//! One page of a close: persons locked, decided anew, their documents issued, and the cursor moved, in one transaction.

use crate::app::AppContext;
use crate::app::output_events::{self, DocumentBatch};
use crate::app::write_plans::{Planned, decisions_made, message, write};
use crate::claim::codes::SmsKind;
use crate::claim::issuance::plan_close;
use crate::claim::plan::Issuance;
use crate::failpoint::failpoint;
use crate::ident::NationalCode;
use crate::store::batches::{self, CloseLock, PaymentBatch};
use crate::store::close_pages::{self, ClosePage, END};
use crate::store::messages::{self, NewMessage};
use crate::store::{PgConnection, Result, outbox, payments, person_states, persons};
use crate::texts::Texts;
use crate::wire::Outgoing;

pub struct ClosedPage {
    pub cursor: i64,
    pub persons: u64,
    pub documents: u64,
}

/// How far a page goes.
#[derive(Clone, Copy)]
pub enum PageLimit {
    /// So many persons at most.
    Persons(u32),
    /// Everybody up to this code: where the page of an earlier close ended.
    Code(i64),
}

/// Closes the next page; none where no person is left. While it runs no batch of the intake does: all its statements see
/// the same inputs, and it keeps which.
pub async fn close_page(
    ctx: &AppContext,
    lock: &mut CloseLock,
    batch: &PaymentBatch,
    cursor: i64,
    reach: PageLimit,
) -> Result<Option<ClosedPage>> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("close_page.begin", lock.begin().await)?;
    let inputs = close_pages::lock_inputs(&mut tx).await?;
    let PagePersons { codes, last } = select_persons(&mut tx, ctx, cursor, reach).await?;
    let tables_version = ctx.tables.version().to_owned();
    close_pages::insert(&mut tx, batch.month, &ClosePage { upto: last, inputs, tables_version }).await?;
    if codes.is_empty() && last == END {
        failpoint!("close_page.last_commit", tx.commit().await)?;
        return Ok(None);
    }
    let dossiers = persons::lock(&mut tx, &codes).await?;
    let planned = plan(ctx, batch, person_states::load_with(&mut tx, dossiers).await?, at);
    let mut packed = outbox::pack(decisions_made(ctx, &planned, at), ctx.groups)?;
    let mut events = write(&mut tx, ctx, &planned, at).await?;
    let issues: Vec<_> = planned
        .iter()
        .filter_map(|planned| Some((planned.known.person, planned.plan.issuance.as_ref()?)))
        .collect();
    payments::issue(&mut tx, &issues, batch.month, at).await?;
    write_messages(&mut tx, ctx, batch, &issues, at).await?;
    events.extend(documents(batch, &issues, at)?);
    batches::move_cursor(&mut tx, batch.month, cursor, last).await?;
    let done = ClosedPage { cursor: last, persons: count(codes.len()), documents: count(issues.len()) };
    packed.extend(outbox::pack(events, ctx.groups)?);
    outbox::insert(&mut tx, packed).await?;
    failpoint!("close_page.commit", tx.commit().await)?;
    Ok(Some(done))
}

/// The persons of a page, ascending, and the code up to which the page goes.
struct PagePersons {
    codes: Vec<i64>,
    last: i64,
}

/// The next persons with a claim to look at. An insured person with a registry row and no claim is decided here, too: the
/// decision was lost, and must not wait for an input that may never come.
async fn select_persons(
    tx: &mut PgConnection,
    ctx: &AppContext,
    cursor: i64,
    reach: PageLimit,
) -> Result<PagePersons> {
    let (end, most) = match reach {
        PageLimit::Persons(most) => (END, most),
        PageLimit::Code(end) => (end, u32::MAX),
    };
    let mut codes = batches::persons_after(tx, cursor, end, most).await?;
    let mut last = match (reach, codes.last()) {
        (PageLimit::Persons(_), Some(last)) => *last,
        _ => end,
    };
    let lost = persons::without_claim(tx, cursor, last, ctx.deeds_from, most).await?;
    let Some(last_lost) = lost.last() else { return Ok(PagePersons { codes, last }) };
    tracing::error!(
        persons = lost.len(),
        "ALARM: insured persons with a registry row had no claim; the close decides them"
    );
    if matches!(reach, PageLimit::Persons(_)) && (last == END || count(lost.len()) == u64::from(most)) {
        // Those behind them come with the next page; END stands for the page that found nobody.
        last = *last_lost;
        codes.retain(|code| *code <= last);
    }
    codes.extend(lost);
    codes.sort_unstable();
    codes.dedup();
    Ok(PagePersons { codes, last })
}

fn plan(
    ctx: &AppContext,
    batch: &PaymentBatch,
    known: Vec<crate::claim::person_state::PersonState>,
    at: jiff::Timestamp,
) -> Vec<Planned> {
    let rules = ctx.planning_context_at(at);
    known
        .into_iter()
        .filter_map(|mut known| {
            let plan = plan_close(&mut known, &rules);
            (!plan.is_empty()).then(|| Planned { known, plan, trace: Some(batch.traceparent.clone()) })
        })
        .collect()
}

fn documents(
    batch: &PaymentBatch,
    issues: &[(NationalCode, &Issuance)],
    at: jiff::Timestamp,
) -> Result<Vec<Outgoing>> {
    let issuing =
        DocumentBatch { batch_id: &batch.batch_id, month: batch.month, at, trace: &batch.traceparent };
    issues.iter().map(|(person, issue)| output_events::document(*person, issue, &issuing)).collect()
}

/// The SMS waits beside its document until the broker has that.
async fn write_messages(
    tx: &mut PgConnection,
    ctx: &AppContext,
    batch: &PaymentBatch,
    issues: &[(NationalCode, &Issuance)],
    at: jiff::Timestamp,
) -> Result<()> {
    let expected = ctx.business_date(at).month();
    let sms = |(person, issue): &(NationalCode, &Issuance)| -> NewMessage {
        let document_id = issue.document_id.to_string();
        let id = ctx.ids.registration_sms(&document_id);
        let body = Texts::built_in().sms_registration(&issue.full_name, issue.amount, expected);
        let (kind, about, trace) =
            (SmsKind::Registration, (*person, issue.claim_id), Some(batch.traceparent.clone()));
        message(id, kind, about, &document_id, issue.mobile.clone(), body, trace)
    };
    messages::insert(tx, &issues.iter().map(sms).collect::<Vec<_>>(), at, false).await?;
    Ok(())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
