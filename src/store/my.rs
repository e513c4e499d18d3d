//! What one insured person may read: rows of that person alone.
//!
//! Every statement filters by the person, and names only `claims`, `decisions`, `documents`, `payment_outcomes`,
//! `messages` and `cases`, so that it also works where row-level security limits these tables to the person. No column
//! of the spouse is read.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::cases::{self, CaseOfPerson};
use super::decisions::{DecisionRow, RawDecisionRow, read};
use super::payments::FinanceAnswer;
use super::person_file::{self, DocumentRow, MessageRow};
use super::{Error, PgConnection, Result, from_micros, parsed, rial};
use crate::claim::{Benefit, IdKey, Outcome, ReasonCode};
use crate::ident::NationalCode;
use crate::law::{Rial, SolarDate};

/// A claim as its own person sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnClaim {
    pub claim_id: Uuid,
    pub benefit: Benefit,
    pub deed_date: SolarDate,
    /// Whether a row of the registry states the marriage.
    pub in_registry: bool,
    /// Whether the person registered it.
    pub self_registered: bool,
    pub withdrawn: bool,
    pub revision: i32,
    pub outcome: Outcome,
    pub amount: Option<Rial>,
    /// In the order of precedence.
    pub reasons: Vec<ReasonCode>,
    pub decision_id: Uuid,
}

/// What the portal shows about one person's claims.
pub struct OwnRows {
    /// The latest deed date first.
    pub claims: Vec<OwnClaim>,
    /// Every revision of every claim, ascending.
    pub decisions: Vec<DecisionRow>,
    pub documents: Vec<DocumentRow>,
    /// By instant, then by offset: the last answer about a document is valid.
    pub answers: Vec<FinanceAnswer>,
    pub messages: Vec<MessageRow>,
    pub cases: Vec<CaseOfPerson>,
}

/// Reads the rows of `person`. The caller's transaction must be REPEATABLE READ, so that all rows are of one moment.
///
/// # Errors
/// If the database fails or a stored value cannot be read.
pub async fn load(tx: &mut PgConnection, person: NationalCode, ids: &IdKey) -> Result<OwnRows> {
    let claims = claims(tx, person).await?;
    Ok(OwnRows {
        decisions: decisions(tx, person, &claims, ids).await?,
        documents: person_file::documents(tx, person).await?,
        answers: answers(tx, person).await?,
        messages: person_file::messages(tx, person).await?,
        cases: cases::of_persons(tx, &[person]).await?,
        claims,
    })
}

#[derive(FromRow)]
struct RawOwnClaim {
    claim_id: Uuid,
    benefit: String,
    deed_date: String,
    in_registry: bool,
    self_registered: bool,
    withdrawn: bool,
    revision: i32,
    outcome: String,
    amount: Option<i64>,
    reasons: Vec<String>,
    decision_id: Uuid,
}

impl TryFrom<RawOwnClaim> for OwnClaim {
    type Error = Error;

    fn try_from(row: RawOwnClaim) -> Result<Self> {
        Ok(Self {
            claim_id: row.claim_id,
            benefit: parsed(&row.benefit, "benefit")?,
            deed_date: parsed(&row.deed_date, "deed date")?,
            in_registry: row.in_registry,
            self_registered: row.self_registered,
            withdrawn: row.withdrawn,
            revision: row.revision,
            outcome: parsed(&row.outcome, "outcome")?,
            amount: row.amount.map(rial).transpose()?,
            reasons: row.reasons.iter().map(|code| parsed(code, "reason")).collect::<Result<_>>()?,
            decision_id: row.decision_id,
        })
    }
}

async fn claims(tx: &mut PgConnection, person: NationalCode) -> Result<Vec<OwnClaim>> {
    let rows: Vec<RawOwnClaim> = sqlx::query_as(
        "SELECT claim_id, benefit, deed_date, record_id IS NOT NULL AS in_registry, request_id IS NOT NULL AS self_registered,
             withdrawn, revision, outcome, amount, reasons, decision_id
         FROM claims WHERE person = $1 ORDER BY deed_date DESC, benefit, claim_id",
    )
    .bind(person.to_i64())
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(OwnClaim::try_from).collect()
}

/// No index leads from a claim to its decisions: their ids are derived and found by the primary key. The join keeps out
/// decisions of another person, also where row-level security does not apply.
async fn decisions(
    tx: &mut PgConnection,
    person: NationalCode,
    claims: &[OwnClaim],
    ids: &IdKey,
) -> Result<Vec<DecisionRow>> {
    let mut wanted = Vec::new();
    for claim in claims {
        wanted.extend((1..=claim.revision).map(|revision| ids.decision(claim.claim_id, revision)));
    }
    let rows: Vec<RawDecisionRow> = sqlx::query_as(
        "SELECT d.decision_id, d.claim_id, d.revision, d.outcome, d.amount, d.reasons, d.days, d.wage_sum, d.facts,
             d.content_digest, d.rules_version, d.tables_version, d.business_date,
             (extract(epoch FROM d.decided_at) * 1000000)::bigint AS decided_us
         FROM decisions d JOIN claims c ON c.claim_id = d.claim_id
         WHERE c.person = $1 AND d.decision_id = ANY($2) ORDER BY d.claim_id, d.revision",
    )
    .bind(person.to_i64())
    .bind(wanted)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(read).collect()
}

#[derive(FromRow)]
struct RawAnswer {
    document_id: String,
    at_us: i64,
    outcome: String,
    code: Option<String>,
    source_offset: i64,
}

async fn answers(tx: &mut PgConnection, person: NationalCode) -> Result<Vec<FinanceAnswer>> {
    let rows: Vec<RawAnswer> = sqlx::query_as(
        "SELECT o.document_id, (extract(epoch FROM o.at) * 1000000)::bigint AS at_us, o.outcome, o.code, o.source_offset
         FROM payment_outcomes o JOIN documents d ON d.document_id = o.document_id
         WHERE d.person = $1 ORDER BY o.at, o.source_offset",
    )
    .bind(person.to_i64())
    .fetch_all(tx)
    .await?;
    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        let answered_at: Timestamp = from_micros(row.at_us)?;
        answers.push(FinanceAnswer {
            document_id: row.document_id,
            answered_at,
            outcome: parsed(&row.outcome, "outcome")?,
            code: row.code,
            source_offset: row.source_offset,
        });
    }
    Ok(answers)
}
