//! SMS: written with their document, released once the broker has acknowledged the document, reported on by the
//! gateway.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::{PgConnection, Result, from_micros, instant, parsed};
use crate::claim::codes::{DeliveryStatus, SmsKind};
use crate::ident::NationalCode;

/// A message to one person.
pub struct NewMessage {
    pub sms_id: String,
    pub kind: SmsKind,
    pub person: NationalCode,
    pub claim_id: Uuid,
    pub document_id: String,
    pub mobile: String,
    pub body: String,
    pub segments: i32,
    pub traceparent: Option<String>,
}

/// Writes messages and returns the ids that are new. `released` is true if their documents were acknowledged long ago.
pub async fn insert(
    tx: &mut PgConnection,
    new: &[NewMessage],
    at: Timestamp,
    released: bool,
) -> Result<Vec<String>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String,)> = sqlx::query_as(
        "INSERT INTO messages (sms_id, kind, person, claim_id, document_id, mobile, body, segments, traceparent, written_at, released_at)
         SELECT a, b, c, d, e, f, g, h, i, $10::timestamptz, CASE WHEN $11 THEN $10::timestamptz END
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[])
             AS u (a, b, c, d, e, f, g, h, i)
         ON CONFLICT (sms_id) DO NOTHING RETURNING sms_id",
    )
    .bind(new.iter().map(|m| m.sms_id.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.kind.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.person.to_i64()).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.claim_id).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.document_id.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.mobile.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.body.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.segments).collect::<Vec<_>>())
    .bind(new.iter().map(|m| m.traceparent.as_deref()).collect::<Vec<_>>())
    .bind(instant(at))
    .bind(released)
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A message that may now be requested from the gateway.
#[derive(FromRow)]
pub struct ReleasedMessage {
    pub sms_id: String,
    pub kind: String,
    pub claim_id: Uuid,
    pub document_id: String,
    pub mobile: String,
    pub body: String,
    pub segments: i32,
    pub traceparent: Option<String>,
}

/// A message that is released as soon as it is written.
impl From<NewMessage> for ReleasedMessage {
    fn from(message: NewMessage) -> Self {
        Self {
            sms_id: message.sms_id,
            kind: message.kind.as_str().to_owned(),
            claim_id: message.claim_id,
            document_id: message.document_id,
            mobile: message.mobile,
            body: message.body,
            segments: message.segments,
            traceparent: message.traceparent,
        }
    }
}

/// Releases the messages of documents that the broker has acknowledged, and returns them. Each message is returned
/// only once, over all calls.
pub async fn release(
    tx: &mut PgConnection,
    documents: &[String],
    at: Timestamp,
) -> Result<Vec<ReleasedMessage>> {
    let mut rows: Vec<ReleasedMessage> = sqlx::query_as(
        "UPDATE messages SET released_at = $2::timestamptz WHERE document_id = ANY($1) AND released_at IS NULL
         RETURNING sms_id, kind, claim_id, document_id, mobile, body, segments, traceparent",
    )
    .bind(documents)
    .bind(instant(at))
    .fetch_all(tx)
    .await?;
    rows.sort_by(|a, b| a.sms_id.cmp(&b.sms_id));
    Ok(rows)
}

/// Which of these messages exist.
pub async fn known(tx: &mut PgConnection, ids: &[&str]) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT sms_id FROM messages WHERE sms_id = ANY($1)").bind(ids).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The identity of a delivery report.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReportKey {
    pub sms_id: String,
    pub at: Timestamp,
    pub status: DeliveryStatus,
}

/// The stored reports about these messages.
pub async fn reports(tx: &mut PgConnection, ids: &[&str]) -> Result<Vec<ReportKey>> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT sms_id, (extract(epoch FROM at) * 1000000)::bigint, status FROM delivery_reports WHERE sms_id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    let mut reports = Vec::with_capacity(rows.len());
    for (sms_id, at, status) in rows {
        let (at, status) = (from_micros(at)?, parsed(&status, "delivery status")?);
        reports.push(ReportKey { sms_id, at, status });
    }
    Ok(reports)
}

/// One report of the gateway.
pub struct DeliveryReportRow<'a> {
    pub sms_id: &'a str,
    pub at: Timestamp,
    pub status: DeliveryStatus,
}

/// Writes reports; a report that is already stored changes nothing. Each message gets the status of its latest report.
pub async fn save_reports(tx: &mut PgConnection, reports: &[DeliveryReportRow<'_>]) -> Result<()> {
    if reports.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = reports.iter().map(|r| r.sms_id).collect();
    sqlx::query(
        "INSERT INTO delivery_reports (sms_id, at, status)
         SELECT a, b::timestamptz, c FROM unnest($1::text[], $2::text[], $3::text[]) AS u (a, b, c) ON CONFLICT DO NOTHING",
    )
    .bind(&ids)
    .bind(reports.iter().map(|r| instant(r.at)).collect::<Vec<_>>())
    .bind(reports.iter().map(|r| r.status.as_str()).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE messages m SET status = l.status, status_at = l.at
         FROM (SELECT DISTINCT ON (sms_id) * FROM delivery_reports WHERE sms_id = ANY($1) ORDER BY sms_id, at DESC, status) l
         WHERE m.sms_id = l.sms_id",
    )
    .bind(&ids)
    .execute(tx)
    .await?;
    Ok(())
}
