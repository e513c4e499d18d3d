//! Recovery: a database that is older than its topics restores what they contain.

pub mod adopt;

use uuid::Uuid;

use super::{Error, PgConnection, Result, code, numbers};
use crate::ident::NationalCode;

/// The name in `installation` under which an unfinished recovery stores its checkpoints.
pub(super) const RECOVERY_KEY: &str = "recovery";

/// The state of a relay shard as the recovery began. A list of them is stored as `[[shard, allocated, delivered], …]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, sqlx::FromRow, serde::Serialize, serde::Deserialize)]
#[serde(from = "(i16, i64, i64)", into = "(i16, i64, i64)")]
pub struct Checkpoint {
    pub shard: i16,
    /// The last sequence number that was allocated.
    pub allocated: i64,
    /// The last sequence number that was delivered.
    pub delivered: i64,
}

impl From<(i16, i64, i64)> for Checkpoint {
    fn from((shard, allocated, delivered): (i16, i64, i64)) -> Self {
        Self { shard, allocated, delivered }
    }
}

impl From<Checkpoint> for (i16, i64, i64) {
    fn from(checkpoint: Checkpoint) -> Self {
        (checkpoint.shard, checkpoint.allocated, checkpoint.delivered)
    }
}

/// The checkpoints of an unfinished recovery, if there is one.
pub async fn under_way<'e>(database: impl sqlx::PgExecutor<'e>) -> Result<Option<Vec<Checkpoint>>> {
    let kept: Option<String> = sqlx::query_scalar("SELECT value FROM installation WHERE name = $1")
        .bind(RECOVERY_KEY)
        .fetch_optional(database)
        .await?;
    kept.map(|text| serde_json::from_str(&text).map_err(|_| Error::Unreadable("recovery"))).transpose()
}

/// Checks that no recovery is unfinished: it must end before anything is ingested, closed or sent.
///
/// # Errors
/// [`Error::Refused`] if a recovery is unfinished.
pub async fn refuse_half_recovered<'e>(database: impl sqlx::PgExecutor<'e>) -> Result<()> {
    match under_way(database).await? {
        None => Ok(()),
        Some(_) => Err(Error::Refused(
            "a recovery was started and not finished: run `peyvand recover` again".to_owned(),
        )),
    }
}

/// The current checkpoints.
pub async fn checkpoints(tx: &mut PgConnection) -> Result<Vec<Checkpoint>> {
    Ok(sqlx::query_as("SELECT grp AS shard, next_position - 1 AS allocated, delivered FROM outbox_heads JOIN relay_groups USING (grp) ORDER BY grp")
        .fetch_all(tx)
        .await?)
}

