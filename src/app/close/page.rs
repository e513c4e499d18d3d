//! One page of a close: persons locked, decided anew, their documents issued, and the cursor moved, in one transaction.

use crate::boundary::boundary;
use crate::claim::issue::{Issue, close};
use crate::claim::texts::Texts;
use crate::claim::words::SmsKind;
use crate::ident::NationalCode;
use crate::store::batches::{self, Batch, CloseLock};
use crate::store::close_pages::{END, Page};
use crate::store::messages::{self, NewMessage};
use crate::store::{PgConnection, Result, close_pages, known, outbox, payments, persons};
use crate::wire::Outgoing;
use crate::work::House;
use crate::work::events::{self, Issuing};
use crate::work::write::{Planned, decisions_made, message, write};

pub struct PageDone {
    pub cursor: i64,
    pub persons: u64,
    pub documents: u64,
}

/// How far a page goes.
#[derive(Clone, Copy)]
pub enum Reach {
    /// So many persons at most.
    Persons(u32),
    /// Everybody up to this code: where the page of an earlier close ended.
    Code(i64),
}

/// Closes the next page; none where no person is left. While it runs no batch of the intake does: all its statements see
/// the same inputs, and it keeps which.
pub async fn close_page(
    house: &House,
    lock: &mut CloseLock,
    batch: &Batch,
    cursor: i64,
    reach: Reach,
) -> Result<Option<PageDone>> {
    let at = house.clock.now();
    let mut tx = boundary!("close_page.begin", lock.begin().await)?;
    let inputs = close_pages::hold_inputs(&mut tx).await?;
    let Chosen { codes, last } = choose(&mut tx, house, cursor, reach).await?;
    let tables_version = house.tables.version().to_owned();
    close_pages::keep(&mut tx, batch.month, &Page { upto: last, inputs, tables_version }).await?;
    if codes.is_empty() && last == END {
        boundary!("close_page.last_commit", tx.commit().await)?;
        return Ok(None);
    }
    let dossiers = persons::lock(&mut tx, &codes).await?;
    let planned = plan(house, batch, known::load_with(&mut tx, dossiers).await?, at);
    let mut packed = outbox::pack(decisions_made(house, &planned, at), house.groups)?;
    let mut events = write(&mut tx, house, &planned, at).await?;
    let issues: Vec<_> = planned
        .iter()
        .filter_map(|planned| Some((planned.known.person, planned.plan.issue.as_ref()?)))
        .collect();
    payments::issue(&mut tx, &issues, batch.month, at).await?;
    write_messages(&mut tx, house, batch, &issues, at).await?;
    events.extend(documents(batch, &issues, at)?);
    batches::move_cursor(&mut tx, batch.month, cursor, last).await?;
    let done = PageDone { cursor: last, persons: count(codes.len()), documents: count(issues.len()) };
    packed.extend(outbox::pack(events, house.groups)?);
    outbox::place(&mut tx, packed).await?;
    boundary!("close_page.commit", tx.commit().await)?;
    Ok(Some(done))
}

/// The persons of a page, ascending, and the code up to which the page goes.
struct Chosen {
    codes: Vec<i64>,
    last: i64,
}

/// The next persons with a claim to look at. An insured person with a registry row and no claim is decided here, too: the
/// decision was lost, and must not wait for an input that may never come.
async fn choose(tx: &mut PgConnection, house: &House, cursor: i64, reach: Reach) -> Result<Chosen> {
    let (end, most) = match reach {
        Reach::Persons(most) => (END, most),
        Reach::Code(end) => (end, u32::MAX),
    };
    let mut codes = batches::persons_after(tx, cursor, end, most).await?;
    let mut last = match (reach, codes.last()) {
        (Reach::Persons(_), Some(last)) => *last,
        _ => end,
    };
    let lost = persons::without_claim(tx, cursor, last, house.deeds_from, most).await?;
    let Some(last_lost) = lost.last() else { return Ok(Chosen { codes, last }) };
    tracing::error!(
        persons = lost.len(),
        "ALARM: insured persons with a registry row had no claim; the close decides them"
    );
    if matches!(reach, Reach::Persons(_)) && (last == END || count(lost.len()) == u64::from(most)) {
        // Those behind them come with the next page; END stands for the page that found nobody.
        last = *last_lost;
        codes.retain(|code| *code <= last);
    }
    codes.extend(lost);
    codes.sort_unstable();
    codes.dedup();
    Ok(Chosen { codes, last })
}

fn plan(
    house: &House,
    batch: &Batch,
    known: Vec<crate::claim::known::Known>,
    at: jiff::Timestamp,
) -> Vec<Planned> {
    let rules = house.rules_at(at);
    known
        .into_iter()
        .filter_map(|mut known| {
            let plan = close(&mut known, &rules);
            (!plan.is_empty()).then(|| Planned { known, plan, trace: Some(batch.traceparent.clone()) })
        })
        .collect()
}

fn documents(batch: &Batch, issues: &[(NationalCode, &Issue)], at: jiff::Timestamp) -> Result<Vec<Outgoing>> {
    let issuing = Issuing { batch_id: &batch.batch_id, month: batch.month, at, trace: &batch.traceparent };
    issues.iter().map(|(person, issue)| events::document(*person, issue, &issuing)).collect()
}

/// The SMS waits beside its document until the broker has that.
async fn write_messages(
    tx: &mut PgConnection,
    house: &House,
    batch: &Batch,
    issues: &[(NationalCode, &Issue)],
    at: jiff::Timestamp,
) -> Result<()> {
    let expected = house.business_date(at).month();
    let sms = |(person, issue): &(NationalCode, &Issue)| -> NewMessage {
        let document_id = issue.document_id.to_string();
        let id = house.ids.id("sms", &[&document_id, "registration"]);
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
