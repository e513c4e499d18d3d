//! Findings of officers: proposals and judgements. A row is written once and never changed.

use std::collections::BTreeMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::judgements::{self, NewJudgement};
use super::{PgConnection, Result, code, digest, from_micros, instant, numbers, parsed};
use crate::claim::finding::{Finding, FindingContent};
use crate::claim::review::Proposal;
use crate::ident::NationalCode;

/// A finding about a claim of this person.
pub struct StoredFinding {
    pub person: NationalCode,
    pub finding: Finding,
}

#[derive(FromRow)]
struct ProposalRow {
    person: i64,
    finding_id: Uuid,
    at_us: i64,
    author: String,
    claim_id: Uuid,
    ground: String,
    fact_seen: Vec<u8>,
    verdict: String,
    reason: String,
    evidence: Vec<Uuid>,
}

const JUDGEMENTS: &str = "SELECT person, finding_id AS id, proposal_sha256,
        (extract(epoch FROM at) * 1000000)::bigint AS at_us, approved, approver, author, judged_on, reason
    FROM finding_judgements WHERE person = ANY($1)";

const INSERT_JUDGEMENTS: &str =
    "INSERT INTO finding_judgements (person, finding_id, sha256, proposal_sha256, at, approved, approver, author, judged_on, reason)
     SELECT a, b, c, d, e::timestamptz, f, g, h, i, j
     FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[], $5::text[], $6::bool[], $7::text[], $8::text[], $9::text[],
         $10::text[]) AS u (a, b, c, d, e, f, g, h, i, j)";

/// The findings of these persons, also those of which only judgements have arrived. In the order of persons and ids.
pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<StoredFinding>> {
    let proposals: Vec<ProposalRow> = sqlx::query_as(
        "SELECT person, finding_id, (extract(epoch FROM at) * 1000000)::bigint AS at_us, author, claim_id, ground, fact_seen,
             verdict, reason, evidence
         FROM finding_proposals WHERE person = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(&mut *tx)
    .await?;
    let mut findings: BTreeMap<(i64, Uuid), Finding> = BTreeMap::new();
    for row in proposals {
        let key = (row.person, row.finding_id);
        let finding = findings.entry(key).or_insert_with(|| Finding::new(row.finding_id));
        finding.review.propose(proposal(row)?);
    }
    for row in judgements::of_persons(tx, JUDGEMENTS, codes).await? {
        let finding = findings.entry((row.person, row.id)).or_insert_with(|| Finding::new(row.id));
        finding.review.judge(row.judgement()?);
    }
    let mut stored = Vec::with_capacity(findings.len());
    for ((person, _), finding) in findings {
        stored.push(StoredFinding { person: code(person)?, finding });
    }
    Ok(stored)
}

fn proposal(row: ProposalRow) -> Result<Proposal<FindingContent>> {
    let content = FindingContent {
        claim_id: row.claim_id,
        ground: parsed(&row.ground, "ground of a finding")?,
        fact_seen: digest(&row.fact_seen)?,
        verdict: parsed(&row.verdict, "verdict of a finding")?,
        evidence: row.evidence,
    };
    Ok(Proposal {
        id: row.finding_id,
        at: row.at_us,
        author: row.author,
        person: code(row.person)?,
        content,
        reason: row.reason,
    })
}

/// The persons about whose claims officers have proposed findings, or the finding with this id.
pub async fn persons(tx: &mut PgConnection, id: Option<Uuid>) -> Result<Vec<NationalCode>> {
    let rows: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT person FROM finding_proposals WHERE finding_id = $1 OR $1 IS NULL ORDER BY person",
    )
    .bind(id)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(code).collect()
}

/// Writes new proposals.
pub async fn insert_proposals(tx: &mut PgConnection, new: &[Proposal<FindingContent>]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let evidence = |proposal: &Proposal<FindingContent>| joined(&proposal.content.evidence);
    sqlx::query(
        "INSERT INTO finding_proposals (person, finding_id, sha256, at, author, claim_id, ground, fact_seen, verdict, reason, evidence)
         SELECT a, b, c, d::timestamptz, e, f, g, h, i, j, array_remove(string_to_array(k, ' '), '')::uuid[]
         FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::bytea[], $9::text[],
             $10::text[], $11::text[]) AS u (a, b, c, d, e, f, g, h, i, j, k)",
    )
    .bind(new.iter().map(|p| p.person.to_i64()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.id).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.sha256().to_vec()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| from_micros(p.at).map(instant)).collect::<Result<Vec<_>>>()?)
    .bind(new.iter().map(|p| p.author.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.content.claim_id).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.content.ground.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.content.fact_seen.as_slice()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.content.verdict.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.reason.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(evidence).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes new judgements.
pub async fn insert_judgements(tx: &mut PgConnection, new: &[NewJudgement]) -> Result<()> {
    judgements::insert(tx, INSERT_JUDGEMENTS, new).await
}

/// Ids as one text, because `unnest` flattens arrays of arrays.
pub(super) fn joined(ids: &[Uuid]) -> String {
    ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(" ")
}
