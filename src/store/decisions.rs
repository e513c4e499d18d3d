//! Published revisions with their inputs, kept forever.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::copy::CopyRows;
use super::{PgConnection, Result, from_micros, parsed};
use crate::claim::facts::Facts;
use crate::law::SolarDate;

/// A revision to be stored.
pub struct NewDecision<'a> {
    pub decision_id: Uuid,
    pub claim_id: Uuid,
    pub revision: i32,
    pub outcome: &'static str,
    pub amount: Option<i64>,
    pub reasons: Vec<&'static str>,
    pub days: Option<i32>,
    pub wage_sum: Option<i64>,
    pub facts: &'a [u8],
    /// Digest of outcome, amount, reasons and working, which `recompute` must reproduce.
    pub content_digest: [u8; 32],
}

/// The values that all revisions of a transaction share.
pub struct DecisionStamp<'a> {
    pub rules_version: &'a str,
    pub tables_version: &'a str,
    pub business_date: SolarDate,
    pub decided_at: Timestamp,
}

pub async fn insert(tx: &mut PgConnection, new: &[NewDecision<'_>], stamp: &DecisionStamp<'_>) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let business_date = stamp.business_date.to_string();
    let mut rows = CopyRows::new(14);
    for decision in new {
        rows.row()
            .put(decision.decision_id)
            .put(decision.claim_id)
            .put(decision.revision)
            .put(decision.outcome)
            .put(decision.amount)
            .put(decision.reasons.as_slice())
            .put(decision.days)
            .put(decision.wage_sum)
            .put(decision.facts)
            .put(decision.content_digest.as_slice())
            .put(stamp.rules_version)
            .put(stamp.tables_version)
            .put(business_date.as_str())
            .put(stamp.decided_at);
    }
    rows.send(
        tx,
        "decisions (decision_id, claim_id, revision, outcome, amount, reasons, days, wage_sum, facts, content_digest,
             rules_version, tables_version, business_date, decided_at)",
    )
    .await
}

/// A stored revision.
pub struct DecisionRow {
    pub decision_id: Uuid,
    pub claim_id: Uuid,
    pub revision: i32,
    pub outcome: String,
    pub amount: Option<i64>,
    pub reasons: Vec<String>,
    pub days: Option<i32>,
    pub wage_sum: Option<i64>,
    /// `None` for a decision that a recovery restored from its topic: its facts were lost with the database.
    pub facts: Option<Facts>,
    pub content_digest: Vec<u8>,
    pub rules_version: String,
    pub tables_version: String,
    pub business_date: SolarDate,
    pub decided_at: Timestamp,
}

#[derive(FromRow)]
pub(super) struct RawDecisionRow {
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
pub async fn by_id(tx: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<DecisionRow>> {
    let rows: Vec<RawDecisionRow> = sqlx::query_as(
        "SELECT decision_id, claim_id, revision, outcome, amount, reasons, days, wage_sum, facts, content_digest,
             rules_version, tables_version, business_date, (extract(epoch FROM decided_at) * 1000000)::bigint AS decided_us
         FROM decisions WHERE decision_id = ANY($1) ORDER BY claim_id, revision",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(read).collect()
}

pub(super) fn read(row: RawDecisionRow) -> Result<DecisionRow> {
    Ok(DecisionRow {
        decision_id: row.decision_id,
        claim_id: row.claim_id,
        revision: row.revision,
        outcome: row.outcome,
        amount: row.amount,
        reasons: row.reasons,
        days: row.days,
        wage_sum: row.wage_sum,
        facts: if row.facts.is_empty() {
            None
        } else {
            Some(Facts::decode(&row.facts).ok_or(super::Error::Unreadable("decision's facts"))?)
        },
        content_digest: row.content_digest,
        rules_version: row.rules_version,
        tables_version: row.tables_version,
        business_date: parsed(&row.business_date, "business date")?,
        decided_at: from_micros(row.decided_us)?,
    })
}
