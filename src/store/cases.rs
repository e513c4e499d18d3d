//! Cases that a person must judge.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::{PgConnection, Result, code, digest, from_micros, instant, numbers, parsed, rial};
use crate::claim::case::{CaseEnd, Cause, StoredCase};
use crate::claim::case_ending::Ending;
use crate::claim::plan::{CaseChange, NewCase};
use crate::ident::NationalCode;

/// A case of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseOfPerson {
    pub person: NationalCode,
    pub claim_id: Uuid,
    pub opened_at: Timestamp,
    pub gone_at: Option<Timestamp>,
    /// The instant of the approval that ended it.
    pub closed_at: Option<Timestamp>,
    pub case: StoredCase,
}

#[derive(FromRow)]
struct CaseRow {
    case_id: Uuid,
    person: i64,
    claim_id: Uuid,
    document_id: String,
    kind: String,
    grounds: Vec<String>,
    new_amount: Option<i64>,
    opened_us: i64,
    gone_us: Option<i64>,
    closed_us: Option<i64>,
    outcome: Option<String>,
    ordered: Option<i64>,
    proposal_sha256: Option<Vec<u8>>,
}

impl TryFrom<CaseRow> for CaseOfPerson {
    type Error = super::Error;

    fn try_from(row: CaseRow) -> Result<Self> {
        let ended = match (row.closed_us, &row.outcome, &row.proposal_sha256) {
            (Some(at), Some(outcome), Some(proposal)) => Some(CaseEnd {
                at,
                ending: Ending {
                    outcome: parsed(outcome, "outcome of a case")?,
                    amount: row.ordered.map(rial).transpose()?,
                },
                proposal_sha256: digest(proposal)?,
            }),
            _ => None,
        };
        let case = StoredCase {
            case_id: row.case_id,
            cause: Cause {
                document_id: row.document_id,
                kind: parsed(&row.kind, "case kind")?,
                grounds: row.grounds,
                new_amount: row.new_amount.map(rial).transpose()?,
            },
            is_gone: row.gone_us.is_some(),
            is_closed: row.closed_us.is_some() && ended.is_none(),
            ended,
        };
        Ok(Self {
            person: code(row.person)?,
            claim_id: row.claim_id,
            opened_at: from_micros(row.opened_us)?,
            gone_at: row.gone_us.map(from_micros).transpose()?,
            closed_at: row.closed_us.map(from_micros).transpose()?,
            case,
        })
    }
}

/// The cases of these persons, the oldest first.
pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<CaseOfPerson>> {
    let rows: Vec<CaseRow> = sqlx::query_as(
        "SELECT case_id, person, claim_id, document_id, kind, grounds, new_amount,
             (extract(epoch FROM opened_at) * 1000000)::bigint AS opened_us,
             (extract(epoch FROM gone_at) * 1000000)::bigint AS gone_us,
             (extract(epoch FROM closed_at) * 1000000)::bigint AS closed_us, outcome, ordered, proposal_sha256
         FROM cases WHERE person = ANY($1) ORDER BY opened_at, case_id",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(CaseOfPerson::try_from).collect()
}

/// The cases of these persons by claim.
pub(super) async fn by_claim(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashMap<Uuid, Vec<StoredCase>>> {
    let mut cases: HashMap<Uuid, Vec<StoredCase>> = HashMap::new();
    for row in of_persons(tx, codes).await? {
        cases.entry(row.claim_id).or_default().push(row.case);
    }
    Ok(cases)
}

/// The persons with a case, or the person of the case with this id.
pub async fn persons(tx: &mut PgConnection, id: Option<Uuid>) -> Result<Vec<NationalCode>> {
    let rows: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT person FROM cases WHERE case_id = $1 OR $1 IS NULL ORDER BY person",
    )
    .bind(id)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(code).collect()
}

/// A case to open, with its person.
pub struct CaseToOpen<'a> {
    pub person: NationalCode,
    pub case: &'a NewCase,
}

pub async fn insert(tx: &mut PgConnection, new: &[CaseToOpen<'_>], at: Timestamp) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let causes: Vec<_> = new.iter().map(|new| &new.case.cause).collect();
    sqlx::query(
        "INSERT INTO cases (case_id, person, claim_id, document_id, kind, grounds, new_amount, cause, opened_at)
         SELECT a, b, c, d, e, string_to_array(f, ' '), g, h, $9::timestamptz
         FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[])
             AS u (a, b, c, d, e, f, g, h)",
    )
    .bind(new.iter().map(|new| new.case.case_id).collect::<Vec<_>>())
    .bind(new.iter().map(|new| new.person.to_i64()).collect::<Vec<_>>())
    .bind(new.iter().map(|new| new.case.claim_id).collect::<Vec<_>>())
    .bind(causes.iter().map(|cause| cause.document_id.as_str()).collect::<Vec<_>>())
    .bind(causes.iter().map(|cause| cause.kind.as_str()).collect::<Vec<_>>())
    .bind(causes.iter().map(|cause| cause.grounds.join(" ")).collect::<Vec<_>>())
    .bind(causes.iter().map(|cause| cause.new_amount.map(|a| a.to_i64())).collect::<Vec<_>>())
    .bind(causes.iter().map(|cause| cause.digest().to_vec()).collect::<Vec<_>>())
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes which causes are gone or are back, and how cases ended.
pub async fn save_changes(tx: &mut PgConnection, changes: &[&CaseChange], at: Timestamp) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut ended_at = Vec::with_capacity(changes.len());
    for change in changes {
        ended_at.push(change.ended.map(|end| from_micros(end.at).map(instant)).transpose()?);
    }
    let ends: Vec<_> = changes.iter().map(|change| change.ended).collect();
    sqlx::query(
        "UPDATE cases SET gone_at = CASE WHEN u.gone THEN coalesce(gone_at, $7::timestamptz) END,
             closed_at = CASE WHEN u.outcome IS NULL AND cases.outcome IS NULL THEN closed_at ELSE u.ended::timestamptz END,
             outcome = u.outcome, ordered = u.ordered, proposal_sha256 = u.proposal
         FROM unnest($1::uuid[], $2::bool[], $3::text[], $4::text[], $5::bigint[], $6::bytea[])
             AS u (id, gone, ended, outcome, ordered, proposal)
         WHERE case_id = u.id",
    )
    .bind(changes.iter().map(|change| change.case_id).collect::<Vec<_>>())
    .bind(changes.iter().map(|change| change.is_gone).collect::<Vec<_>>())
    .bind(ended_at)
    .bind(ends.iter().map(|end| end.map(|end| end.ending.outcome.as_str())).collect::<Vec<_>>())
    .bind(ends.iter().map(|end| end.and_then(|end| end.ending.amount).map(|a| a.to_i64())).collect::<Vec<_>>())
    .bind(ends.iter().map(|end| end.map(|end| end.proposal_sha256.to_vec())).collect::<Vec<_>>())
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(())
}
