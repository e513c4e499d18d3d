//! Claims in the state of their latest answer.

use super::copy::CopyRows;
use super::{Error, PgConnection, Result, code, digest, numbers, parsed, rial};
use crate::claim::person_state::StoredClaim;
use crate::claim::plan::ClaimUpdate;
use crate::claim::{ClaimKey, Counterpart};
use crate::ident::NationalCode;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct ClaimRow {
    benefit: String,
    claim_id: Uuid,
    person: i64,
    deed_date: String,
    spouse: Option<i64>,
    unnamed_record: Option<String>,
    record_id: Option<String>,
    request_id: Option<String>,
    revision: i32,
    outcome: String,
    amount: Option<i64>,
    withdrawn: bool,
    decision_id: Uuid,
    facts_digest: Vec<u8>,
    answer_digest: Vec<u8>,
    working_digest: Vec<u8>,
    review_digest: Option<Vec<u8>>,
    review_waits: bool,
}

pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<StoredClaim>> {
    let rows: Vec<ClaimRow> = sqlx::query_as(
        "SELECT benefit, claim_id, person, deed_date, spouse, unnamed_record, record_id, request_id, revision, outcome,
             amount, withdrawn, decision_id, facts_digest, answer_digest, working_digest, review_digest, review_waits
         FROM claims WHERE person = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(read).collect()
}

fn read(row: ClaimRow) -> Result<StoredClaim> {
    let counterpart = match (row.spouse, row.unnamed_record) {
        (Some(spouse), _) => Counterpart::Spouse(code(spouse)?),
        (None, Some(record_id)) => Counterpart::Unnamed { record_id },
        (None, None) => return Err(Error::Unreadable("claim")),
    };
    Ok(StoredClaim {
        claim_id: row.claim_id,
        key: ClaimKey {
            benefit: parsed(&row.benefit, "benefit")?,
            person: code(row.person)?,
            deed_date: parsed(&row.deed_date, "deed date")?,
            counterpart,
        },
        revision: row.revision,
        outcome: parsed(&row.outcome, "outcome")?,
        amount: row.amount.map(rial).transpose()?,
        withdrawn: row.withdrawn,
        decision_id: row.decision_id,
        record_id: row.record_id,
        request_id: row.request_id,
        facts_digest: digest(&row.facts_digest)?,
        answer_digest: digest(&row.answer_digest)?,
        working_digest: digest(&row.working_digest)?,
        review_digest: row.review_digest.as_deref().map(digest).transpose()?,
        review_waits: row.review_waits,
    })
}

/// Writes the current state of claims. `updates` contains each claim at most once.
pub async fn save(tx: &mut PgConnection, updates: &[&ClaimUpdate]) -> Result<()> {
    // The first answer of a claim replaces no older row.
    let (first, others): (Vec<_>, Vec<_>) =
        updates.iter().partition(|update| update.claim.revision == 1 && update.revision.is_some());
    insert(tx, &first).await?;
    upsert(tx, &others).await
}

fn code_strings(update: &ClaimUpdate) -> Option<Vec<&'static str>> {
    let codes = update.revision.as_ref()?.decision.codes();
    Some(codes.iter().map(|code| code.as_str()).collect())
}

