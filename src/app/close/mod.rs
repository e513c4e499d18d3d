//! The month's close: re-decide, freeze, issue documents, vouchers and the closing event; resumable at every step (R20, R24).

mod finish;
mod forecast;
mod page;
pub mod replay;

pub use forecast::{BranchForecast, Forecast, forecast};

use super::AppContext;
use crate::clock;
use crate::failpoint::failpoint;
use crate::law::{SolarDate, SolarMonth};
use crate::retry::ShutdownSignal;
use crate::store::batches::{self, BatchOpening, CloseLock, PaymentBatch};
use crate::store::{Error, Result, files, recovery};

/// Why a month cannot be closed now.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{0} has not ended: the business date is {1}")]
    NotEnded(SolarMonth, SolarDate),
    #[error("{month} is not the next month: the last closed is {last}, so the next is {next}")]
    NotNext { month: SolarMonth, last: SolarMonth, next: SolarMonth },
    #[error("{month} is held: {reason}; look at it, then close it with --confirm")]
    Held { month: String, reason: String },
}

/// A closed month, and whether this call closed it.
pub struct CloseResult {
    pub batch: PaymentBatch,
    pub closed_now: bool,
}

/// What a caller may hear while pages are closed: persons done, documents issued.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// May this month be closed now? Its batch where it is closed already.
pub async fn check(
    ctx: &AppContext,
    month: SolarMonth,
    confirmed: bool,
) -> Result<std::result::Result<Option<PaymentBatch>, Refusal>> {
    let mut connection = ctx.pool.acquire().await?;
    let batches = batches::all(&mut connection).await?;
    if let Some(batch) = batches.iter().find(|batch| batch.month == month && batch.closed) {
        return Ok(Ok(Some(batch.clone())));
    }
    if let Some(refusal) = out_of_turn(&batches, month, ctx.clock.today()) {
        return Ok(Err(refusal));
    }
    match batches::hold_reason(&mut connection, month).await? {
        Some(reason) if !confirmed => Ok(Err(Refusal::Held { month: month.to_string(), reason })),
        _ => Ok(Ok(None)),
    }
}

/// Months are closed after their end, one after the other.
fn out_of_turn(batches: &[PaymentBatch], month: SolarMonth, today: SolarDate) -> Option<Refusal> {
    if today <= month.last_day() {
        return Some(Refusal::NotEnded(month, today));
    }
    if let Some(last) = batches.iter().rfind(|batch| batch.closed).map(|batch| batch.month)
        && month != last.next()
    {
        return Some(Refusal::NotNext { month, last, next: last.next() });
    }
    let open = batches.iter().find(|batch| !batch.closed && batch.month != month)?;
    Some(Refusal::NotNext { month, last: open.month.previous(), next: open.month })
}

/// Closes the month, or goes on where a crash left it. The caller has waited for the input and checked the month;
/// `input_offsets` says where the inputs stood. Of two at once the second waits, and finds it closed. None where `stop`
/// came first: between two pages nothing is half done, and the next call goes on from there.
pub async fn close(
    ctx: &AppContext,
    month: SolarMonth,
    input_offsets: &str,
    progress: Progress<'_>,
    stop: &ShutdownSignal,
) -> Result<Option<CloseResult>> {
    let Some(mut lock) = CloseLock::acquire(&ctx.pool, stop).await? else {
        return Ok(None);
    };
    let mut connection = failpoint!("close_look.begin", lock.begin().await)?;
    recovery::refuse_half_recovered(&mut *connection).await?;
    let batches = batches::all(&mut connection).await?;
    failpoint!("close_look.commit", connection.commit().await)?;
    if let Some(batch) = batches.iter().find(|batch| batch.month == month && batch.closed) {
        lock.release().await?;
        return Ok(Some(CloseResult { batch: batch.clone(), closed_now: false }));
    }
    // Another close may have ended since the caller checked.
    if let Some(refusal) = out_of_turn(&batches, month, ctx.clock.today()) {
        lock.release().await?;
        return Err(Error::Refused(refusal.to_string()));
    }
    let batch = ctx.with_timeout(begin(ctx, &mut lock, month, input_offsets)).await?;
    // One close, one day: also where it crosses midnight, or a crash left it until days later.
    let of_the_day = ctx.with_business_date(batch.business_date);
    let (mut persons, mut documents) = (0, 0);
    let (mut cursor, reach) = (batch.cursor, page::PageLimit::Persons(ctx.page_persons));
    while let Some(done) =
        ctx.with_timeout(page::close_page(&of_the_day, &mut lock, &batch, cursor, reach)).await?
    {
        cursor = done.cursor;
        persons += done.persons;
        documents += done.documents;
        progress(persons, documents);
        if *stop.borrow() {
            lock.release().await?;
            return Ok(None);
        }
    }
    let batch = ctx.with_timeout(finish::finish(ctx, &mut lock, batch)).await?;
    lock.release().await?;
    Ok(Some(CloseResult { batch, closed_now: true }))
}

