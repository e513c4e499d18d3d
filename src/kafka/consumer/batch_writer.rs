//! The writing half of the intake: batches go into the database, one after the other in each lane.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::client::Broker;
use super::intake::{Intake, Shared};
use super::suspects::{Next, Suspects};
use super::{Error, Result};
use crate::retry::{GaveUp, Policy, Stop, Verdict, retry};
use crate::store;
use crate::telemetry::trace;
use crate::work::take_in::{Batch, take_in};

/// Errors that may pass are tried until they do: a batch is never skipped.
pub async fn write_batches(
    intake: Arc<Intake>,
    shared: Arc<Shared>,
    mut receive: mpsc::Receiver<(u64, Batch)>,
    stop: Stop,
) -> Result<()> {
    // A stop ends the gathering; what was gathered is still written, unless the database is away for too long.
    let (end, grace) = tokio::sync::watch::channel(false);
    let (mut stopping, allowed) = (stop.clone(), intake.grace);
    let ending = tokio::spawn(async move {
        crate::retry::stopped(&mut stopping).await;
        tokio::time::sleep(allowed).await;
        let _ = end.send(true);
    });
    while let Some((epoch, batch)) = receive.recv().await {
        if epoch != shared.epoch.load(Ordering::Acquire) {
            continue;
        }
        if let Err(error) = write_in_parts(&intake, &shared.suspects, batch, &grace).await {
            (intake.failed)();
            // Reading again within this session mends neither.
            if let GaveUp::Rejected(error @ (store::Error::Silent(_) | store::Error::Invariant(_))) = error {
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
async fn write_in_parts(
    intake: &Intake,
    suspects: &Suspects,
    batch: Batch,
    grace: &Stop,
) -> std::result::Result<(), GaveUp<store::Error>> {
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        let began = intake.house.clock.instant();
        let write = || intake.house.patiently(take_in(&intake.house, &part));
        let classify = |error: &store::Error| {
            if error.may_pass() { Verdict::Retry } else { Verdict::Reject }
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
            GaveUp::Rejected(told) if told.is_of_data() => match suspects.part(part) {
                Next::Write(smaller) => parts.extend(smaller.into_iter().rev()),
                Next::ReadAgain => return Err(GaveUp::Rejected(told)),
            },
            error => return Err(error),
        }
    }
    Ok(())
}

fn span_of(broker: &Broker, batch: &Batch) -> tracing::Span {
    let topics = || batch.advances.iter().map(|advance| advance.partition.topic);
    let first = topics().next();
    let topic = first.filter(|first| topics().all(|topic| topic == *first)).map(|topic| broker.name(topic));
    let threads = batch.taken.iter().filter_map(|taken| taken.event()?.traceparent.as_deref());
    trace::process(topic.as_deref(), &broker.own("intake"), batch.taken.len(), threads)
}
