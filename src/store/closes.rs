//! The close of a month: its cursor, the holds on it, and the lock that every step must take.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::{FromRow, Postgres};

use super::batches::{self, PaymentBatch};
use super::{Error, PgConnection, PgPool, Result, code, instant, parsed};
use crate::claim::Benefit;
use crate::failpoint::failpoint;
use crate::ident::NationalCode;
use crate::law::{SolarDate, SolarMonth};
use crate::retry::{ShutdownSignal, pause_or_stop};

/// Key of the advisory lock: an arbitrary number that only Peyvand uses.
const CLOSE_LOCK: i64 = 0x7065_7976_0001;

/// Pause between two attempts to take the lock.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Proof that only this process closes a month. Closing the connection releases the lock.
pub struct CloseLock {
    connection: PoolConnection<Postgres>,
}

impl CloseLock {
    /// Waits for another close to end; returns `None` if the shutdown signal came first. It polls, because a wait
    /// inside the database could not be interrupted.
    pub async fn acquire(pool: &PgPool, stop: &ShutdownSignal) -> Result<Option<Self>> {
        let (mut lock, mut stop) = (Self { connection: pool.acquire().await? }, stop.clone());
        loop {
            let take = sqlx::query_as("SELECT pg_try_advisory_lock($1)").bind(CLOSE_LOCK);
            let (taken,): (bool,) =
                failpoint!("close_lock.take", take.fetch_one(&mut *lock.connection).await)?;
            if taken {
                return Ok(Some(lock));
            }
            if !pause_or_stop(POLL_INTERVAL, &mut stop).await {
                return Ok(None);
            }
        }
    }

    /// Begins a transaction on the connection that holds the lock. The lock belongs to the session, so a lost lock
    /// also loses the transaction.
    pub async fn begin(&mut self) -> Result<sqlx::Transaction<'_, Postgres>> {
        Ok(sqlx::Acquire::begin(&mut *self.connection).await?)
    }

    /// Pauses ingest until this lock is released or lost: see [`super::close_plans::pause_input`].
    pub async fn pause_input(&mut self) -> Result<()> {
        super::close_plans::pause_input(&mut self.connection).await
    }

    pub async fn release(mut self) -> Result<()> {
        let give = sqlx::query("SELECT pg_advisory_unlock($1)").bind(CLOSE_LOCK);
        failpoint!("close_lock.give", give.execute(&mut *self.connection).await)?;
        Ok(())
    }
}

impl Drop for CloseLock {
    fn drop(&mut self) {
        // After an error the unlock may not have run: the connection must not return to the pool with the lock.
        self.connection.close_on_drop();
    }
}

/// The close of a month, with the batches that it issues.
#[derive(Clone, Debug)]
pub struct MonthClose {
    pub month: SolarMonth,
    /// The date on which the close began: every page decides by it, also past midnight and after a crash.
    pub business_date: SolarDate,
    pub traceparent: String,
    /// Every person up to this code is closed.
    pub cursor: i64,
    pub closed: bool,
    /// One for each benefit. Their control sums are zero until the close ends.
    pub batches: Vec<PaymentBatch>,
}

impl MonthClose {
    /// Documents of all batches.
    pub fn documents(&self) -> i64 {
        self.batches.iter().map(|batch| batch.documents).fold(0, i64::saturating_add)
    }

    /// Total of all batches in rials.
    pub fn total_rial(&self) -> i64 {
        self.batches.iter().map(|batch| batch.total_rial).fold(0, i64::saturating_add)
    }
}

#[derive(FromRow)]
struct CloseRow {
    month: String,
    business_date: String,
    traceparent: String,
    cursor: i64,
    closed: bool,
}

/// All closes, the latest month last.
pub async fn all(tx: &mut PgConnection) -> Result<Vec<MonthClose>> {
    let rows: Vec<CloseRow> = sqlx::query_as(
        "SELECT month, business_date, traceparent, cursor, closed_at IS NOT NULL AS closed FROM closes ORDER BY month",
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut batches = batches::all(tx).await?;
    let mut closes = Vec::with_capacity(rows.len());
    for row in rows {
        let month = parsed(&row.month, "month")?;
        closes.push(MonthClose {
            month,
            business_date: parsed(&row.business_date, "business date")?,
            traceparent: row.traceparent,
            cursor: row.cursor,
            closed: row.closed,
            batches: batches.extract_if(.., |batch| batch.month == month).collect(),
        });
    }
    Ok(closes)
}

/// The beginning of a close.
pub struct CloseOpening<'a> {
    pub month: SolarMonth,
    pub benefits: &'a [Benefit],
    pub business_date: SolarDate,
    pub at: Timestamp,
    pub input_offsets: &'a str,
    pub traceparent: &'a str,
}

