//! The writing half of the intake: batches go into the database, one after the other in each lane.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::poison_isolation::{NextStep, PoisonIsolation};
use super::{ConsumerRole, SessionState};
use crate::app::ingest::{RecordBatch, apply_batch};
use crate::kafka::client::Broker;
use crate::kafka::{Error, Result};
use crate::retry::{Policy, RetryError, Retryability, ShutdownSignal, retry};
use crate::store;
use crate::telemetry::trace;

/// Errors that may pass are tried until they do: a batch is never skipped.
pub async fn write_batches(
    intake: Arc<ConsumerRole>,
    shared: Arc<SessionState>,
    mut receive: mpsc::Receiver<(u64, RecordBatch)>,
    stop: ShutdownSignal,
) -> Result<()> {
    // A stop ends the gathering; what was gathered is still written, unless the database is away for too long.
    let (end, grace) = tokio::sync::watch::channel(false);
    let (mut stopping, allowed) = (stop.clone(), intake.grace);
    let ending = tokio::spawn(async move {
        crate::retry::shutdown_requested(&mut stopping).await;
        tokio::time::sleep(allowed).await;
        let _ = end.send(true);
    });
    while let Some((epoch, batch)) = receive.recv().await {
        if epoch != shared.epoch.load(Ordering::Acquire) {
            continue;
        }
        if let Err(error) = write_isolating_poison(&intake, &shared.suspects, batch, &grace).await {
            (intake.failed)();
            // Reading again within this session mends neither.
            if let RetryError::Rejected(
                error @ (store::Error::QueryTimeout(_) | store::Error::Invariant(_)),
            ) = error
            {
                ending.abort();
                return Err(Error::Store(error));
            }
            tracing::warn!(%error, "a batch was given back; the input is read again from where the database stands");
            shared.epoch.fetch_add(1, Ordering::AcqRel);
            shared.rewind.store(true, Ordering::Release);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    ending.abort();
    Ok(())
}

/// Writes a batch. One that the database refuses for what it holds is taken apart, down to the message that is refused
/// alone: that becomes a dead letter, and no other message waits for it.
async fn write_isolating_poison(
    intake: &ConsumerRole,
    suspects: &PoisonIsolation,
    batch: RecordBatch,
    grace: &ShutdownSignal,
) -> std::result::Result<(), RetryError<store::Error>> {
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        let began = intake.ctx.clock.instant();
        let write = || intake.ctx.with_timeout(apply_batch(&intake.ctx, &part));
        let classify = |error: &store::Error| {
            if error.is_transient() { Retryability::Retry } else { Retryability::Reject }
        };
        let notify = |error: &store::Error, pause: Duration| {
            (intake.failed)();
            tracing::warn!(%error, ?pause, "a batch could not be written; trying again");
        };
        let span = span_of(&intake.broker, &part);
        let outcome = retry(Policy::FOREVER, grace, write, classify, notify).instrument(span.clone()).await;
        let error = match outcome {
            Ok(done) => {
                (intake.counts)(&done, began.elapsed());
                continue;
            }
            Err(error) => error,
        };
        trace::failed(&span);
        match error {
            RetryError::Rejected(told) if told.is_data_error() => match suspects.isolate(part) {
                NextStep::Write(smaller) => parts.extend(smaller.into_iter().rev()),
                NextStep::ReadAgain => return Err(RetryError::Rejected(told)),
            },
            error => return Err(error),
        }
    }
    Ok(())
}

fn span_of(broker: &Broker, batch: &RecordBatch) -> tracing::Span {
    let topics = || batch.advances.iter().map(|advance| advance.partition.topic);
    let first = topics().next();
    let topic = first.filter(|first| topics().all(|topic| topic == *first)).map(|topic| broker.name(topic));
    let threads = batch.records.iter().filter_map(|taken| taken.event()?.traceparent.as_deref());
    trace::process(topic.as_deref(), &broker.client_name("intake"), batch.records.len(), threads)
}
