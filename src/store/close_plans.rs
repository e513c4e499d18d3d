//! Plans of closes that dry runs have shown, and the pause of ingest while a confirmed plan is issued.

use jiff::Timestamp;

use super::{PgConnection, Result, instant};
use crate::failpoint::failpoint;
use crate::law::SolarMonth;

/// Key of the advisory lock that pauses ingest: an arbitrary number that only Peyvand uses.
const INPUT_PAUSE: i64 = 0x7065_7976_0002;

/// Waits while a confirmed plan is issued, and keeps the next one waiting until this transaction ends. The first
/// statement of a batch, before it holds any other lock.
pub async fn wait_for_pause(tx: &mut PgConnection) -> Result<()> {
    let wait = sqlx::query("SELECT pg_advisory_xact_lock_shared($1)").bind(INPUT_PAUSE);
    failpoint!("input_pause.wait", wait.execute(tx).await)?;
    Ok(())
}

/// Waits until no batch is half written, and prevents new ones until the session ends. The pages of a close are
/// transactions of the same session, so it holds over all of them.
pub async fn pause_input(session: &mut PgConnection) -> Result<()> {
    let take = sqlx::query("SELECT pg_advisory_lock($1)").bind(INPUT_PAUSE);
    failpoint!("input_pause.take", take.execute(session).await)?;
    Ok(())
}

/// A plan as it is stored.
pub struct StoredPlan<'a> {
    pub digest: &'a str,
    pub month: SolarMonth,
    pub total_rial: i64,
    pub lines: &'a str,
}

/// Keeps a plan, and forgets those of other months.
pub async fn keep(tx: &mut PgConnection, plan: &StoredPlan<'_>, at: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM close_plans WHERE month <> $1")
        .bind(plan.month.to_string())
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO close_plans (digest, month, made_at, total, lines) VALUES ($1, $2, $3::timestamptz, $4, $5)
         ON CONFLICT (digest) DO UPDATE SET made_at = excluded.made_at",
    )
    .bind(plan.digest)
    .bind(plan.month.to_string())
    .bind(instant(at))
    .bind(plan.total_rial)
    .bind(plan.lines)
    .execute(tx)
    .await?;
    Ok(())
}

/// The content of a kept plan.
#[derive(sqlx::FromRow)]
pub struct KeptPlan {
    pub total_rial: i64,
    pub lines: String,
}

/// A plan that a dry run of this month has shown.
pub async fn find(tx: &mut PgConnection, month: SolarMonth, digest: &str) -> Result<Option<KeptPlan>> {
    Ok(sqlx::query_as("SELECT total AS total_rial, lines FROM close_plans WHERE digest = $1 AND month = $2")
        .bind(digest)
        .bind(month.to_string())
        .fetch_optional(tx)
        .await?)
}

/// A document that a close has issued already.
#[derive(sqlx::FromRow)]
pub struct IssuedDocument {
    pub claim_id: uuid::Uuid,
    pub attempt: i32,
    pub amount: i64,
    pub sheba: String,
    pub cost_centre: String,
    pub province_code: String,
}

pub async fn issued(tx: &mut PgConnection, month: SolarMonth) -> Result<Vec<IssuedDocument>> {
    Ok(sqlx::query_as(
        "SELECT claim_id, attempt, amount, sheba, cost_centre, province_code FROM documents WHERE month = $1",
    )
    .bind(month.to_string())
    .fetch_all(tx)
    .await?)
}

/// The digest that a person has confirmed for an open close.
pub async fn confirmed(tx: &mut PgConnection, month: SolarMonth) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        sqlx::query_as("SELECT confirmed FROM closes WHERE month = $1 AND closed_at IS NULL")
            .bind(month.to_string())
            .fetch_optional(tx)
            .await?;
    Ok(row.and_then(|(digest,)| digest))
}

pub async fn confirm(tx: &mut PgConnection, month: SolarMonth, digest: &str) -> Result<()> {
    sqlx::query("UPDATE closes SET confirmed = $2 WHERE month = $1 AND closed_at IS NULL")
        .bind(month.to_string())
        .bind(digest)
        .execute(tx)
        .await?;
    Ok(())
}
