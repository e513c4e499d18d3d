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

/// A situation of a claim, for the trial of the portal.
pub struct ClaimSituation {
    pub outcome: &'static str,
    pub reasons: &'static [&'static str],
    /// `none`, `sent`, `accepted`, `paid` or `returned`: the document, and finance's answer to it.
    pub payment: &'static str,
}

/// A person whose only claim is in this situation; of several the one with the most days.
pub async fn in_situation(tx: &mut PgConnection, of: &ClaimSituation) -> Result<Option<NationalCode>> {
    let person: Option<i64> = sqlx::query_scalar(
        "SELECT c.person FROM claims c JOIN decisions d ON d.decision_id = c.decision_id
         LEFT JOIN documents p ON p.claim_id = c.claim_id AND NOT p.superseded
         WHERE c.outcome = $1 AND c.reasons = $2 AND NOT c.withdrawn
             AND CASE WHEN p.document_id IS NULL THEN 'none' ELSE coalesce(p.state, 'sent') END = $3
             AND (SELECT count(*) FROM claims o WHERE o.person = c.person) = 1
         ORDER BY d.days DESC NULLS LAST, c.person LIMIT 1",
    )
    .bind(of.outcome)
    .bind(of.reasons)
    .bind(of.payment)
    .fetch_optional(tx)
    .await?;
    person.map(code).transpose()
}

/// The ids of all documents, in the order of the persons.
pub async fn documents(tx: &mut PgConnection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT document_id FROM documents ORDER BY person, attempt").fetch_all(tx).await?)
}
