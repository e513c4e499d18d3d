//! Objections as people write them on the portal: drafts, and the texts of those that were sent.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::scope::ScopedTransaction;
use super::{PgConnection, Result, from_micros, instant, parsed};
use crate::claim::ReasonCode;
use crate::claim::objection::Disputed;

/// What a person has written so far about one claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftRow {
    pub objection_id: Uuid,
    pub claim_id: Uuid,
    /// `None` until it is chosen.
    pub disputed: Option<Disputed>,
    pub body: String,
    pub changed_at: Timestamp,
}

#[derive(FromRow)]
struct RawDraft {
    objection_id: Uuid,
    claim_id: Uuid,
    disputed: Option<String>,
    body: String,
    changed_us: i64,
}

impl RawDraft {
    fn draft(self) -> Result<DraftRow> {
        let disputed = self.disputed.map(|text| parsed(&text, "ground of a draft")).transpose()?;
        let changed_at = from_micros(self.changed_us)?;
        Ok(DraftRow {
            objection_id: self.objection_id,
            claim_id: self.claim_id,
            disputed,
            body: self.body,
            changed_at,
        })
    }
}

const DRAFT: &str = "SELECT objection_id, claim_id, disputed, body,
    (extract(epoch FROM changed_at) * 1000000)::bigint AS changed_us FROM objection_drafts WHERE person = $1";

/// The person's drafts, the latest first.
pub async fn drafts(tx: &mut ScopedTransaction) -> Result<Vec<DraftRow>> {
    let rows: Vec<RawDraft> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{DRAFT} ORDER BY changed_at DESC, objection_id")))
            .bind(tx.scope().person().to_i64())
            .fetch_all(&mut **tx)
            .await?;
    rows.into_iter().map(RawDraft::draft).collect()
}

/// The draft of an objection. The row stays locked until the transaction ends, so that pictures are counted and sent one
/// request after the other.
pub async fn lock_draft(tx: &mut ScopedTransaction, objection_id: Uuid) -> Result<Option<DraftRow>> {
    let query = sqlx::AssertSqlSafe(format!("{DRAFT} AND objection_id = $2 FOR UPDATE"));
    let row: Option<RawDraft> = sqlx::query_as(query)
        .bind(tx.scope().person().to_i64())
        .bind(objection_id)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(RawDraft::draft).transpose()
}

/// Writes the draft of a claim. The first one that is written gives the objection its id.
pub async fn save_draft(
    tx: &mut ScopedTransaction,
    claim_id: Uuid,
    new_id: Uuid,
    disputed: Option<Disputed>,
    body: &str,
) -> Result<DraftRow> {
    let row: RawDraft = sqlx::query_as(
        "INSERT INTO objection_drafts (person, claim_id, objection_id, disputed, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person, claim_id) DO UPDATE SET disputed = excluded.disputed, body = excluded.body, changed_at = now()
         RETURNING objection_id, claim_id, disputed, body, (extract(epoch FROM changed_at) * 1000000)::bigint AS changed_us",
    )
    .bind(tx.scope().person().to_i64())
    .bind(claim_id)
    .bind(new_id)
    .bind(disputed.map(Disputed::as_str))
    .bind(body)
    .fetch_one(&mut **tx)
    .await?;
    row.draft()
}

