//! The month's close: it decides again, freezes, issues documents and vouchers, and publishes the closing event. A
//! close can be resumed after every step (R20, R24).

mod close_plan;
mod confirm;
mod finish;
mod forecast;
mod page;
pub mod replay;

pub use confirm::{Confirmation, planned};
pub use forecast::{BranchForecast, Forecast, MonthTotals, forecast};

use super::AppContext;
use crate::clock;
use crate::failpoint::failpoint;
use crate::law::{SolarDate, SolarMonth};
use crate::retry::ShutdownSignal;
use crate::store::closes::{self, CloseLock, CloseOpening, MonthClose};
use crate::store::{Error, Result, close_plans, files, recovery};

/// Why a month cannot be closed now.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{0} has not ended: the business date is {1}")]
    NotEnded(SolarMonth, SolarDate),
    #[error("{month} is not the next month: the last closed is {last}, so the next is {next}")]
    NotNext { month: SolarMonth, last: SolarMonth, next: SolarMonth },
    #[error("{month} is held: {reason}; check the month, then close it with --confirm")]
    Held { month: String, reason: String },
}

/// A closed month, and whether this call closed it.
pub struct CloseResult {
    pub close: MonthClose,
    pub closed_now: bool,
}

/// Called after each page. The arguments are the totals so far: persons done, documents issued.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Checks whether this month may be closed now. Returns its close if it is closed already.
pub async fn check(
    ctx: &AppContext,
    month: SolarMonth,
    confirmed: bool,
) -> Result<std::result::Result<Option<MonthClose>, Refusal>> {
    let mut connection = ctx.pool.acquire().await?;
    let closes = closes::all(&mut connection).await?;
    if let Some(close) = closes.iter().find(|close| close.month == month && close.closed) {
        return Ok(Ok(Some(close.clone())));
    }
    if let Some(refusal) = out_of_turn(&closes, month, ctx.clock.today()) {
        return Ok(Err(refusal));
    }
    match closes::hold_reason(&mut connection, month).await? {
        Some(reason) if !confirmed => Ok(Err(Refusal::Held { month: month.to_string(), reason })),
        _ => Ok(Ok(None)),
    }
}

/// The refusal if the month has not ended, or is not the next month to close. Months are closed in order.
fn out_of_turn(closes: &[MonthClose], month: SolarMonth, today: SolarDate) -> Option<Refusal> {
    if today <= month.last_day() {
        return Some(Refusal::NotEnded(month, today));
    }
    if let Some(last) = closes.iter().rfind(|close| close.closed).map(|close| close.month)
        && month != last.next()
    {
        return Some(Refusal::NotNext { month, last, next: last.next() });
    }
    let open = closes.iter().find(|close| !close.closed && close.month != month)?;
    Some(Refusal::NotNext { month, last: open.month.previous(), next: open.month })
}

/// Closes the month, or continues a close that a crash interrupted. The caller has waited for the input and checked the
/// month; `input_offsets` states how far the inputs were applied at that time. If two closes run at once, the second
/// one waits and finds the month closed.
///
/// Returns None if `stop` arrives before the close ends. No page is then half written, and the next call continues
/// after the last page. With a confirmed digest ingest pauses until the last page, so that exactly the confirmed plan is
/// issued.
///
/// # Errors
/// Fails if another month must be closed first, if the plan is not the confirmed one, or if a recovery has begun and not
/// ended.
pub async fn close(
    ctx: &AppContext,
    month: SolarMonth,
    input_offsets: &str,
    confirmation: &Confirmation,
    progress: Progress<'_>,
    stop: &ShutdownSignal,
) -> Result<Option<CloseResult>> {
    let Some(mut lock) = CloseLock::acquire(&ctx.pool, stop).await? else {
        return Ok(None);
    };
    let mut connection = failpoint!("close_look.begin", lock.begin().await)?;
    recovery::refuse_half_recovered(&mut *connection).await?;
    let closes = closes::all(&mut connection).await?;
    failpoint!("close_look.commit", connection.commit().await)?;
    if let Some(close) = closes.iter().find(|close| close.month == month && close.closed) {
        lock.release().await?;
        return Ok(Some(CloseResult { close: close.clone(), closed_now: false }));
    }
    // Another close may have ended after the caller's check.
    if let Some(refusal) = out_of_turn(&closes, month, ctx.clock.today()) {
        lock.release().await?;
        return Err(Error::Refused(refusal.to_string()));
    }
    let close = begin_as_confirmed(ctx, &mut lock, month, input_offsets, confirmation).await?;
    // A close uses one business date, even if it crosses midnight or continues days after a crash.
    let ctx_of_close = ctx.with_business_date(close.business_date);
    let mut persons = 0;
    let mut documents = 0;
    let mut cursor = close.cursor;
    let limit = page::PageLimit::Persons(ctx.page_persons);
    while let Some(done) =
        ctx.with_timeout(page::close_page(&ctx_of_close, &mut lock, &close, cursor, limit)).await?
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
    let close = ctx.with_timeout(finish::finish(ctx, &mut lock, close)).await?;
    lock.release().await?;
    Ok(Some(CloseResult { close, closed_now: true }))
}

