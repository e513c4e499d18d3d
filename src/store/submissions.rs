//! What people send on the portal, until it is in its input topic.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::scope::ScopedTransaction;
use super::staff_scope::StaffTransaction;
use super::{Error, PgConnection, Result, from_micros, instant};
use crate::ident::NationalCode;
use crate::wire::{EventType, Outgoing};

/// A submission with its event.
pub struct NewSubmission {
    pub id: Uuid,
    pub route: &'static str,
    pub tracking: String,
    /// Digest of the content without its instant.
    pub content: [u8; 32],
    pub event: Outgoing,
}

/// A submission as its sender sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubmissionReceipt {
    pub id: Uuid,
    pub route: String,
    pub tracking: String,
    pub submitted_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct ReceiptRow {
    submission_id: Uuid,
    route: String,
    tracking: String,
    content: Vec<u8>,
    submitted_us: i64,
    delivered_us: Option<i64>,
}

const RECEIPT: &str = "SELECT submission_id, route, tracking, content,
    (extract(epoch FROM submitted_at) * 1000000)::bigint AS submitted_us,
    (extract(epoch FROM delivered_at) * 1000000)::bigint AS delivered_us FROM submissions WHERE ";

impl ReceiptRow {
    fn receipt(self) -> Result<SubmissionReceipt> {
        Ok(SubmissionReceipt {
            id: self.submission_id,
            route: self.route,
            tracking: self.tracking,
            submitted_at: from_micros(self.submitted_us)?,
            delivered_at: self.delivered_us.map(from_micros).transpose()?,
        })
    }
}

/// Stores a submission of an insured person, unless it is there. `None` if the same id is there with other content: the
/// first stands.
pub async fn insert(tx: &mut ScopedTransaction, new: &NewSubmission) -> Result<Option<SubmissionReceipt>> {
    let sender = tx.scope().person();
    insert_of(tx, sender, new).await
}

/// The same of a member of staff.
pub async fn insert_of_staff(
    tx: &mut StaffTransaction,
    new: &NewSubmission,
) -> Result<Option<SubmissionReceipt>> {
    let sender = tx.scope().officer();
    insert_of(tx, sender, new).await
}

async fn insert_of(
    tx: &mut PgConnection,
    sender: NationalCode,
    new: &NewSubmission,
) -> Result<Option<SubmissionReceipt>> {
    let person = sender.to_i64();
    let at = Timestamp::from_microsecond(new.event.at_us).map_err(|_| Error::Unreadable("instant"))?;
    sqlx::query(
        "INSERT INTO submissions (submission_id, person, route, tracking, event_type, record_key, payload, content, submitted_at,
             traceparent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, $10) ON CONFLICT (submission_id) DO NOTHING",
    )
    .bind(new.id)
    .bind(person)
    .bind(new.route)
    .bind(&new.tracking)
    .bind(new.event.kind.name())
    .bind(&new.event.key)
    .bind(&new.event.value)
    .bind(&new.content[..])
    .bind(instant(at))
    .bind(&new.event.traceparent)
    .execute(&mut *tx)
    .await?;
    let stored: ReceiptRow = sqlx::query_as(sqlx::AssertSqlSafe(format!("{RECEIPT} submission_id = $1")))
        .bind(new.id)
        .fetch_one(tx)
        .await?;
    if stored.content != new.content {
        return Ok(None);
    }
    stored.receipt().map(Some)
}

/// The person's submission with this tracking number.
pub async fn by_tracking(tx: &mut ScopedTransaction, tracking: &str) -> Result<Option<SubmissionReceipt>> {
    let sender = tx.scope().person();
    tracked(tx, sender, tracking).await
}

/// The same of a member of staff.
pub async fn staff_by_tracking(
    tx: &mut StaffTransaction,
    tracking: &str,
) -> Result<Option<SubmissionReceipt>> {
    let sender = tx.scope().officer();
    tracked(tx, sender, tracking).await
}

