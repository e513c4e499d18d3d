//! The month-end role: asks at start and every minute whether a month is due, and closes it unless the brake holds it.

use std::time::Duration;

use super::close::{WaitLimits, close_in_span, wait_for_input};
use super::{Error, Result};
use crate::app::{AppContext, close};
use crate::kafka::Broker;
use crate::law::{SolarDate, SolarMonth};
use crate::retry::{ShutdownSignal, pause_or_stop};
use crate::telemetry::Metrics;

const EVERY: Duration = Duration::from_secs(60);

pub async fn run(ctx: AppContext, broker: Broker, timeout: Duration, mut stop: ShutdownSignal) -> Result<()> {
    let mut warned = None;
    loop {
        warn_past_tables(&ctx, &mut warned);
        match ask(&ctx, &broker, timeout, &stop).await {
            // Another month may be due right after.
            Ok(true) => continue,
            Ok(false) => {}
            // A close that was begun is gone on with at the next start.
            Err(Error::Interrupted) if *stop.borrow() => return Ok(()),
            Err(error) => {
                Metrics::global().errors.add(1);
                tracing::error!(%error, "the month was not closed; asking again in a minute");
            }
        }
        if !pause_or_stop(EVERY, &mut stop).await {
            return Ok(());
        }
    }
}

/// Said once a day, for as long as it is so.
fn warn_past_tables(ctx: &AppContext, warned: &mut Option<SolarDate>) {
    let (today, ends) = (ctx.clock.today(), ctx.tables.wage_table_ends());
    if today > ends && warned.replace(today) != Some(today) {
        tracing::warn!(%today, %ends, "today lies past the wage table: marriages after its end stay pending until its next row is added");
    }
}

/// True where a month was closed.
async fn ask(ctx: &AppContext, broker: &Broker, timeout: Duration, stop: &ShutdownSignal) -> Result<bool> {
    let Some(month) = ctx.with_timeout(close::due(ctx)).await? else {
        return Ok(false);
    };
    if let Some(reason) = ctx.with_timeout(close::hold_reason(ctx, month)).await? {
        tracing::error!(%month, %reason, "ALARM: the month is still held; `peyvand close-month {month} --confirm` closes it");
        return Ok(false);
    }
    let waiting = WaitLimits { timeout, stop: stop.clone() };
    let offsets = wait_for_input(ctx, broker, month, &waiting).await?;
    if let Some(reason) = close::variance_check(ctx, month).await? {
        tracing::error!(%month, %reason, "ALARM: the automatic close is held; look at it, then `peyvand close-month {month} --confirm`");
        return Ok(false);
    }
    if !may_close(ctx, month).await? {
        return Ok(false);
    }
    let closed = close_in_span(ctx, month, &offsets, &|_, _| {}, stop).await?;
    Metrics::global().closes.add(1);
    Metrics::global().documents.add(closed.batch.documents.unsigned_abs());
    tracing::info!(%month, documents = closed.batch.documents, total_rial = closed.batch.total, "the month is closed");
    Ok(true)
}

async fn may_close(ctx: &AppContext, month: SolarMonth) -> Result<bool> {
    Ok(close::check(ctx, month, false).await??.is_none())
}
