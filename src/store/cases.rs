//! Cases that a person must judge.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::{PgConnection, Result, instant, numbers, parsed};
use crate::claim::person_state::StoredCase;
use crate::claim::plan::NewCase;
use crate::ident::NationalCode;

#[derive(FromRow)]
struct CaseRow {
    claim_id: Uuid,
    document_id: String,
    kind: String,
    open: bool,
}

/// The cases of these persons by claim.
pub async fn of_persons(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashMap<Uuid, Vec<StoredCase>>> {
    let rows: Vec<CaseRow> = sqlx::query_as(
        "SELECT claim_id, document_id, kind, closed_at IS NULL AS open FROM cases WHERE person = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    let mut cases: HashMap<Uuid, Vec<StoredCase>> = HashMap::new();
    for row in rows {
        let kind = parsed(&row.kind, "case kind")?;
        let case = StoredCase { document_id: row.document_id, kind, open: row.open };
        cases.entry(row.claim_id).or_default().push(case);
    }
    Ok(cases)
}

/// A case to open, with its id and its person.
pub struct IdentifiedCase<'a> {
    pub case_id: Uuid,
    pub person: NationalCode,
    pub case: &'a NewCase,
}

pub async fn insert(tx: &mut PgConnection, cases: &[IdentifiedCase<'_>], at: Timestamp) -> Result<()> {
    if cases.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO cases (case_id, person, claim_id, document_id, kind, grounds, new_amount, opened_at)
         SELECT a, b, c, d, e, string_to_array(f, ' '), g, $8::timestamptz
         FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS u (a, b, c, d, e, f, g)",
    )
    .bind(cases.iter().map(|new| new.case_id).collect::<Vec<_>>())
    .bind(cases.iter().map(|new| new.person.to_i64()).collect::<Vec<_>>())
    .bind(cases.iter().map(|new| new.case.claim_id).collect::<Vec<_>>())
    .bind(cases.iter().map(|new| new.case.document_id.as_str()).collect::<Vec<_>>())
    .bind(cases.iter().map(|new| new.case.kind.as_str()).collect::<Vec<_>>())
    .bind(cases.iter().map(|new| new.case.grounds.join(" ")).collect::<Vec<_>>())
    .bind(cases.iter().map(|new| new.case.new_amount.map(|a| a.to_i64())).collect::<Vec<_>>())
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(())
}