async fn tracked(
    tx: &mut PgConnection,
    sender: NationalCode,
    tracking: &str,
) -> Result<Option<SubmissionReceipt>> {
    let query = sqlx::AssertSqlSafe(format!("{RECEIPT} person = $1 AND tracking = $2"));
    let row: Option<ReceiptRow> =
        sqlx::query_as(query).bind(sender.to_i64()).bind(tracking).fetch_optional(tx).await?;
    row.map(ReceiptRow::receipt).transpose()
}

/// A submission that was sent before.
pub enum SentBefore {
    Same(SubmissionReceipt),
    /// Its id is there with other content.
    Other,
}

/// Whether a member of staff has sent this before.
pub async fn staff_sent_before(
    tx: &mut StaffTransaction,
    id: Uuid,
    content: [u8; 32],
) -> Result<Option<SentBefore>> {
    let row: Option<ReceiptRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{RECEIPT} submission_id = $1")))
            .bind(id)
            .fetch_optional(&mut **tx)
            .await?;
    row.map(
        |row| {
            if row.content == content { row.receipt().map(SentBefore::Same) } else { Ok(SentBefore::Other) }
        },
    )
    .transpose()
}

/// A submission that may not be in its topic yet.
pub struct Undelivered {
    pub id: Uuid,
    pub event: Outgoing,
}

#[derive(FromRow)]
struct UndeliveredRow {
    submission_id: Uuid,
    event_type: String,
    record_key: String,
    payload: Vec<u8>,
    traceparent: String,
    submitted_us: i64,
}

/// The oldest submissions that are not known to be in their topics. `event_id` derives the event's id from that of the
/// submission.
pub async fn undelivered(
    tx: &mut PgConnection,
    limit: u32,
    event_id: impl Fn(EventType, Uuid) -> String,
) -> Result<Vec<Undelivered>> {
    let rows: Vec<UndeliveredRow> = sqlx::query_as(
        "SELECT submission_id, event_type, record_key, payload, traceparent,
             (extract(epoch FROM submitted_at) * 1000000)::bigint AS submitted_us
         FROM submissions WHERE delivered_at IS NULL ORDER BY number LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(tx)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let kind =
            EventType::from_name(&row.event_type).ok_or(Error::Unreadable("event type of a submission"))?;
        let event = Outgoing {
            kind,
            key: row.record_key,
            id: event_id(kind, row.submission_id),
            at_us: row.submitted_us,
            traceparent: Some(row.traceparent),
            value: Some(row.payload),
            extra: Vec::new(),
        };
        found.push(Undelivered { id: row.submission_id, event });
    }
    Ok(found)
}

/// Notes that these submissions are in their topics.
pub async fn confirm(tx: &mut PgConnection, ids: &[Uuid], at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE submissions SET delivered_at = $2::timestamptz WHERE submission_id = ANY($1) AND delivered_at IS NULL")
        .bind(ids)
        .bind(instant(at))
        .execute(tx)
        .await?;
    Ok(())
}

/// Submissions that are not known to be in their topics, and when the oldest was stored.
pub async fn waiting(tx: &mut PgConnection) -> Result<(i64, Option<Timestamp>)> {
    let (count, oldest): (i64, Option<i64>) = sqlx::query_as(
        "SELECT count(*), (extract(epoch FROM min(submitted_at)) * 1000000)::bigint FROM submissions WHERE delivered_at IS NULL",
    )
    .fetch_one(tx)
    .await?;
    Ok((count, oldest.map(from_micros).transpose()?))
}

/// The number of the last stored submission; 0 if there is none.
pub async fn last_number(tx: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM submissions WHERE delivered_at IS NULL")
        .fetch_one(tx)
        .await?)
}

/// How many submissions up to this number are not delivered yet.
pub async fn undelivered_until(tx: &mut PgConnection, number: i64) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM submissions WHERE delivered_at IS NULL AND number <= $1")
        .bind(number)
        .fetch_one(tx)
        .await?)
}
