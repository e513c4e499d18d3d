//! The month's close: re-decide, freeze, issue documents, vouchers and the closing event; resumable at every step (R20, R24).

pub mod again;
mod finish;
mod forecast;
mod page;

pub use forecast::{Branch, Forecast, forecast};

use super::House;
use crate::boundary::boundary;
use crate::clock;
use crate::law::{SolarDate, SolarMonth};
use crate::retry::Stop;
use crate::store::batches::{self, Batch, CloseLock, Opening};
use crate::store::files;
use crate::store::{Error, Result, recovery};

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
pub struct Closed {
    pub batch: Batch,
    pub now: bool,
}

/// What a caller may hear while pages are closed: persons done, documents issued.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// May this month be closed now? Its batch where it is closed already.
pub async fn check(
    house: &House,
    month: SolarMonth,
    confirmed: bool,
) -> Result<std::result::Result<Option<Batch>, Refusal>> {
    let mut connection = house.pool.acquire().await?;
    let batches = batches::all(&mut connection).await?;
    if let Some(batch) = batches.iter().find(|batch| batch.month == month && batch.closed) {
        return Ok(Ok(Some(batch.clone())));
    }
    if let Some(refusal) = out_of_turn(&batches, month, house.clock.today()) {
        return Ok(Err(refusal));
    }
    match batches::why_held(&mut connection, month).await? {
        Some(reason) if !confirmed => Ok(Err(Refusal::Held { month: month.to_string(), reason })),
        _ => Ok(Ok(None)),
    }
}

/// Months are closed after their end, one after the other.
fn out_of_turn(batches: &[Batch], month: SolarMonth, today: SolarDate) -> Option<Refusal> {
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
    house: &House,
    month: SolarMonth,
    input_offsets: &str,
    progress: Progress<'_>,
    stop: &Stop,
) -> Result<Option<Closed>> {
    let Some(mut lock) = CloseLock::acquire(&house.pool, stop).await? else {
        return Ok(None);
    };
    let mut connection = boundary!("close_look.begin", lock.begin().await)?;
    recovery::refuse_half_recovered(&mut *connection).await?;
    let batches = batches::all(&mut connection).await?;
    boundary!("close_look.commit", connection.commit().await)?;
    if let Some(batch) = batches.iter().find(|batch| batch.month == month && batch.closed) {
        lock.release().await?;
        return Ok(Some(Closed { batch: batch.clone(), now: false }));
    }
    // Another close may have ended since the caller checked.
    if let Some(refusal) = out_of_turn(&batches, month, house.clock.today()) {
        lock.release().await?;
        return Err(Error::Refused(refusal.to_string()));
    }
    let batch = house.patiently(begin(house, &mut lock, month, input_offsets)).await?;
    // One close, one day: also where it crosses midnight, or a crash left it until days later.
    let of_the_day = house.on(batch.business_date);
    let (mut persons, mut documents) = (0, 0);
    let (mut cursor, reach) = (batch.cursor, page::Reach::Persons(house.page_persons));
    while let Some(done) =
        house.patiently(page::close_page(&of_the_day, &mut lock, &batch, cursor, reach)).await?
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
    let batch = house.patiently(finish::finish(house, &mut lock, batch)).await?;
    lock.release().await?;
    Ok(Some(Closed { batch, now: true }))
}

async fn begin(house: &House, lock: &mut CloseLock, month: SolarMonth, input_offsets: &str) -> Result<Batch> {
    let batch_id = format!("{}-{month}", crate::claim::BENEFIT);
    let trace = crate::wire::outgoing::fresh_traceparent();
    let opening = Opening {
        month,
        batch_id: &batch_id,
        business_date: house.day.unwrap_or_else(|| house.clock.today()),
        at: house.clock.now(),
        input_offsets,
        traceparent: &trace,
    };
    let mut tx = boundary!("close_open.begin", lock.begin().await)?;
    batches::open(&mut tx, &opening).await?;
    let batch = batches::all(&mut tx).await?.into_iter().find(|batch| batch.month == month);
    boundary!("close_open.commit", tx.commit().await)?;
    batch.ok_or(Error::Unreadable("batch"))
}

/// The month that is due by itself, if any.
pub async fn due(house: &House) -> Result<Option<SolarMonth>> {
    let mut connection = house.pool.acquire().await?;
    let batches = batches::all(&mut connection).await?;
    if let Some(open) = batches.iter().find(|batch| !batch.closed) {
        // Begun and not ended: a crash. It is gone on with, first of all.
        return Ok(Some(open.month));
    }
    Ok(clock::due(house.clock.today(), batches.last().map(|batch| batch.month)))
}

/// The brake on the automatic close: why this month looks wrong, if it does. It is then held until a person confirms.
pub async fn brake(house: &House, month: SolarMonth) -> Result<Option<String>> {
    let mut connection = house.pool.acquire().await?;
    if batches::all(&mut connection).await?.iter().any(|batch| batch.month == month) {
        return Ok(None);
    }
    let open = files::open_files(&mut connection).await?;
    let incomplete = files::count_incomplete(&mut connection).await?;
    drop(connection);
    let forecast = forecast(house, month).await?;
    let reason = if open > 0 {
        Some(format!("{open} published file(s) are open without their end"))
    } else if incomplete > 0 {
        Some(format!("{incomplete} published file(s) lack rows: publish them again"))
    } else {
        forecast.differs_by_more_than(house.brake_percent)
    };
    let Some(reason) = reason else {
        return Ok(None);
    };
    let mut tx = boundary!("hold.begin", house.pool.begin().await)?;
    let holds = batches::hold(&mut tx, month, &reason, house.clock.now()).await?;
    boundary!("hold.commit", tx.commit().await)?;
    Ok(holds.then_some(reason))
}

/// Why the brake holds this month, if it does: only a person ends that.
pub async fn held(house: &House, month: SolarMonth) -> Result<Option<String>> {
    let mut connection = house.pool.acquire().await?;
    batches::why_held(&mut connection, month).await
}
