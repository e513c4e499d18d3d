//! The close of a month: its batch, cursor, vouchers, and the lock that every step must hold.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::{FromRow, Postgres};

use super::{Error, PgConnection, PgPool, Result, instant, parsed};
use crate::failpoint::failpoint;
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

/// A month's batch.
#[derive(Clone, Debug)]
pub struct PaymentBatch {
    pub month: SolarMonth,
    pub batch_id: String,
    /// The date on which the close began: every page decides by it, also past midnight and after a crash.
    pub business_date: SolarDate,
    pub traceparent: String,
    pub cursor: i64,
    pub closed: bool,
    pub documents: i64,
    pub total: i64,
    pub digest: Option<String>,
}

#[derive(FromRow)]
struct BatchRow {
    month: String,
    batch_id: String,
    business_date: String,
    traceparent: String,
    cursor: i64,
    closed: bool,
    documents: i64,
    total: i64,
    digest: Option<String>,
}

fn read(row: BatchRow) -> Result<PaymentBatch> {
    Ok(PaymentBatch {
        month: parsed(&row.month, "month")?,
        batch_id: row.batch_id,
        business_date: parsed(&row.business_date, "business date")?,
        traceparent: row.traceparent,
        cursor: row.cursor,
        closed: row.closed,
        documents: row.documents,
        total: row.total,
        digest: row.digest,
    })
}

/// All batches, the latest month last.
pub async fn all(tx: &mut PgConnection) -> Result<Vec<PaymentBatch>> {
    let rows: Vec<BatchRow> = sqlx::query_as(
        "SELECT month, batch_id, business_date, traceparent, cursor, closed_at IS NOT NULL AS closed,
             coalesce(documents, 0) AS documents, coalesce(total, 0) AS total, digest FROM batches ORDER BY month",
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(read).collect()
}

/// The beginning of a close.
pub struct BatchOpening<'a> {
    pub month: SolarMonth,
    pub batch_id: &'a str,
    pub business_date: SolarDate,
    pub at: Timestamp,
    pub input_offsets: &'a str,
    pub traceparent: &'a str,
}

/// Inserts the batch; a batch that a crash left open is not changed.
pub async fn open(tx: &mut PgConnection, opening: &BatchOpening<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO batches (month, batch_id, business_date, started_at, input_offsets, traceparent)
         VALUES ($1, $2, $3, $4::timestamptz, $5, $6) ON CONFLICT (month) DO NOTHING",
    )
    .bind(opening.month.to_string())
    .bind(opening.batch_id)
    .bind(opening.business_date.to_string())
    .bind(instant(opening.at))
    .bind(opening.input_offsets)
    .bind(opening.traceparent)
    .execute(tx)
    .await?;
    Ok(())
}

/// The next persons up to `upto` with a claim that the close must check: a claim without a document, with a returned
/// document, or with a review that waits for a later date.
pub async fn persons_after(tx: &mut PgConnection, cursor: i64, upto: i64, limit: u32) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
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
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// Moves the cursor of an open batch.
///
/// # Errors
/// [`Error::Refused`] if the cursor is not at `from`: another process has moved it.
pub async fn move_cursor(tx: &mut PgConnection, month: SolarMonth, from: i64, to: i64) -> Result<()> {
    let done =
        sqlx::query("UPDATE batches SET cursor = $3 WHERE month = $1 AND cursor = $2 AND closed_at IS NULL")
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

/// Ids and amounts of the month's documents, ids in byte order.
pub async fn documents(tx: &mut PgConnection, month: SolarMonth) -> Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as(
        "SELECT document_id, amount FROM documents WHERE month = $1 ORDER BY document_id COLLATE \"C\"",
    )
    .bind(month.to_string())
    .fetch_all(tx)
    .await?)
}

/// Number and total (in rials) of the documents per cost centre, in the order of cost centres.
pub async fn cost_centres(tx: &mut PgConnection, month: SolarMonth) -> Result<Vec<(String, i64, i64)>> {
    Ok(sqlx::query_as(
        "SELECT cost_centre, count(*), sum(amount)::bigint FROM documents WHERE month = $1 GROUP BY cost_centre ORDER BY cost_centre COLLATE \"C\"",
    )
    .bind(month.to_string())
    .fetch_all(tx)
    .await?)
}

/// Inserts a voucher. Returns false if it already exists: a recovery has restored it from its topic.
pub async fn insert_voucher(
    tx: &mut PgConnection,
    id: &str,
    month: SolarMonth,
    centre: &(String, i64, i64),
) -> Result<bool> {
    let done =
        sqlx::query("INSERT INTO vouchers VALUES ($1, $2, $3, $4, $5) ON CONFLICT (voucher_id) DO NOTHING")
            .bind(id)
            .bind(month.to_string())
            .bind(&centre.0)
            .bind(centre.1)
            .bind(centre.2)
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks the batch as closed and ends a hold on its month.
///
/// # Errors
/// [`Error::Refused`] if the batch is already closed.
pub async fn finish(tx: &mut PgConnection, batch: &PaymentBatch, at: Timestamp) -> Result<()> {
    let done = sqlx::query(
        "UPDATE batches SET closed_at = $2::timestamptz, documents = $3, total = $4, digest = $5 WHERE month = $1 AND closed_at IS NULL",
    )
    .bind(batch.month.to_string())
    .bind(instant(at))
    .bind(batch.documents)
    .bind(batch.total)
    .bind(&batch.digest)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM held_months WHERE month = $1").bind(batch.month.to_string()).execute(tx).await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::Refused(format!("{} is already closed", batch.month)))
    }
}

/// Holds a month until an operator confirms it. Returns false if its close has begun in the meantime: that close is
/// already confirmed.
pub async fn hold(tx: &mut PgConnection, month: SolarMonth, reason: &str, at: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO held_months SELECT $1, $2, $3::timestamptz WHERE NOT EXISTS (SELECT 1 FROM batches WHERE month = $1)
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

/// The first month that is held, with the reason.
pub async fn held(tx: &mut PgConnection) -> Result<Option<(String, String)>> {
    Ok(sqlx::query_as("SELECT month, reason FROM held_months ORDER BY month LIMIT 1")
        .fetch_optional(tx)
        .await?)
}
