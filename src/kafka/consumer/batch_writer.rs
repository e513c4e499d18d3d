//! The writing half of ingest: each writer applies the batches of its queue to the database, one after the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::poison_isolation::{NextStep, PoisonIsolation};
use super::{ConsumerRole, SessionState, misrouted};
use crate::app::ingest::{RecordBatch, apply_batch};
use crate::kafka::client::Broker;
use crate::kafka::{Error, Result};
use crate::retry::{Policy, RetryError, Retryability, ShutdownSignal, retry};
use crate::store;
use crate::telemetry::trace;

/// Writes batches until the queue is closed. A transient error is retried until the write succeeds: a batch is never
/// skipped.
///
/// # Errors
/// On a query timeout or a violated invariant, which a rewind within this session does not resolve.
pub async fn write_batches(
    intake: Arc<ConsumerRole>,
    shared: Arc<SessionState>,
    mut receive: mpsc::Receiver<(u64, RecordBatch)>,
    stop: ShutdownSignal,
) -> Result<()> {
    // After a shutdown signal no more records are collected. The collected batches are still written, unless the
    // database is unavailable for longer than the grace period.
    let (end, grace_over) = tokio::sync::watch::channel(false);
    let mut shutdown = stop.clone();
    let grace = intake.grace;
    let grace_timer = tokio::spawn(async move {
        crate::retry::shutdown_requested(&mut shutdown).await;
        tokio::time::sleep(grace).await;
        let _ = end.send(true);
    });
    while let Some((epoch, batch)) = receive.recv().await {
        if epoch != shared.epoch.load(Ordering::Acquire) {
            continue;
        }
        if let Err(error) =
            write_isolating_poison(&intake, &shared.poison_isolation, batch, &grace_over).await
        {
            (intake.failed)();
            // A rewind within this session resolves neither of these two.
            if let RetryError::Rejected(
                error @ (store::Error::QueryTimeout(_) | store::Error::Invariant(_)),
            ) = error
            {
                grace_timer.abort();
                return Err(Error::Store(error));
            }
            tracing::warn!(%error, "a batch was not written; the input is read again from the offsets in the database");
            shared.epoch.fetch_add(1, Ordering::AcqRel);
            shared.rewind.store(true, Ordering::Release);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    grace_timer.abort();
    Ok(())
}

/// Writes a batch. A batch whose data the database refuses is bisected, down to the one message that is refused alone.
/// That message becomes a dead letter, and no other message waits for it.
async fn write_isolating_poison(
    intake: &ConsumerRole,
    poison_isolation: &PoisonIsolation,
    batch: RecordBatch,
    grace_over: &ShutdownSignal,
) -> std::result::Result<(), RetryError<store::Error>> {
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        let began = intake.ctx.clock.instant();
        let span = span_of(&intake.broker, &part);
        let outcome = retry(
            Policy::FOREVER,
            grace_over,
            || intake.ctx.with_timeout(apply_batch(&intake.ctx, &part)),
            classify,
            |error, pause| {
                (intake.failed)();
                tracing::warn!(%error, ?pause, "a batch could not be written; trying again");
            },
        );
        let outcome = outcome.instrument(span.clone()).await;
        let error = match outcome {
            Ok(done) => {
                (intake.counts)(&done, began.elapsed());
                misrouted::count(&part, intake.ctx.clock.instant());
                continue;
            }
            Err(error) => error,
        };
        trace::failed(&span);
        match error {
            RetryError::Rejected(error) if error.is_data_error() => match poison_isolation.isolate(part) {
                NextStep::Write(smaller) => parts.extend(smaller.into_iter().rev()),
                NextStep::ReadAgain => return Err(RetryError::Rejected(error)),
            },
            error => return Err(error),
        }
    }
    Ok(())
}

fn classify(error: &store::Error) -> Retryability {
    if error.is_transient() { Retryability::Retry } else { Retryability::Reject }
}

fn span_of(broker: &Broker, batch: &RecordBatch) -> tracing::Span {
    let topics: BTreeSet<_> = batch.advances.iter().map(|advance| advance.partition.topic).collect();
    let topic = topics.first().filter(|_| topics.len() == 1).map(|topic| broker.name(*topic));
    let traces = batch.records.iter().filter_map(|record| record.event()?.traceparent.as_deref());
    trace::process(topic.as_deref(), &broker.client_name("intake"), batch.records.len(), traces)
}
