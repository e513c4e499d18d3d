//! Submissions: one row, durable before the receipt is shown, and delivered to its input topic at least once.

use uuid::Uuid;

use crate::app::AppContext;
use crate::failpoint::failpoint;
use crate::ident::NationalCode;
use crate::store::Result;
use crate::store::scope::{PersonScope, ScopedTransaction};
use crate::store::staff_scope::StaffScope;
use crate::store::submissions::{self, NewSubmission, SubmissionReceipt, Undelivered};
use crate::wire::EventType;
use crate::wire::outgoing::event_id;

/// Submissions that one delivery sends.
const PAGE: u32 = 500;

/// The id of a submission. A form that is sent again with the same key has the same id.
pub fn submission_id(ctx: &AppContext, scope: &PersonScope, route: &str, key: &str) -> Uuid {
    id_of(ctx, scope.person(), route, key)
}

/// The id of a submission of a member of staff.
pub fn staff_submission_id(ctx: &AppContext, scope: &StaffScope, route: &str, key: &str) -> Uuid {
    id_of(ctx, scope.officer(), route, key)
}

fn id_of(ctx: &AppContext, sender: NationalCode, route: &str, key: &str) -> Uuid {
    ctx.ids.id("submission", &[&sender.to_string(), route, key])
}

/// The number that the person keeps: twelve digits of the id.
pub fn tracking_number(id: Uuid) -> String {
    let (high, _) = id.as_u64_pair();
    format!("{:012}", high % 1_000_000_000_000)
}

/// The event's id: a delivery that is repeated has the same one.
pub fn submission_event_id(kind: EventType, id: Uuid) -> String {
    event_id(kind, &[&id.to_string()])
}

/// Stores a submission. `None` if its key was used for other content before.
///
/// # Errors
/// If the database does not answer: then it is unknown whether the submission is stored, and the same form may be sent
/// again.
pub async fn submit(
    ctx: &AppContext,
    scope: &PersonScope,
    new: &NewSubmission,
) -> Result<Option<SubmissionReceipt>> {
    ctx.with_timeout(async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        let receipt = submissions::insert(&mut tx, new).await?;
        tx.end().await?;
        Ok(receipt)
    })
    .await
}

/// The oldest submissions that are not known to be in their topics.
///
/// # Errors
/// If the database does not answer.
pub async fn undelivered(ctx: &AppContext) -> Result<Vec<Undelivered>> {
    ctx.with_timeout(async {
        let mut connection = ctx.pool.acquire().await?;
        submissions::undelivered(&mut connection, PAGE, submission_event_id).await
    })
    .await
}

/// Notes that the broker has acknowledged the events of these submissions.
///
/// # Errors
/// If the database does not answer. The submissions are then delivered again.
pub async fn confirm(ctx: &AppContext, ids: &[Uuid]) -> Result<()> {
    ctx.with_timeout(async {
        let mut tx = failpoint!("submissions.begin", ctx.pool.begin().await)?;
        submissions::confirm(&mut tx, ids, ctx.clock.now()).await?;
        failpoint!("submissions.commit", tx.commit().await)?;
        Ok(())
    })
    .await
}

/// Marks the submissions that are durable now.
///
/// # Errors
/// If the database does not answer.
pub async fn last_number(ctx: &AppContext) -> Result<i64> {
    ctx.with_timeout(async { submissions::last_number(&mut *ctx.pool.acquire().await?).await }).await
}

/// How many submissions up to the mark are not in their topics yet.
///
/// # Errors
/// If the database does not answer.
pub async fn undelivered_until(ctx: &AppContext, number: i64) -> Result<i64> {
    ctx.with_timeout(async { submissions::undelivered_until(&mut *ctx.pool.acquire().await?, number).await })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracking_number_has_twelve_digits() {
        let [low, high] = [Uuid::from_u128(0), Uuid::max()].map(tracking_number);
        assert_eq!(low, "000000000000");
        assert!(high.len() == 12 && high.chars().all(|c| c.is_ascii_digit()), "{high}");
    }
}