/// New claims.
async fn insert(tx: &mut PgConnection, updates: &[&ClaimUpdate]) -> Result<()> {
    if updates.is_empty() {
        return Ok(());
    }
    let mut rows = CopyRows::new(19);
    for update in updates {
        let claim = &update.claim;
        rows.row()
            .put(claim.claim_id)
            .put(claim.key.benefit.as_str())
            .put(claim.key.person.to_i64())
            .put(claim.key.deed_date.to_string().as_str())
            .put(claim.key.counterpart.spouse().map(|spouse| spouse.to_i64()))
            .put(unnamed(claim))
            .put(claim.record_id.as_deref())
            .put(claim.request_id.as_deref())
            .put(claim.revision)
            .put(claim.outcome.as_str())
            .put(claim.amount.map(|amount| amount.to_i64()))
            .put(code_strings(update).unwrap_or_default().as_slice())
            .put(claim.withdrawn)
            .put(claim.decision_id)
            .put(claim.facts_digest.as_slice())
            .put(claim.answer_digest.as_slice())
            .put(claim.working_digest.as_slice())
            .put(claim.review_digest.as_ref().map(|digest| digest.as_slice()))
            .put(claim.review_waits);
    }
    rows.send(
        tx,
        "claims (claim_id, benefit, person, deed_date, spouse, unnamed_record, record_id, request_id, revision, outcome, amount, reasons,
             withdrawn, decision_id, facts_digest, answer_digest, working_digest, review_digest, review_waits)",
    )
    .await
}

/// Writes claims that have a row already. The reasons of a claim are sent as one text, because unnest would flatten
/// an array of arrays.
async fn upsert(tx: &mut PgConnection, updates: &[&ClaimUpdate]) -> Result<()> {
    if updates.is_empty() {
        return Ok(());
    }
    let claims: Vec<_> = updates.iter().map(|update| &update.claim).collect();
    sqlx::query(UPSERT)
        .bind(claims.iter().map(|c| c.claim_id).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.key.person.to_i64()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.key.deed_date.to_string()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.key.counterpart.spouse().map(|s| s.to_i64())).collect::<Vec<_>>())
        .bind(claims.iter().copied().map(unnamed).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.record_id.as_deref()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.request_id.as_deref()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.revision).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.outcome.as_str()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.amount.map(|a| a.to_i64())).collect::<Vec<_>>())
        .bind(updates.iter().map(|update| Some(code_strings(update)?.join(" "))).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.withdrawn).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.decision_id).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.facts_digest.as_slice()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.answer_digest.as_slice()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.working_digest.as_slice()).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.review_digest.as_ref().map(|d| d.as_slice())).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.review_waits).collect::<Vec<_>>())
        .bind(claims.iter().map(|c| c.key.benefit.as_str()).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

fn unnamed(claim: &StoredClaim) -> Option<&str> {
    match &claim.key.counterpart {
        Counterpart::Unnamed { record_id } => Some(record_id),
        Counterpart::Spouse(_) => None,
    }
}

/// Reasons change only with a new revision; otherwise the stored ones are kept.
const UPSERT: &str = "
    INSERT INTO claims (claim_id, benefit, person, deed_date, spouse, unnamed_record, record_id, request_id, revision, outcome, amount,
        reasons, withdrawn, decision_id, facts_digest, answer_digest, working_digest, review_digest, review_waits)
    SELECT claim_id, benefit, person, deed_date, spouse, unnamed_record, record_id, request_id, revision, outcome, amount,
        array_remove(string_to_array(coalesce(reasons, ''), ' '), ''), withdrawn, decision_id, facts_digest, answer_digest,
        working_digest, review_digest, review_waits
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[],
        $10::bigint[], $11::text[], $12::bool[], $13::uuid[], $14::bytea[], $15::bytea[], $16::bytea[], $17::bytea[], $18::bool[], $19::text[])
        AS u (claim_id, person, deed_date, spouse, unnamed_record, record_id, request_id, revision, outcome, amount, reasons,
            withdrawn, decision_id, facts_digest, answer_digest, working_digest, review_digest, review_waits, benefit)
    ON CONFLICT (person, claim_id) DO UPDATE SET record_id = excluded.record_id, request_id = excluded.request_id,
        reasons = CASE WHEN excluded.revision = claims.revision THEN claims.reasons ELSE excluded.reasons END,
        revision = excluded.revision, outcome = excluded.outcome, amount = excluded.amount, withdrawn = excluded.withdrawn,
        decision_id = excluded.decision_id, facts_digest = excluded.facts_digest, answer_digest = excluded.answer_digest,
        working_digest = excluded.working_digest, review_digest = excluded.review_digest, review_waits = excluded.review_waits";
