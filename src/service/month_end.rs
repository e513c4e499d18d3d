//! The month-end role: checks at start and every 60 s whether a month is due, and closes it unless the variance check
//! holds it.

use std::time::Duration;

use super::close::{WaitLimits, close_in_span, wait_for_input};
use super::{Error, Result};
use crate::app::close::Confirmation;
use crate::app::{AppContext, close};
use crate::kafka::Broker;
use crate::law::{SolarDate, SolarMonth};
use crate::retry::{ShutdownSignal, pause_or_stop};
use crate::telemetry::Metrics;

const CHECK_INTERVAL: Duration = Duration::from_secs(60);

pub async fn run(ctx: AppContext, broker: Broker, timeout: Duration, mut stop: ShutdownSignal) -> Result<()> {
    let mut warned = None;
    loop {
        warn_past_tables(&ctx, &mut warned);
        match close_if_due(&ctx, &broker, timeout, &stop).await {
            // The next month may be due, too.
            Ok(true) => continue,
            Ok(false) => {}
            // The next start continues a close that was interrupted.
            Err(Error::Interrupted) if *stop.borrow() => return Ok(()),
            Err(error) => {
                Metrics::global().errors.add(1);
                tracing::error!(%error, "the month was not closed; trying again in 60 s");
            }
        }
        if !pause_or_stop(CHECK_INTERVAL, &mut stop).await {
            return Ok(());
        }
    }
}

/// Warns once a day while the business date is past the end of the wage table.
fn warn_past_tables(ctx: &AppContext, warned: &mut Option<SolarDate>) {
    let today = ctx.clock.today();
    let ends = ctx.tables.wage_table_ends();
    if today > ends && warned.replace(today) != Some(today) {
        tracing::warn!(%today, %ends, "today is past the end of the wage table: marriages after its end stay pending until its next row is added");
    }
}

/// Closes the due month, if there is one and it is not held. Returns true if it closed a month.
async fn close_if_due(
    ctx: &AppContext,
    broker: &Broker,
    timeout: Duration,
    stop: &ShutdownSignal,
) -> Result<bool> {
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
    let closed = close_in_span(ctx, month, &offsets, &Confirmation::Nothing, &|_, _| {}, stop).await?;
    Metrics::global().closes.add(1);
    Metrics::global().documents.add(closed.close.documents().unsigned_abs());
    tracing::info!(%month, documents = closed.close.documents(), total_rial = closed.close.total_rial(), "the month is closed");
    Ok(true)
}

async fn may_close(ctx: &AppContext, month: SolarMonth) -> Result<bool> {
    Ok(close::check(ctx, month, false).await??.is_none())
}
