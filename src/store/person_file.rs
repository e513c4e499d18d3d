//! What `explain` shows about a person and no rule reads: documents with their answers, messages, and complete
//! registry rows.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Error, PgConnection, Result, from_micros, marriages, parsed};
use crate::claim::registry_record::RegistryRecord;
use crate::ident::NationalCode;
use crate::law::SolarMonth;

/// A payment document as it was issued.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentRow {
    pub document_id: String,
    pub claim_id: Uuid,
    pub decision_id: Uuid,
    pub attempt: i32,
    pub month: SolarMonth,
    pub amount_rial: i64,
    pub sheba: String,
    pub cost_centre: String,
    pub issued_at: Timestamp,
    pub superseded: bool,
}

#[derive(FromRow)]
struct RawDocumentRow {
    document_id: String,
    claim_id: Uuid,
    decision_id: Uuid,
    attempt: i32,
    month: String,
    amount: i64,
    sheba: String,
    cost_centre: String,
    issued_us: i64,
    superseded: bool,
}

impl TryFrom<RawDocumentRow> for DocumentRow {
    type Error = Error;

    fn try_from(row: RawDocumentRow) -> Result<Self> {
        Ok(Self {
            document_id: row.document_id,
            claim_id: row.claim_id,
            decision_id: row.decision_id,
            attempt: row.attempt,
            month: parsed(&row.month, "month")?,
            amount_rial: row.amount,
            sheba: row.sheba,
            cost_centre: row.cost_centre,
            issued_at: from_micros(row.issued_us)?,
            superseded: row.superseded,
        })
    }
}

/// The documents of a person, ordered by claim and attempt.
pub async fn documents(tx: &mut PgConnection, person: NationalCode) -> Result<Vec<DocumentRow>> {
    let rows: Vec<RawDocumentRow> = sqlx::query_as(
        "SELECT document_id, claim_id, decision_id, attempt, month, amount, sheba, cost_centre, superseded,
             (extract(epoch FROM issued_at) * 1000000)::bigint AS issued_us
         FROM documents WHERE person = $1 ORDER BY claim_id, attempt",
    )
    .bind(person.to_i64())
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(DocumentRow::try_from).collect()
}

/// An SMS, without its text.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub sms_id: String,
    pub claim_id: Uuid,
    pub document_id: String,
    pub kind: String,
    pub mobile: String,
    pub segments: i32,
    pub written_at: Timestamp,
    /// When it entered the outbox; `None` until the broker has acknowledged its document.
    pub released_at: Option<Timestamp>,
    /// The latest status from the gateway.
    pub status: Option<String>,
    pub status_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct RawMessageRow {
    sms_id: String,
    claim_id: Uuid,
    document_id: String,
    kind: String,
    mobile: String,
    segments: i32,
    written_us: i64,
    released_us: Option<i64>,
    status: Option<String>,
    status_us: Option<i64>,
}

impl TryFrom<RawMessageRow> for MessageRow {
    type Error = Error;

    fn try_from(row: RawMessageRow) -> Result<Self> {
        Ok(Self {
            sms_id: row.sms_id,
            claim_id: row.claim_id,
            document_id: row.document_id,
            kind: row.kind,
            mobile: row.mobile,
            segments: row.segments,
            written_at: from_micros(row.written_us)?,
            released_at: row.released_us.map(from_micros).transpose()?,
            status: row.status,
            status_at: row.status_us.map(from_micros).transpose()?,
        })
    }
}

/// The messages to a person, the oldest first.
pub async fn messages(tx: &mut PgConnection, person: NationalCode) -> Result<Vec<MessageRow>> {
    let rows: Vec<RawMessageRow> = sqlx::query_as(
        "SELECT sms_id, claim_id, document_id, kind, mobile, segments, status,
             (extract(epoch FROM written_at) * 1000000)::bigint AS written_us,
             (extract(epoch FROM released_at) * 1000000)::bigint AS released_us,
             (extract(epoch FROM status_at) * 1000000)::bigint AS status_us
         FROM messages WHERE person = $1 ORDER BY written_at, sms_id",
    )
    .bind(person.to_i64())
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(MessageRow::try_from).collect()
}

/// Every registry row that names the person, complete, in the order of record ids.
pub async fn registry_rows(tx: &mut PgConnection, person: NationalCode) -> Result<Vec<RegistryRecord>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT content FROM marriages WHERE husband = $1 OR wife = $1 ORDER BY record_id")
            .bind(person.to_i64())
            .fetch_all(tx)
            .await?;
    rows.iter().map(|(content,)| marriages::parse(content)).collect()
}
