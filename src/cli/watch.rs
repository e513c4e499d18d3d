//! The gauges for the exporter: nobody scrapes it, so they are read on a timer.

use std::time::Duration;

use super::{Result, serve};
use crate::kafka::Broker;
use crate::retry::{Stop, pause_or_stop};
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
