//! What officers said about the ends of cases: proposals and judgements. A row is written once and never changed.

use std::collections::BTreeMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::judgements::{self, NewJudgement};
use super::{PgConnection, Result, code, from_micros, instant, numbers, parsed, rial};
use crate::claim::case_ending::{CaseEnding, Ending};
use crate::claim::review::Proposal;
use crate::ident::NationalCode;

/// What officers said about the end of a case of this person.
pub struct StoredEnding {
    pub person: NationalCode,
    pub ending: CaseEnding,
}

#[derive(FromRow)]
struct ProposalRow {
    person: i64,
    case_id: Uuid,
    at_us: i64,
    author: String,
    outcome: String,
    amount: Option<i64>,
    reason: String,
}

const JUDGEMENTS: &str = "SELECT person, case_id AS id, proposal_sha256,
        (extract(epoch FROM at) * 1000000)::bigint AS at_us, approved, approver, author, judged_on, reason
    FROM ending_judgements WHERE person = ANY($1)";

const INSERT_JUDGEMENTS: &str =
    "INSERT INTO ending_judgements (person, case_id, sha256, proposal_sha256, at, approved, approver, author, judged_on, reason)
     SELECT a, b, c, d, e::timestamptz, f, g, h, i, j
     FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[], $5::text[], $6::bool[], $7::text[], $8::text[], $9::text[],
         $10::text[]) AS u (a, b, c, d, e, f, g, h, i, j)";

/// What was said about these persons' cases, in the order of persons and cases.
pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<StoredEnding>> {
    let proposals: Vec<ProposalRow> = sqlx::query_as(
        "SELECT person, case_id, (extract(epoch FROM at) * 1000000)::bigint AS at_us, author, outcome, amount, reason
         FROM ending_proposals WHERE person = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(&mut *tx)
    .await?;
    let mut endings: BTreeMap<(i64, Uuid), CaseEnding> = BTreeMap::new();
    for row in proposals {
        let key = (row.person, row.case_id);
        let ending = endings.entry(key).or_insert_with(|| CaseEnding::new(row.case_id));
        ending.review.propose(proposal(row)?);
    }
    for row in judgements::of_persons(tx, JUDGEMENTS, codes).await? {
        let ending = endings.entry((row.person, row.id)).or_insert_with(|| CaseEnding::new(row.id));
        ending.review.judge(row.judgement()?);
    }
    let mut stored = Vec::with_capacity(endings.len());
    for ((person, _), ending) in endings {
        stored.push(StoredEnding { person: code(person)?, ending });
    }
    Ok(stored)
}

fn proposal(row: ProposalRow) -> Result<Proposal<Ending>> {
    let content = Ending {
        outcome: parsed(&row.outcome, "outcome of an ending")?,
        amount: row.amount.map(rial).transpose()?,
    };
    Ok(Proposal {
        id: row.case_id,
        at: row.at_us,
        author: row.author,
        person: code(row.person)?,
        content,
        reason: row.reason,
    })
}

/// Writes new proposals.
pub async fn insert_proposals(tx: &mut PgConnection, new: &[Proposal<Ending>]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO ending_proposals (person, case_id, sha256, at, author, outcome, amount, reason)
         SELECT a, b, c, d::timestamptz, e, f, g, h
         FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[])
             AS u (a, b, c, d, e, f, g, h)",
    )
    .bind(new.iter().map(|p| p.person.to_i64()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.id).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.sha256().to_vec()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| from_micros(p.at).map(instant)).collect::<Result<Vec<_>>>()?)
    .bind(new.iter().map(|p| p.author.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.content.outcome.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.content.amount.map(|amount| amount.to_i64())).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.reason.as_str()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes new judgements.
pub async fn insert_judgements(tx: &mut PgConnection, new: &[NewJudgement]) -> Result<()> {
    judgements::insert(tx, INSERT_JUDGEMENTS, new).await
}
