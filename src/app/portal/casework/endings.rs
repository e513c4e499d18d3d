//! Endings of cases. Only officers end a case.

use uuid::Uuid;

use super::command::{CaseworkRefusal, Command, Refusable, field};
use crate::app::AppContext;
use crate::claim::canonical::CanonicalHash;
use crate::claim::case_ending::allowed_outcomes;
use crate::claim::codes::EndingOutcome;
use crate::law::Rial;
use crate::store::Result;
use crate::store::casework::{self, OpenCase, QueuePlace};
use crate::store::staff_scope::{StaffScope, StaffTransaction};
use crate::store::submissions::SubmissionReceipt;
use crate::wire::EventType;
use crate::wire::casework_findings_v1::EndingProposed;

const PROPOSE: &str = "/api/v1/cases/endings";

/// The end that an officer proposes.
#[derive(Clone)]
pub struct NewEnding {
    pub case_id: Uuid,
    pub outcome: EndingOutcome,
    pub amount: Option<Rial>,
    pub reason: String,
}

impl NewEnding {
    fn digest(&self) -> [u8; 32] {
        CanonicalHash::default()
            .field(&self.case_id.to_string())
            .field(self.outcome.as_str())
            .field(&self.amount.map(|amount| amount.to_string()).unwrap_or_default())
            .field(&self.reason)
            .finish()
    }
}

/// The open cases of the scope, the oldest first. The list shows nobody's file, so no opening is recorded.
///
/// # Errors
/// If the database does not answer.
pub async fn cases(
    ctx: &AppContext,
    scope: &StaffScope,
    after: Option<QueuePlace>,
    limit: u32,
) -> Result<Vec<OpenCase>> {
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        let found = casework::cases_after(&mut tx, after, limit).await?;
        tx.end().await?;
        Ok(found)
    })
    .await
}

/// Stores the proposal of an end.
///
/// # Errors
/// If the database does not answer.
pub async fn propose_ending(
    ctx: &AppContext,
    scope: &StaffScope,
    key: &str,
    new: &NewEnding,
) -> Refusable<SubmissionReceipt> {
    let command = Command::new(ctx, scope, PROPOSE, key, new.digest());
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        if let Some(before) = command.before(&mut tx).await? {
            return Ok(before);
        }
        let Some(case) = casework::open_case(&mut tx, new.case_id).await? else {
            return Ok(Err(CaseworkRefusal::NotFound));
        };
        let data = EndingProposed {
            case_id: new.case_id,
            at: command.at,
            author: command.officer.clone(),
            national_code: case.person,
            outcome: new.outcome,
            amount_rial: new.amount,
            reason: new.reason.clone(),
        };
        if let Err(refusal) = permitted(&case, &data) {
            return Ok(Err(refusal));
        }
        command.store(tx, EventType::EndingProposed, case.person, &data).await
    })
    .await
}

fn permitted(case: &OpenCase, data: &EndingProposed) -> std::result::Result<(), CaseworkRefusal> {
    if !allowed_outcomes(case.kind, case.document_is_returned).contains(&data.outcome) {
        return Err(CaseworkRefusal::NotAllowed);
    }
    if let Err(fault) = data.check() {
        let reason = fault.of_field().map_or("wrong_form", |(_, reason)| reason);
        return Err(field("amount_rial", reason));
    }
    // A recovery cannot take more than was paid.
    if data.outcome == EndingOutcome::RecoveryOrdered
        && data.amount_rial.is_some_and(|amount| amount > case.amount)
    {
        return Err(field("amount_rial", "too_large"));
    }
    Ok(())
}
