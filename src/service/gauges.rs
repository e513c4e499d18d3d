//! What is read on a timer: the gauges for the exporter, which nobody scrapes, and files that lack rows.

use std::time::Duration;

use super::{Result, serve};
use crate::kafka::Broker;
use crate::retry::{Stop, pause_or_stop};
use crate::store::files;
use crate::telemetry::Metrics;
use crate::work::House;

const EVERY: Duration = Duration::from_secs(15);

/// Reads them until told to stop. What cannot be read stays as it was last: the exporter says nothing before the first time.
pub async fn run(house: House, broker: Broker, unanswered_days: u16, mut stop: Stop) -> Result<()> {
    loop {
        match serve::gauges(&house, broker.clone(), unanswered_days).await {
            Ok(gauges) => Metrics::global().set_gauges(gauges),
            Err(error) => tracing::debug!(%error, "the gauges could not be read"),
        }
        if !pause_or_stop(EVERY, &mut stop).await {
            return Ok(());
        }
    }
}

const LOOK_FOR_FILES_EVERY: Duration = Duration::from_secs(60);

/// Raises the alarm where files were closed and still lack rows, each time their number changes.
pub async fn incomplete_files(house: House, mut stop: Stop) -> Result<()> {
    let mut known = 0;
    while pause_or_stop(LOOK_FOR_FILES_EVERY, &mut stop).await {
        match count_incomplete(&house).await {
            Ok(files) if files != known => {
                known = files;
                if files > 0 {
                    tracing::error!(files, "ALARM: published files lack rows; `peyvand status` names them");
                }
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "it is not known whether files lack rows"),
        }
    }
    Ok(())
}

async fn count_incomplete(house: &House) -> crate::store::Result<i64> {
    house.patiently(async { files::count_incomplete(&mut *house.pool.acquire().await?).await }).await
}