/// Notes that the person works on the draft.
pub async fn touch_draft(tx: &mut ScopedTransaction, objection_id: Uuid) -> Result<()> {
    sqlx::query("UPDATE objection_drafts SET changed_at = now() WHERE person = $1 AND objection_id = $2")
        .bind(tx.scope().person().to_i64())
        .bind(objection_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn delete_draft(tx: &mut ScopedTransaction, objection_id: Uuid) -> Result<()> {
    sqlx::query("DELETE FROM objection_drafts WHERE person = $1 AND objection_id = $2")
        .bind(tx.scope().person().to_i64())
        .bind(objection_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What can be disputed about a claim now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimGrounds {
    pub reasons: Vec<ReasonCode>,
    pub has_amount: bool,
}

/// `None` if the person has no such claim.
pub async fn grounds(tx: &mut ScopedTransaction, claim_id: Uuid) -> Result<Option<ClaimGrounds>> {
    let row: Option<(Vec<String>, bool)> =
        sqlx::query_as("SELECT reasons, amount IS NOT NULL FROM claims WHERE person = $1 AND claim_id = $2")
            .bind(tx.scope().person().to_i64())
            .bind(claim_id)
            .fetch_optional(&mut **tx)
            .await?;
    let Some((reasons, has_amount)) = row else { return Ok(None) };
    let reasons = reasons.iter().map(|code| parsed(code, "reason")).collect::<Result<_>>()?;
    Ok(Some(ClaimGrounds { reasons, has_amount }))
}

/// An objection that has no answer yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenObjection {
    pub claim_id: Uuid,
    /// `None` if it came from another portal.
    pub tracking: Option<String>,
}

/// The open objections of the person, also those that came from another portal.
pub async fn open(tx: &mut ScopedTransaction) -> Result<Vec<OpenObjection>> {
    let rows: Vec<(Uuid, Option<String>)> = sqlx::query_as(
        "SELECT coalesce(p.claim_id, o.claim_id), p.tracking
         FROM (SELECT objection_id, claim_id, tracking, withdrawn_at FROM portal_objections WHERE person = $1) AS p
         FULL JOIN (SELECT objection_id, claim_id, withdrawn, answered_at FROM objections WHERE person = $1) AS o
             ON o.objection_id = p.objection_id
         WHERE coalesce(p.claim_id, o.claim_id) IS NOT NULL AND p.withdrawn_at IS NULL
             AND NOT coalesce(o.withdrawn, false) AND o.answered_at IS NULL
         ORDER BY p.tracking",
    )
    .bind(tx.scope().person().to_i64())
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|(claim_id, tracking)| OpenObjection { claim_id, tracking }).collect())
}

/// An objection that was sent on the portal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentObjection {
    pub objection_id: Uuid,
    pub claim_id: Uuid,
    pub disputed: Disputed,
    pub body: String,
    pub tracking: String,
    pub submitted_at: Timestamp,
    pub withdrawn_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct RawSent {
    objection_id: Uuid,
    claim_id: Uuid,
    disputed: String,
    body: String,
    tracking: String,
    submitted_us: i64,
    withdrawn_us: Option<i64>,
}

impl RawSent {
    fn sent(self) -> Result<SentObjection> {
        Ok(SentObjection {
            objection_id: self.objection_id,
            claim_id: self.claim_id,
            disputed: parsed(&self.disputed, "ground of an objection")?,
            body: self.body,
            tracking: self.tracking,
            submitted_at: from_micros(self.submitted_us)?,
            withdrawn_at: self.withdrawn_us.map(from_micros).transpose()?,
        })
    }
}

const SENT: &str = "SELECT objection_id, claim_id, disputed, body, tracking,
    (extract(epoch FROM submitted_at) * 1000000)::bigint AS submitted_us,
    (extract(epoch FROM withdrawn_at) * 1000000)::bigint AS withdrawn_us FROM portal_objections WHERE person = $1";

/// The person's objections, the latest first.
pub async fn sent(tx: &mut ScopedTransaction) -> Result<Vec<SentObjection>> {
    let rows: Vec<RawSent> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{SENT} ORDER BY submitted_at DESC, objection_id")))
            .bind(tx.scope().person().to_i64())
            .fetch_all(&mut **tx)
            .await?;
    rows.into_iter().map(RawSent::sent).collect()
}

/// An objection of the person. The row stays locked until the transaction ends.
pub async fn lock_sent(tx: &mut ScopedTransaction, objection_id: Uuid) -> Result<Option<SentObjection>> {
    let query = sqlx::AssertSqlSafe(format!("{SENT} AND objection_id = $2 FOR UPDATE"));
    let row: Option<RawSent> = sqlx::query_as(query)
        .bind(tx.scope().person().to_i64())
        .bind(objection_id)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(RawSent::sent).transpose()
}

pub async fn insert(tx: &mut ScopedTransaction, new: &SentObjection) -> Result<()> {
    sqlx::query(
        "INSERT INTO portal_objections (objection_id, person, claim_id, disputed, body, tracking, submitted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz)",
    )
    .bind(new.objection_id)
    .bind(tx.scope().person().to_i64())
    .bind(new.claim_id)
    .bind(new.disputed.as_str())
    .bind(&new.body)
    .bind(&new.tracking)
    .bind(instant(new.submitted_at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn withdraw(tx: &mut ScopedTransaction, objection_id: Uuid, at: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE portal_objections SET withdrawn_at = $3::timestamptz
         WHERE person = $1 AND objection_id = $2 AND withdrawn_at IS NULL",
    )
    .bind(tx.scope().person().to_i64())
    .bind(objection_id)
    .bind(instant(at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes the drafts of all persons on which nobody has worked for `days`. Returns their number.
pub async fn delete_old_drafts(tx: &mut PgConnection, days: u16) -> Result<u64> {
    let done =
        sqlx::query("DELETE FROM objection_drafts WHERE changed_at < now() - make_interval(days => $1)")
            .bind(i32::from(days))
            .execute(tx)
            .await?;
    Ok(done.rows_affected())
}
