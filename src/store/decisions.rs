//! Published revisions with their inputs, for ever.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::{PgConnection, Result, from_micros, instant, parsed};
use crate::claim::facts::Facts;
use crate::law::SolarDate;

/// A revision to be stored.
pub struct NewDecision<'a> {
    pub decision_id: Uuid,
    pub claim_id: Uuid,
    pub revision: i32,
    pub outcome: &'static str,
    pub amount: Option<i64>,
    /// Words with a space between.
    pub reasons: String,
    pub days: Option<i32>,
    pub wage_sum: Option<i64>,
    pub facts: &'a [u8],
    /// Of outcome, amount, reasons and working: what `recompute` must find again.
    pub content_digest: [u8; 32],
}

/// What all revisions of a transaction share.
pub struct Stamp<'a> {
    pub rules_version: &'a str,
    pub tables_version: &'a str,
    pub business_date: SolarDate,
    pub decided_at: Timestamp,
}

pub async fn insert(tx: &mut PgConnection, new: &[NewDecision<'_>], stamp: &Stamp<'_>) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO decisions (decision_id, claim_id, revision, outcome, amount, reasons, days, wage_sum, facts, content_digest,
             rules_version, tables_version, business_date, decided_at)
         SELECT a, b, c, d, e, array_remove(string_to_array(f, ' '), ''), g, h, i, j, $11, $12, $13, $14::timestamptz
         FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bigint[], $6::text[], $7::int[], $8::bigint[], $9::bytea[],
             $10::bytea[]) AS u (a, b, c, d, e, f, g, h, i, j)",
    )
    .bind(new.iter().map(|d| d.decision_id).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.claim_id).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.revision).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.outcome).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.amount).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.reasons.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.days).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.wage_sum).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.facts).collect::<Vec<_>>())
    .bind(new.iter().map(|d| d.content_digest.as_slice()).collect::<Vec<_>>())
    .bind(stamp.rules_version)
    .bind(stamp.tables_version)
    .bind(stamp.business_date.to_string())
    .bind(instant(stamp.decided_at))
    .execute(tx)
    .await?;
    Ok(())
}

/// A stored revision.
pub struct Decision {
    pub decision_id: Uuid,
    pub claim_id: Uuid,
    pub revision: i32,
    pub outcome: String,
    pub amount: Option<i64>,
    pub reasons: Vec<String>,
    pub days: Option<i32>,
    pub wage_sum: Option<i64>,
    pub facts: Facts,
    pub content_digest: Vec<u8>,
    pub rules_version: String,
    pub tables_version: String,
    pub business_date: SolarDate,
    pub decided_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    decision_id: Uuid,
    claim_id: Uuid,
    revision: i32,
    outcome: String,
    amount: Option<i64>,
    reasons: Vec<String>,
    days: Option<i32>,
    wage_sum: Option<i64>,
    facts: Vec<u8>,
    content_digest: Vec<u8>,
    rules_version: String,
    tables_version: String,
    business_date: String,
    decided_us: i64,
}

/// These revisions, in the order of claim and revision.
pub async fn by_id(tx: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Decision>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT *, (extract(epoch FROM decided_at) * 1000000)::bigint AS decided_us FROM decisions
         WHERE decision_id = ANY($1) ORDER BY claim_id, revision",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(read).collect()
}

fn read(row: Row) -> Result<Decision> {
    Ok(Decision {
        decision_id: row.decision_id,
        claim_id: row.claim_id,
        revision: row.revision,
        outcome: row.outcome,
        amount: row.amount,
        reasons: row.reasons,
        days: row.days,
        wage_sum: row.wage_sum,
        facts: Facts::from_bytes(&row.facts).ok_or(super::Error::Unreadable("decision's facts"))?,
        content_digest: row.content_digest,
        rules_version: row.rules_version,
        tables_version: row.tables_version,
        business_date: parsed(&row.business_date, "business date")?,
        decided_at: from_micros(row.decided_us)?,
    })
}