async fn begin(
    ctx: &AppContext,
    lock: &mut CloseLock,
    month: SolarMonth,
    input_offsets: &str,
) -> Result<PaymentBatch> {
    let batch_id = format!("{}-{month}", crate::claim::BENEFIT);
    let trace = crate::wire::outgoing::fresh_traceparent();
    let opening = BatchOpening {
        month,
        batch_id: &batch_id,
        business_date: ctx.fixed_business_date.unwrap_or_else(|| ctx.clock.today()),
        at: ctx.clock.now(),
        input_offsets,
        traceparent: &trace,
    };
    let mut tx = failpoint!("close_open.begin", lock.begin().await)?;
    batches::open(&mut tx, &opening).await?;
    let batch = batches::all(&mut tx).await?.into_iter().find(|batch| batch.month == month);
    failpoint!("close_open.commit", tx.commit().await)?;
    batch.ok_or(Error::Unreadable("batch"))
}

/// The month that is due by itself, if any.
pub async fn due(ctx: &AppContext) -> Result<Option<SolarMonth>> {
    let mut connection = ctx.pool.acquire().await?;
    let batches = batches::all(&mut connection).await?;
    if let Some(open) = batches.iter().find(|batch| !batch.closed) {
        // Begun and not ended: a crash. It is gone on with, first of all.
        return Ok(Some(open.month));
    }
    Ok(clock::due(ctx.clock.today(), batches.last().map(|batch| batch.month)))
}

/// The brake on the automatic close: why this month looks wrong, if it does. It is then held until a person confirms.
pub async fn variance_check(ctx: &AppContext, month: SolarMonth) -> Result<Option<String>> {
    let mut connection = ctx.pool.acquire().await?;
    if batches::all(&mut connection).await?.iter().any(|batch| batch.month == month) {
        return Ok(None);
    }
    let open = files::open_files(&mut connection).await?;
    let incomplete = files::count_incomplete(&mut connection).await?;
    drop(connection);
    let forecast = forecast(ctx, month).await?;
    let reason = if open > 0 {
        Some(format!("{open} published file(s) are open without their end"))
    } else if incomplete > 0 {
        Some(format!("{incomplete} published file(s) lack rows: publish them again"))
    } else {
        forecast.differs_by_more_than(ctx.brake_percent)
    };
    let Some(reason) = reason else {
        return Ok(None);
    };
    let mut tx = failpoint!("hold.begin", ctx.pool.begin().await)?;
    let holds = batches::hold(&mut tx, month, &reason, ctx.clock.now()).await?;
    failpoint!("hold.commit", tx.commit().await)?;
    Ok(holds.then_some(reason))
}

/// Why the brake holds this month, if it does: only a person ends that.
pub async fn hold_reason(ctx: &AppContext, month: SolarMonth) -> Result<Option<String>> {
    let mut connection = ctx.pool.acquire().await?;
    batches::hold_reason(&mut connection, month).await
}
