//! The month-end role: asks at start and every minute whether a month is due, and closes it unless the brake holds it.

use std::time::Duration;

use super::close::{self, Waiting};
use super::{Error, Result};
use crate::kafka::Broker;
use crate::law::{SolarDate, SolarMonth};
use crate::retry::{Stop, pause_or_stop};
use crate::telemetry::Metrics;
use crate::work::House;
use crate::work::close_month;

const EVERY: Duration = Duration::from_secs(60);

pub async fn run(house: House, broker: Broker, timeout: Duration, mut stop: Stop) -> Result<()> {
    let mut warned = None;
    loop {
        warn_past_tables(&house, &mut warned);
        match ask(&house, &broker, timeout, &stop).await {
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
fn warn_past_tables(house: &House, warned: &mut Option<SolarDate>) {
    let (today, ends) = (house.clock.today(), house.tables.wage_table_ends());
    if today > ends && warned.replace(today) != Some(today) {
        tracing::warn!(%today, %ends, "today lies past the wage table: marriages after its end stay pending until its next row is added");
    }
}

/// True where a month was closed.
async fn ask(house: &House, broker: &Broker, timeout: Duration, stop: &Stop) -> Result<bool> {
    let Some(month) = house.patiently(close_month::due(house)).await? else {
        return Ok(false);
    };
    if let Some(reason) = house.patiently(close_month::held(house, month)).await? {
        tracing::error!(%month, %reason, "ALARM: the month is still held; `peyvand close-month {month} --confirm` closes it");
        return Ok(false);
    }
    let waiting = Waiting { timeout, stop: stop.clone() };
    let offsets = close::wait_for_input(house, broker, month, &waiting).await?;
    if let Some(reason) = close_month::brake(house, month).await? {
        tracing::error!(%month, %reason, "ALARM: the automatic close is held; look at it, then `peyvand close-month {month} --confirm`");
        return Ok(false);
    }
    if !may_close(house, month).await? {
        return Ok(false);
    }
    let closed = close::close_in_span(house, month, &offsets, &|_, _| {}, stop).await?;
    Metrics::global().closes.add(1);
    Metrics::global().documents.add(closed.batch.documents.unsigned_abs());
    tracing::info!(%month, documents = closed.batch.documents, total_rial = closed.batch.total, "the month is closed");
    Ok(true)
}

async fn may_close(house: &House, month: SolarMonth) -> Result<bool> {
    Ok(close_month::check(house, month, false).await??.is_none())
}
