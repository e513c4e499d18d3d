//! Payments, their documents, and the answers of finance.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::{PgConnection, Result, code, from_micros, instant, numbers, parsed, rial};
use crate::claim::Benefit;
use crate::claim::codes::PaymentOutcome;
use crate::claim::document::{DocumentAnswer, StoredDocument};
use crate::claim::plan::Issuance;
use crate::ident::NationalCode;
use crate::law::{Rial, SolarDate, SolarMonth};
use crate::wire::tehran;

/// A payment without its documents.
#[derive(Clone)]
pub struct PaymentRow {
    pub benefit: Benefit,
    pub person: NationalCode,
    pub claim_id: Uuid,
    pub amount: Rial,
    pub decision_id: Uuid,
    /// The registry record that the paid decision names.
    pub record_id: Option<String>,
}

#[derive(FromRow)]
struct RawPaymentRow {
    benefit: String,
    person: i64,
    claim_id: Uuid,
    amount: i64,
    decision_id: Uuid,
    record_id: Option<String>,
}

pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<PaymentRow>> {
    let rows: Vec<RawPaymentRow> = sqlx::query_as(
        "SELECT benefit, person, claim_id, amount, decision_id, record_id FROM payments WHERE person = ANY($1) ORDER BY person, benefit",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PaymentRow {
                benefit: parsed(&row.benefit, "benefit")?,
                person: code(row.person)?,
                claim_id: row.claim_id,
                amount: rial(row.amount)?,
                decision_id: row.decision_id,
                record_id: row.record_id,
            })
        })
        .collect()
}

#[derive(FromRow)]
struct DocumentRow {
    claim_id: Uuid,
    document_id: String,
    attempt: i32,
    amount: i64,
    sheba: String,
}

#[derive(FromRow)]
struct AnswerRow {
    document_id: String,
    at_us: i64,
    outcome: String,
    code: Option<String>,
}