pub async fn begin(tx: &mut PgConnection, checkpoints: &[Checkpoint]) -> Result<()> {
    sqlx::query("INSERT INTO installation VALUES ($1, $2)")
        .bind(RECOVERY_KEY)
        .bind(serde_json::to_string(checkpoints).unwrap_or_default())
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn end(tx: &mut PgConnection) -> Result<()> {
    sqlx::query("DELETE FROM installation WHERE name = $1").bind(RECOVERY_KEY).execute(&mut *tx).await?;
    // A person whom no input had named when the document was restored got a province with the inputs since then.
    sqlx::query(
        "UPDATE documents d SET province_code = p.province_code FROM persons p
         WHERE p.code = d.person AND d.province_code = '' AND p.province_code IS NOT NULL",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether a process delivers events now.
pub async fn is_served(tx: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM relay_members WHERE until >= now())")
        .fetch_one(tx)
        .await?)
}

/// A person to decide, and what the inputs contained that is not in the facts: answered documents.
pub struct PersonToRedecide {
    pub code: NationalCode,
    pub answered: Vec<String>,
}

pub async fn add(tx: &mut PgConnection, persons: &[PersonToRedecide]) -> Result<()> {
    // PostgreSQL refuses to update a row twice in one statement: each person may occur only once.
    sqlx::query(
        "INSERT INTO recovery_persons (code, answered)
         SELECT c, string_to_array(a, ' ') FROM unnest($1::bigint[], $2::text[]) AS u (c, a)
         ON CONFLICT (code) DO UPDATE SET answered = recovery_persons.answered || excluded.answered",
    )
    .bind(persons.iter().map(|p| p.code.to_i64()).collect::<Vec<_>>())
    .bind(persons.iter().map(|p| p.answered.join(" ")).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds every person with a claim that a close would redecide.
pub async fn add_unpaid(tx: &mut PgConnection) -> Result<()> {
    sqlx::query(
        "INSERT INTO recovery_persons (code) SELECT DISTINCT person FROM claims
         WHERE NOT withdrawn AND (person, benefit) NOT IN (SELECT person, benefit FROM payments) ON CONFLICT DO NOTHING",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The next persons to decide, in the order of their codes.
pub async fn next_persons(tx: &mut PgConnection, limit: u32) -> Result<Vec<PersonToRedecide>> {
    let rows: Vec<(i64, Vec<String>)> =
        sqlx::query_as("SELECT code, answered FROM recovery_persons ORDER BY code LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(tx)
            .await?;
    let mut persons = Vec::with_capacity(rows.len());
    for (number, answered) in rows {
        persons.push(PersonToRedecide { code: code(number)?, answered });
    }
    Ok(persons)
}

pub async fn remove_redecided(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<()> {
    sqlx::query("DELETE FROM recovery_persons WHERE code = ANY($1)").bind(numbers(codes)).execute(tx).await?;
    Ok(())
}

/// A decision of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, sqlx::FromRow)]
pub struct DecisionOfClaim {
    pub claim_id: Uuid,
    pub decision_id: Uuid,
}

/// The facts of a decision, as stored.
pub struct DecisionFacts {
    pub decision_id: Uuid,
    pub facts: Vec<u8>,
}

/// Claims of these persons whose current or paid decision has no facts, with that decision.
pub async fn without_facts(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<DecisionOfClaim>> {
    Ok(sqlx::query_as(
        "SELECT claim_id, decision_id FROM decisions JOIN (
             SELECT claim_id, decision_id FROM claims WHERE person = ANY($1)
             UNION SELECT claim_id, decision_id FROM payments WHERE person = ANY($1)) c USING (claim_id, decision_id)
         WHERE facts = ''",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?)
}

pub async fn save_facts(tx: &mut PgConnection, facts: &[DecisionFacts]) -> Result<()> {
    sqlx::query(
        "UPDATE decisions d SET facts = u.facts FROM unnest($1::uuid[], $2::bytea[]) AS u (id, facts) WHERE d.decision_id = u.id",
    )
    .bind(facts.iter().map(|restored| restored.decision_id).collect::<Vec<_>>())
    .bind(facts.iter().map(|restored| restored.facts.as_slice()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes and returns paid decisions whose own event never reached its topic: [`adopt::document`] has inserted a
/// placeholder row for each.
pub async fn take_unpublished_decisions(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<Vec<(Uuid, i32)>> {
    Ok(sqlx::query_as(
        "DELETE FROM decisions d USING payments p WHERE p.person = ANY($1) AND d.decision_id = p.decision_id
             AND d.content_digest = '' RETURNING d.decision_id, d.revision",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?)
}

/// Documents of these persons that have no registration SMS yet, with the claim and the instant of issue.
pub async fn documents_without_sms(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<Vec<DocumentWithoutSms>> {
    Ok(sqlx::query_as(
        "SELECT benefit, person, claim_id, document_id, amount, (extract(epoch FROM issued_at) * 1000000)::bigint AS issued_us
         FROM documents d WHERE person = ANY($1) AND NOT EXISTS (
             SELECT 1 FROM messages m WHERE m.document_id = d.document_id AND m.kind = 'registration') ORDER BY document_id",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?)
}

#[derive(sqlx::FromRow)]
pub struct DocumentWithoutSms {
    pub benefit: String,
    pub person: i64,
    pub claim_id: Uuid,
    pub document_id: String,
    pub amount: i64,
    pub issued_us: i64,
}