/// Inserts the close and its batches; a close that a crash left open is not changed.
pub async fn open(tx: &mut PgConnection, opening: &CloseOpening<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO closes (month, business_date, started_at, input_offsets, traceparent)
         VALUES ($1, $2, $3::timestamptz, $4, $5) ON CONFLICT (month) DO NOTHING",
    )
    .bind(opening.month.to_string())
    .bind(opening.business_date.to_string())
    .bind(instant(opening.at))
    .bind(opening.input_offsets)
    .bind(opening.traceparent)
    .execute(&mut *tx)
    .await?;
    for benefit in opening.benefits {
        batches::open(tx, *benefit, opening.month).await?;
    }
    Ok(())
}

/// The next persons up to `upto` with a claim that the close must check: a claim without a document, with a returned
/// document, or with a review that waits for a later date.
pub async fn persons_after(
    tx: &mut PgConnection,
    cursor: i64,
    upto: i64,
    limit: u32,
) -> Result<Vec<NationalCode>> {
    let persons: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT c.person FROM claims c LEFT JOIN payments p ON p.claim_id = c.claim_id
         WHERE c.person > $1 AND c.person <= $2 AND NOT (c.withdrawn AND p.claim_id IS NULL)
           AND (p.claim_id IS NULL OR c.review_waits
                OR EXISTS (SELECT 1 FROM documents d WHERE d.claim_id = c.claim_id AND NOT d.superseded AND d.state = 'returned'))
         ORDER BY c.person LIMIT $3",
    )
    .bind(cursor)
    .bind(upto)
    .bind(i64::from(limit))
    .fetch_all(tx)
    .await?;
    persons.into_iter().map(code).collect()
}

/// Moves the cursor of an open close.
///
/// # Errors
/// [`Error::Refused`] if the cursor is not at `from`: another process has moved it.
pub async fn move_cursor(tx: &mut PgConnection, month: SolarMonth, from: i64, to: i64) -> Result<()> {
    let done =
        sqlx::query("UPDATE closes SET cursor = $3 WHERE month = $1 AND cursor = $2 AND closed_at IS NULL")
            .bind(month.to_string())
            .bind(from)
            .bind(to)
            .execute(tx)
            .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::Refused(format!("another process closes {month}")))
    }
}

/// Marks the close as ended and ends a hold on its month.
///
/// # Errors
/// [`Error::Refused`] if the month is already closed.
pub async fn finish(tx: &mut PgConnection, month: SolarMonth, at: Timestamp) -> Result<()> {
    if end(tx, month, at).await? { Ok(()) } else { Err(Error::Refused(format!("{month} is already closed"))) }
}

/// Like [`finish`], for a close that may have ended before. Returns false then.
pub async fn end(tx: &mut PgConnection, month: SolarMonth, at: Timestamp) -> Result<bool> {
    let done =
        sqlx::query("UPDATE closes SET closed_at = $2::timestamptz WHERE month = $1 AND closed_at IS NULL")
            .bind(month.to_string())
            .bind(instant(at))
            .execute(&mut *tx)
            .await?;
    sqlx::query("DELETE FROM held_months WHERE month = $1").bind(month.to_string()).execute(tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Holds a month until an operator confirms it. Returns false if its close has begun in the meantime: that close is
/// already confirmed.
pub async fn hold(tx: &mut PgConnection, month: SolarMonth, reason: &str, at: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO held_months SELECT $1, $2, $3::timestamptz WHERE NOT EXISTS (SELECT 1 FROM closes WHERE month = $1)
         ON CONFLICT (month) DO UPDATE SET reason = excluded.reason",
    )
    .bind(month.to_string())
    .bind(reason)
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Why this month is held, if it is.
pub async fn hold_reason(tx: &mut PgConnection, month: SolarMonth) -> Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT reason FROM held_months WHERE month = $1")
        .bind(month.to_string())
        .fetch_optional(tx)
        .await?;
    Ok(row.map(|(reason,)| reason))
}

/// A month that is held, with the reason.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct HeldMonth {
    pub month: String,
    pub reason: String,
}

/// The first month that is held.
pub async fn held(tx: &mut PgConnection) -> Result<Option<HeldMonth>> {
    Ok(sqlx::query_as("SELECT month, reason FROM held_months ORDER BY month LIMIT 1")
        .fetch_optional(tx)
        .await?)
}
