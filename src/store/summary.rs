//! Counts over all claims, for the summary of the demo.

use super::{PgConnection, PgPool, Result, code};
use crate::ident::NationalCode;

/// Whether the database contains a claim.
pub async fn has_claims(pool: &PgPool) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM claims)").fetch_one(pool).await?)
}

/// Persons with a claim.
pub async fn persons(tx: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(DISTINCT person) FROM claims").fetch_one(tx).await?)
}

/// Claims by outcome.
pub async fn outcomes(tx: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as(
        "SELECT outcome, count(*) FROM claims WHERE NOT withdrawn GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    .fetch_all(tx)
    .await?)
}

/// Claims by outcome and reason; a claim is counted under each of its reasons.
pub async fn grounds(tx: &mut PgConnection) -> Result<Vec<(String, String, i64)>> {
    let sql = "SELECT outcome, ground, count(*) FROM claims, unnest(reasons) ground WHERE NOT withdrawn GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2";
    Ok(sqlx::query_as(sql).fetch_all(tx).await?)
}

/// Messages that were requested from the gateway.
pub async fn messages(tx: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM messages WHERE released_at IS NOT NULL")
        .fetch_one(tx)
        .await?)
}

/// A person with a claim of this outcome and as few reasons as possible. An approved claim must also be paid.
pub async fn example(tx: &mut PgConnection, outcome: &str) -> Result<Option<NationalCode>> {
    let person: Option<i64> = sqlx::query_scalar(
        "SELECT c.person FROM claims c LEFT JOIN payments p USING (claim_id)
         WHERE c.outcome = $1 AND NOT c.withdrawn AND (c.outcome <> 'APPROVED' OR p.claim_id IS NOT NULL)
         ORDER BY cardinality(c.reasons), c.claim_id LIMIT 1",
    )
    .bind(outcome)
    .fetch_optional(tx)
    .await?;
    person.map(code).transpose()
}