/// The documents of these persons by claim, ascending by attempt.
pub async fn documents_of(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashMap<Uuid, Vec<StoredDocument>>> {
    let rows: Vec<DocumentRow> = sqlx::query_as(
        "SELECT claim_id, document_id, attempt, amount, sheba FROM documents WHERE person = ANY($1) ORDER BY claim_id, attempt",
    )
    .bind(numbers(codes))
    .fetch_all(&mut *tx)
    .await?;
    let mut answers = answers_of(tx, codes).await?;
    let mut documents: HashMap<Uuid, Vec<StoredDocument>> = HashMap::new();
    for row in rows {
        documents.entry(row.claim_id).or_default().push(StoredDocument {
            answers: answers.remove(&row.document_id).unwrap_or_default(),
            document_id: row.document_id,
            attempt: row.attempt,
            amount: rial(row.amount)?,
            sheba: row.sheba,
        });
    }
    Ok(documents)
}

/// The answers of finance by document: the one that speaks is the last.
async fn answers_of(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashMap<String, Vec<DocumentAnswer>>> {
    let rows: Vec<AnswerRow> = sqlx::query_as(
        "SELECT o.document_id, (extract(epoch FROM o.at) * 1000000)::bigint AS at_us, o.outcome, o.code
         FROM documents d JOIN payment_outcomes o ON o.document_id = d.document_id WHERE d.person = ANY($1)
         ORDER BY o.document_id, o.at, o.source_offset",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    let mut answers: HashMap<String, Vec<DocumentAnswer>> = HashMap::new();
    for row in rows {
        answers.entry(row.document_id).or_default().push(DocumentAnswer {
            at: row.at_us,
            on: day_in_tehran(from_micros(row.at_us)?),
            outcome: parsed(&row.outcome, "outcome")?,
            code: row.code,
        });
    }
    Ok(answers)
}

/// The calendar ends after every supported instant.
pub fn day_in_tehran(at: Timestamp) -> SolarDate {
    tehran::solar_date(at).unwrap_or(SolarDate::LAST)
}

/// The person of each document; unknown ids are missing in the result.
pub async fn persons_of_documents(
    tx: &mut PgConnection,
    ids: &[&str],
) -> Result<HashMap<String, NationalCode>> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT document_id, person FROM documents WHERE document_id = ANY($1)")
            .bind(ids)
            .fetch_all(tx)
            .await?;
    rows.into_iter().map(|(id, person)| Ok((id, code(person)?))).collect()
}

/// Issues documents. The first document of a person and benefit inserts their only row in `payments`; a further attempt
/// uses the existing row.
///
/// # Errors
/// The unique keys are the authority: a second payment of a benefit to a person fails here, even if the program planned
/// one.
pub async fn issue(
    tx: &mut PgConnection,
    issues: &[(NationalCode, &Issuance)],
    month: SolarMonth,
    at: Timestamp,
) -> Result<()> {
    if issues.is_empty() {
        return Ok(());
    }
    let firsts: Vec<_> = issues.iter().filter(|(_, issue)| issue.attempt == 1).collect();
    sqlx::query(
        "INSERT INTO payments (person, claim_id, amount, decision_id, benefit, record_id)
         SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[])",
    )
    .bind(firsts.iter().map(|(person, _)| person.to_i64()).collect::<Vec<_>>())
    .bind(firsts.iter().map(|(_, issue)| issue.claim_id).collect::<Vec<_>>())
    .bind(firsts.iter().map(|(_, issue)| issue.amount.to_i64()).collect::<Vec<_>>())
    .bind(firsts.iter().map(|(_, issue)| issue.decision_id).collect::<Vec<_>>())
    .bind(firsts.iter().map(|(_, issue)| issue.benefit.as_str()).collect::<Vec<_>>())
    .bind(firsts.iter().map(|(_, issue)| issue.record_id.as_deref()).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    supersede(tx, issues).await?;
    insert_documents(tx, issues, month, at).await
}

/// Supersedes only documents that finance returned. Any other document stays current, and the insert of a new attempt
/// then fails on the unique index.
async fn supersede(tx: &mut PgConnection, issues: &[(NationalCode, &Issuance)]) -> Result<()> {
    let again: Vec<_> = issues.iter().filter(|(_, i)| i.attempt > 1).map(|(_, i)| i.claim_id).collect();
    sqlx::query("UPDATE documents SET superseded = true WHERE claim_id = ANY($1) AND NOT superseded AND state = 'returned'")
        .bind(again)
        .execute(tx)
        .await?;
    Ok(())
}

async fn insert_documents(
    tx: &mut PgConnection,
    issues: &[(NationalCode, &Issuance)],
    month: SolarMonth,
    at: Timestamp,
) -> Result<()> {
    let all: Vec<_> = issues.iter().map(|(_, issue)| issue).collect();
    sqlx::query(
        "INSERT INTO documents (document_id, person, claim_id, attempt, decision_id, month, amount, sheba, cost_centre, province_code,
             issued_at, benefit)
         SELECT a, b, c, d, e, $10, f, g, h, i, $11::timestamptz, j
         FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::int[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[],
             $12::text[]) AS u (a, b, c, d, e, f, g, h, i, j)",
    )
    .bind(all.iter().map(|issue| issue.document_id.to_string()).collect::<Vec<_>>())
    .bind(issues.iter().map(|(person, _)| person.to_i64()).collect::<Vec<_>>())
    .bind(all.iter().map(|issue| issue.claim_id).collect::<Vec<_>>())
    .bind(all.iter().map(|issue| issue.attempt).collect::<Vec<_>>())
    .bind(all.iter().map(|issue| issue.decision_id).collect::<Vec<_>>())
    .bind(all.iter().map(|issue| issue.amount.to_i64()).collect::<Vec<_>>())
    .bind(all.iter().map(|issue| issue.sheba.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|issue| issue.cost_centre.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|issue| issue.province_code.as_str()).collect::<Vec<_>>())
    .bind(month.to_string())
    .bind(instant(at))
    .bind(all.iter().map(|issue| issue.benefit.as_str()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// One answer of finance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FinanceAnswer {
    pub document_id: String,
    pub answered_at: Timestamp,
    pub outcome: PaymentOutcome,
    pub code: Option<String>,
    pub source_offset: i64,
}

/// The stored answers for these documents.
pub async fn finance_answers(tx: &mut PgConnection, ids: &[&str]) -> Result<Vec<FinanceAnswer>> {
    let rows: Vec<(String, i64, String, Option<String>, i64)> = sqlx::query_as(
        "SELECT document_id, (extract(epoch FROM at) * 1000000)::bigint, outcome, code, source_offset
         FROM payment_outcomes WHERE document_id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|(document_id, at, outcome, code, source_offset)| {
            Ok(FinanceAnswer {
                document_id,
                answered_at: from_micros(at)?,
                outcome: parsed(&outcome, "outcome")?,
                code,
                source_offset,
            })
        })
        .collect()
}

/// Writes answers, and sets the state of each document to its latest answer: the greatest instant, then the greatest
/// source offset.
pub async fn save_finance_answers(tx: &mut PgConnection, answers: &[&FinanceAnswer]) -> Result<()> {
    if answers.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = answers.iter().map(|a| a.document_id.as_str()).collect();
    sqlx::query(
        "INSERT INTO payment_outcomes (document_id, at, outcome, code, source_offset)
         SELECT a, b::timestamptz, c, d, e FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS u (a, b, c, d, e)
         ON CONFLICT (document_id, at, outcome) DO UPDATE SET code = excluded.code, source_offset = excluded.source_offset",
    )
    .bind(&ids)
    .bind(answers.iter().map(|a| instant(a.answered_at)).collect::<Vec<_>>())
    .bind(answers.iter().map(|a| a.outcome.as_str()).collect::<Vec<_>>())
    .bind(answers.iter().map(|a| a.code.as_deref()).collect::<Vec<_>>())
    .bind(answers.iter().map(|a| a.source_offset).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE documents d SET state = l.outcome, state_code = l.code, state_at = l.at, state_offset = l.source_offset
         FROM (SELECT DISTINCT ON (document_id) * FROM payment_outcomes WHERE document_id = ANY($1)
               ORDER BY document_id, at DESC, source_offset DESC) l
         WHERE d.document_id = l.document_id",
    )
    .bind(&ids)
    .execute(tx)
    .await?;
    Ok(())
}
