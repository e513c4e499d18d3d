//! Casework of staff: findings, answers to objections, and endings of cases. Each is a submission of the officer who is
//! signed in: no request names an officer, and none can act for another one.
//!
//! What is refused here is refused early, so that an officer learns it at once. Ingest applies the law again to whatever
//! arrives.

mod command;
mod endings;
mod findings;
mod objections;

pub use command::{CaseworkRefusal, Refusable, staff_id};
pub use endings::{NewEnding, StaffCase, case, cases, judge_ending, propose_ending};
pub use findings::{NewFinding, NewRuling, StaffFinding, finding, findings, judge_finding, propose_finding};
pub use objections::{NewClosing, close_objection, queue};

use crate::app::AppContext;
use crate::store::Result;
use crate::store::staff_scope::{StaffScope, StaffTransaction};
use crate::store::submissions::{SubmissionReceipt, staff_by_tracking};

/// The officer's own submission.
///
/// # Errors
/// If the database does not answer.
pub async fn submission(
    ctx: &AppContext,
    scope: &StaffScope,
    tracking: &str,
) -> Result<Option<SubmissionReceipt>> {
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        let found = staff_by_tracking(&mut tx, tracking).await?;
        tx.end().await?;
        Ok(found)
    })
    .await
}