/// Compares the plan with the confirmed digest, if there is one, and begins or continues the close.
async fn begin_as_confirmed(
    ctx: &AppContext,
    lock: &mut CloseLock,
    month: SolarMonth,
    input_offsets: &str,
    confirmation: &Confirmation,
) -> Result<MonthClose> {
    // Midnight may pass between the comparison and the beginning.
    let day = ctx.fixed_business_date.unwrap_or_else(|| ctx.clock.today());
    let ctx = &ctx.with_business_date(day);
    let digest = confirm::wanted(lock, month, confirmation).await?;
    if let Some(digest) = &digest {
        confirm::compare(ctx, lock, month, digest).await?;
    }
    ctx.with_timeout(begin(ctx, lock, month, input_offsets, digest.as_deref())).await
}

async fn begin(
    ctx: &AppContext,
    lock: &mut CloseLock,
    month: SolarMonth,
    input_offsets: &str,
    confirmed: Option<&str>,
) -> Result<MonthClose> {
    let trace = crate::wire::outgoing::fresh_traceparent();
    let opening = CloseOpening {
        month,
        benefits: ctx.benefits,
        business_date: ctx.fixed_business_date.unwrap_or_else(|| ctx.clock.today()),
        at: ctx.clock.now(),
        input_offsets,
        traceparent: &trace,
    };
    let mut tx = failpoint!("close_open.begin", lock.begin().await)?;
    closes::open(&mut tx, &opening).await?;
    if let Some(digest) = confirmed {
        close_plans::confirm(&mut tx, month, digest).await?;
    }
    let close = closes::all(&mut tx).await?.into_iter().find(|close| close.month == month);
    failpoint!("close_open.commit", tx.commit().await)?;
    close.ok_or(Error::Unreadable("close"))
}

/// The month that is due for an automatic close, if any.
pub async fn due(ctx: &AppContext) -> Result<Option<SolarMonth>> {
    let mut connection = ctx.pool.acquire().await?;
    let closes = closes::all(&mut connection).await?;
    if let Some(open) = closes.iter().find(|close| !close.closed) {
        // A crash interrupted this close. It is continued before any other month.
        return Ok(Some(open.month));
    }
    Ok(clock::due(ctx.clock.today(), closes.last().map(|close| close.month)))
}

/// The variance check of the automatic close. Returns all reasons why this month looks wrong, and holds the month until
/// an operator confirms it.
pub async fn variance_check(ctx: &AppContext, month: SolarMonth) -> Result<Option<String>> {
    let mut connection = ctx.pool.acquire().await?;
    if closes::all(&mut connection).await?.iter().any(|close| close.month == month) {
        return Ok(None);
    }
    let open = files::open_files(&mut connection).await?;
    let incomplete = files::count_incomplete(&mut connection).await?;
    drop(connection);
    let forecast = forecast(ctx, month).await?;
    let mut reasons = Vec::new();
    if open > 0 {
        reasons.push(format!("{open} published file(s) are open without their end"));
    }
    if incomplete > 0 {
        reasons.push(format!("{incomplete} published file(s) lack rows: publish them again"));
    }
    reasons.extend(forecast.differs_by_more_than(ctx.brake_percent));
    if reasons.is_empty() {
        return Ok(None);
    }
    let reason = reasons.join("; ");
    let mut tx = failpoint!("hold.begin", ctx.pool.begin().await)?;
    let holds = closes::hold(&mut tx, month, &reason, ctx.clock.now()).await?;
    failpoint!("hold.commit", tx.commit().await)?;
    Ok(holds.then_some(reason))
}

/// The reason of the hold on this month, if there is one. Only an operator can end a hold.
pub async fn hold_reason(ctx: &AppContext, month: SolarMonth) -> Result<Option<String>> {
    let mut connection = ctx.pool.acquire().await?;
    closes::hold_reason(&mut connection, month).await
}
