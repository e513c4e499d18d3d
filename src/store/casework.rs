//! What staff read about findings, objections and cases. Row-level security limits every statement to the scope of the
//! transaction.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::staff_scope::StaffTransaction;
use super::{Result, code, from_micros, instant, rial};
use crate::ident::NationalCode;
use crate::law::Rial;

/// The person of a claim.
pub async fn person_of_claim(tx: &mut StaffTransaction, claim_id: Uuid) -> Result<Option<NationalCode>> {
    let query = sqlx::query_scalar("SELECT person FROM claims WHERE claim_id = $1 LIMIT 1");
    let found: Option<i64> = query.bind(claim_id).fetch_optional(&mut **tx).await?;
    found.map(code).transpose()
}

/// The person about whom the finding was proposed.
pub async fn person_of_finding(tx: &mut StaffTransaction, finding_id: Uuid) -> Result<Option<NationalCode>> {
    let query = sqlx::query_scalar(
        "SELECT person FROM finding_proposals WHERE finding_id = $1 ORDER BY person LIMIT 1",
    );
    let found: Option<i64> = query.bind(finding_id).fetch_optional(&mut **tx).await?;
    found.map(code).transpose()
}

/// The person who has submitted the objection.
pub async fn person_of_objection(
    tx: &mut StaffTransaction,
    objection_id: Uuid,
) -> Result<Option<NationalCode>> {
    let query = sqlx::query_scalar(
        "SELECT person FROM objections WHERE objection_id = $1 AND submitted_at IS NOT NULL ORDER BY person LIMIT 1",
    );
    let found: Option<i64> = query.bind(objection_id).fetch_optional(&mut **tx).await?;
    found.map(code).transpose()
}

/// The persons of the findings after this id, in the order of ids. `open` leaves out findings with a judgement.
pub async fn findings_after(
    tx: &mut StaffTransaction,
    after: Option<Uuid>,
    open: bool,
    limit: u32,
) -> Result<Vec<(Uuid, NationalCode)>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT DISTINCT p.finding_id, p.person FROM finding_proposals p
         WHERE ($1::uuid IS NULL OR p.finding_id > $1) AND (NOT $2 OR NOT EXISTS (
             SELECT FROM finding_judgements j WHERE j.person = p.person AND j.finding_id = p.finding_id
                 AND j.proposal_sha256 = p.sha256 AND j.author = p.author AND j.approver <> p.author))
         ORDER BY p.finding_id, p.person LIMIT $3",
    )
    .bind(after)
    .bind(open)
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, person) in rows {
        found.push((id, code(person)?));
    }
    Ok(found)
}

/// An open objection as the queue shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueuedObjection {
    pub objection_id: Uuid,
    pub claim_id: Uuid,
    pub disputed: String,
    pub submitted_at: Timestamp,
    pub pictures: u32,
}

/// A place in a queue: the instant, then the id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueuePlace {
    pub at: Timestamp,
    pub id: Uuid,
}

/// The open objections behind this place, the oldest first.
pub async fn objections_after(
    tx: &mut StaffTransaction,
    after: Option<QueuePlace>,
    limit: u32,
) -> Result<Vec<QueuedObjection>> {
    let rows: Vec<(Uuid, Uuid, String, i64, i64)> = sqlx::query_as(
        "SELECT o.objection_id, o.claim_id, o.disputed, (extract(epoch FROM o.submitted_at) * 1000000)::bigint,
             (SELECT count(*) FROM objection_pictures p WHERE p.person = o.person AND p.objection_id = o.objection_id)
         FROM objections o
         WHERE o.answered_at IS NULL AND NOT o.withdrawn AND o.submitted_at IS NOT NULL
             AND ($1::timestamptz IS NULL OR (o.submitted_at, o.objection_id) > ($1::timestamptz, $2::uuid))
         ORDER BY o.submitted_at, o.objection_id LIMIT $3",
    )
    .bind(after.map(|place| instant(place.at)))
    .bind(after.map(|place| place.id))
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for (objection_id, claim_id, disputed, submitted, pictures) in rows {
        let submitted_at = from_micros(submitted)?;
        let pictures = u32::try_from(pictures).unwrap_or(u32::MAX);
        found.push(QueuedObjection { objection_id, claim_id, disputed, submitted_at, pictures });
    }
    Ok(found)
}

/// The pictures of the objections against a claim, which a finding about it may name.
pub async fn pictures_of_claim(
    tx: &mut StaffTransaction,
    person: NationalCode,
    claim_id: Uuid,
) -> Result<Vec<Uuid>> {
    let query = sqlx::query_scalar(
        "SELECT p.picture_id FROM objection_pictures p JOIN objections o
             ON o.person = p.person AND o.objection_id = p.objection_id
         WHERE p.person = $1 AND o.claim_id = $2 ORDER BY p.picture_id",
    );
    Ok(query.bind(person.to_i64()).bind(claim_id).fetch_all(&mut **tx).await?)
}

/// A case of the scope, with what its document says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseInScope {
    pub case_id: Uuid,
    pub person: NationalCode,
    /// The amount of the document.
    pub amount: Rial,
    pub document_is_returned: bool,
}

#[derive(FromRow)]
struct CaseRow {
    case_id: Uuid,
    person: i64,
    amount: i64,
    is_returned: bool,
}

impl CaseRow {
    fn case(self) -> Result<CaseInScope> {
        Ok(CaseInScope {
            case_id: self.case_id,
            person: code(self.person)?,
            amount: rial(self.amount)?,
            document_is_returned: self.is_returned,
        })
    }
}

/// The case with this id.
pub async fn case(tx: &mut StaffTransaction, case_id: Uuid) -> Result<Option<CaseInScope>> {
    let row: Option<CaseRow> = sqlx::query_as(
        "SELECT c.case_id, c.person, d.amount, coalesce(d.state = 'returned', false) AS is_returned
         FROM cases c JOIN documents d ON d.document_id = c.document_id WHERE c.case_id = $1",
    )
    .bind(case_id)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(CaseRow::case).transpose()
}

/// The cases behind this place, the oldest first. `open` leaves out those that officers ended and those whose cause is gone.
pub async fn cases_after(
    tx: &mut StaffTransaction,
    after: Option<QueuePlace>,
    open: bool,
    limit: u32,
) -> Result<Vec<CaseInScope>> {
    let rows: Vec<CaseRow> = sqlx::query_as(
        "SELECT c.case_id, c.person, d.amount, coalesce(d.state = 'returned', false) AS is_returned
         FROM cases c JOIN documents d ON d.document_id = c.document_id
         WHERE ($1::timestamptz IS NULL OR (c.opened_at, c.case_id) > ($1::timestamptz, $2::uuid))
             AND (NOT $3 OR (c.closed_at IS NULL AND c.gone_at IS NULL))
         ORDER BY c.opened_at, c.case_id LIMIT $4",
    )
    .bind(after.map(|place| instant(place.at)))
    .bind(after.map(|place| place.id))
    .bind(open)
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(CaseRow::case).collect()
}
