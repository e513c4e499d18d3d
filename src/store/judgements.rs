//! What second officers said about findings and about ends of cases. A row is written once and never changed.

use sqlx::FromRow;
use uuid::Uuid;

use super::{PgConnection, Result, digest, from_micros, instant, numbers, parsed};
use crate::claim::review::{Judgement, Ruling};
use crate::ident::NationalCode;

/// A judgement of a finding or of the end of a case.
pub struct NewJudgement {
    pub person: NationalCode,
    /// The id of the finding or of the case.
    pub id: Uuid,
    pub judgement: Judgement,
}

#[derive(FromRow)]
pub(super) struct JudgementRow {
    pub(super) person: i64,
    pub(super) id: Uuid,
    proposal_sha256: Vec<u8>,
    at_us: i64,
    approved: bool,
    approver: String,
    author: String,
    judged_on: String,
    reason: String,
}

impl JudgementRow {
    pub(super) fn judgement(self) -> Result<Judgement> {
        Ok(Judgement {
            at: self.at_us,
            ruling: if self.approved { Ruling::Approved } else { Ruling::Rejected },
            proposal_sha256: digest(&self.proposal_sha256)?,
            approver: self.approver,
            author: self.author,
            on: parsed(&self.judged_on, "day of a judgement")?,
            reason: self.reason,
        })
    }
}

/// The judgements about these persons. `statement` selects the columns of [`JudgementRow`].
pub(super) async fn of_persons(
    tx: &mut PgConnection,
    statement: &'static str,
    codes: &[NationalCode],
) -> Result<Vec<JudgementRow>> {
    Ok(sqlx::query_as(statement).bind(numbers(codes)).fetch_all(tx).await?)
}

/// Writes new judgements with this statement.
pub(super) async fn insert(
    tx: &mut PgConnection,
    statement: &'static str,
    new: &[NewJudgement],
) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let judgements: Vec<_> = new.iter().map(|row| &row.judgement).collect();
    sqlx::query(statement)
        .bind(new.iter().map(|row| row.person.to_i64()).collect::<Vec<_>>())
        .bind(new.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(judgements.iter().map(|j| j.sha256().to_vec()).collect::<Vec<_>>())
        .bind(judgements.iter().map(|j| j.proposal_sha256.as_slice()).collect::<Vec<_>>())
        .bind(judgements.iter().map(|j| from_micros(j.at).map(instant)).collect::<Result<Vec<_>>>()?)
        .bind(judgements.iter().map(|j| j.ruling == Ruling::Approved).collect::<Vec<_>>())
        .bind(judgements.iter().map(|j| j.approver.as_str()).collect::<Vec<_>>())
        .bind(judgements.iter().map(|j| j.author.as_str()).collect::<Vec<_>>())
        .bind(judgements.iter().map(|j| j.on.to_string()).collect::<Vec<_>>())
        .bind(judgements.iter().map(|j| j.reason.as_str()).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}
