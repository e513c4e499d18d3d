//! The confirmation of a plan: what a person has confirmed is what is issued, or nothing is.

use super::close_plan::ClosePlan;
use super::forecast::{Forecast, forecast, forecast_on};
use crate::app::AppContext;
use crate::failpoint::failpoint;
use crate::law::SolarMonth;
use crate::store::close_plans::{self, KeptPlan, StoredPlan};
use crate::store::closes::CloseLock;
use crate::store::{Error, Result};

/// The confirmation of a close by a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Confirmation {
    Nothing,
    /// The month is closed although the variance check holds it.
    Hold,
    /// The same, and exactly the plan with this digest is issued.
    Plan(String),
}

/// Plans the close, and keeps the plan so that its digest can be confirmed.
pub async fn planned(ctx: &AppContext, month: SolarMonth) -> Result<Forecast> {
    let forecast = forecast(ctx, month).await?;
    let plan = &forecast.plan;
    let (digest, lines) = (plan.digest(), plan.lines());
    let total_rial = i64::try_from(plan.total_rial).map_err(|_| Error::Unreadable("total of a plan"))?;
    let stored = StoredPlan { digest: &digest, month, total_rial, lines: &lines };
    let mut tx = failpoint!("plan_keep.begin", ctx.pool.begin().await)?;
    close_plans::keep(&mut tx, &stored, ctx.clock.now()).await?;
    failpoint!("plan_keep.commit", tx.commit().await)?;
    Ok(forecast)
}

/// The digest that the close must have: the one of this call, or of the call that an interruption has ended.
pub(super) async fn wanted(
    lock: &mut CloseLock,
    month: SolarMonth,
    confirmation: &Confirmation,
) -> Result<Option<String>> {
    if let Confirmation::Plan(digest) = confirmation {
        return Ok(Some(digest.clone()));
    }
    let mut tx = failpoint!("close_confirmed.begin", lock.begin().await)?;
    let stored = close_plans::confirmed(&mut tx, month).await?;
    failpoint!("close_confirmed.commit", tx.commit().await)?;
    Ok(stored)
}

/// Pauses ingest for the rest of the session of `lock`, and compares the plan with the digest.
///
/// # Errors
/// [`Error::Refused`] if the plan has another digest.
pub(super) async fn compare(
    ctx: &AppContext,
    lock: &mut CloseLock,
    month: SolarMonth,
    digest: &str,
) -> Result<()> {
    ctx.with_timeout(lock.pause_input()).await?;
    let mut tx = failpoint!("close_compare.begin", lock.begin().await)?;
    let now = forecast_on(&mut tx, ctx, month).await?.plan;
    let stored = close_plans::find(&mut tx, month, digest).await?;
    failpoint!("close_compare.commit", tx.commit().await)?;
    if now.digest() == digest { Ok(()) } else { Err(Error::Refused(difference(&now, digest, stored)?)) }
}

fn difference(now: &ClosePlan, digest: &str, stored: Option<KeptPlan>) -> Result<String> {
    let (month, documents, total, is) = (now.month, now.documents(), now.total_rial, now.digest());
    let Some(then) = stored else {
        return Ok(format!(
            "{month} is not closed: no dry run of this month has shown the digest {digest}; the plan is now {documents} documents of {total} rials with the digest {is}: check it with --dry-run, then confirm its digest"
        ));
    };
    let then = ClosePlan::from_lines(month, then.total_rial.unsigned_abs(), &then.lines)?;
    let differs = now.difference(&then);
    Ok(format!(
        "{month} is not closed: the plan has changed since {digest} was shown. Then {} documents of {} rials, now {documents} of {total}: {} added, {} gone, {} with another amount, Sheba or cost centre. The digest is now {is}: check the plan with --dry-run, then confirm its digest",
        then.documents(),
        then.total_rial,
        differs.added,
        differs.gone,
        differs.changed
    ))
}
