//! Closes a month after all input in the topics has a disposition.

use std::time::Duration;

use serde_json::json;

use super::drain::input_ends;
use super::{Error, Result};
use crate::app::close::{self, CloseResult, Confirmation, Progress};
use crate::app::{AppContext, recover};
use crate::kafka::topics::{PartitionLag, PartitionRange};
use crate::kafka::{self, Broker};
use crate::law::SolarMonth;
use crate::retry::{ShutdownSignal, pause_or_stop};
use crate::store::offsets;
use crate::telemetry::trace;

/// Checks that the month may be closed, waits for the input that is in the topics, and closes. For a closed month it
/// returns the existing batches.
///
/// # Errors
/// If a recovery is incomplete, the close is refused, the input has no disposition within `timeout`, or shutdown is
/// requested.
pub async fn close_month(
    ctx: &AppContext,
    broker: &Broker,
    month: SolarMonth,
    confirmation: &Confirmation,
    timeout: Duration,
    stop: &ShutdownSignal,
    progress: Progress<'_>,
) -> Result<CloseResult> {
    recover::refuse_half_recovered(ctx).await?;
    if let Some(close) = close::check(ctx, month, *confirmation != Confirmation::Nothing).await?? {
        return Ok(CloseResult { close, closed_now: false });
    }
    let offsets = wait_for_input(ctx, broker, month, &WaitLimits { timeout, stop: stop.clone() }).await?;
    close_in_span(ctx, month, &offsets, confirmation, progress, stop).await
}

/// Closes the month, in a span of the trace that the outputs of the close carry.
///
/// # Errors
/// If the close fails, or shutdown is requested.
pub async fn close_in_span(
    ctx: &AppContext,
    month: SolarMonth,
    offsets: &str,
    confirmation: &Confirmation,
    progress: Progress<'_>,
    stop: &ShutdownSignal,
) -> Result<CloseResult> {
    let span = trace::close_month(month);
    match close::close(ctx, month, offsets, confirmation, progress, stop).await {
        Ok(Some(closed)) => {
            trace::adopt(&span, &closed.close.traceparent);
            Ok(closed)
        }
        Ok(None) => Err(Error::Interrupted),
        Err(error) => {
            trace::failed(&span);
            Err(error.into())
        }
    }
}

/// How long the close waits for the input, and what ends the wait.
pub struct WaitLimits {
    pub timeout: Duration,
    pub stop: ShutdownSignal,
}

/// Waits until the input that was in the topics at the time of the call has a disposition. Returns the end offsets of
/// that input as JSON.
///
/// # Errors
/// If the wait takes longer than the timeout, or shutdown is requested.
pub async fn wait_for_input(
    ctx: &AppContext,
    broker: &Broker,
    month: SolarMonth,
    waiting: &WaitLimits,
) -> Result<String> {
    let ends = input_ends(ctx, broker).await?;
    let began = ctx.clock.instant();
    let mut stop = waiting.stop.clone();
    loop {
        let offsets = ctx.with_timeout(offsets::all(&ctx.pool)).await?;
        let lag = kafka::topics::lag(&ends, &offsets);
        if lag.is_empty() {
            let reached: Vec<_> = ends
                .iter()
                .map(|PartitionRange { partition: p, end, .. }| json!([p.topic.name(), p.partition, end]))
                .collect();
            return Ok(serde_json::Value::from(reached).to_string());
        }
        if began.elapsed() >= waiting.timeout {
            let behind: Vec<_> = lag
                .iter()
                .map(|PartitionLag { partition: p, messages: n }| {
                    format!("{}/{} by {n}", p.topic.name(), p.partition)
                })
                .collect();
            let behind = behind.join(", ");
            return Err(Error::Failed(format!(
                "{month} is not closed: after {} s ingest is still behind: {behind}. Is `peyvand serve` running with the role intake?",
                waiting.timeout.as_secs()
            )));
        }
        if !pause_or_stop(Duration::from_millis(50), &mut stop).await {
            return Err(Error::Interrupted);
        }
    }
}
