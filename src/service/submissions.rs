//! Delivers what people send on the portal to its input topics, at least once. Ingest applies each event once, because a
//! repeated delivery has the same ids.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::{Error, Result};
use crate::app::AppContext;
use crate::app::portal::submissions;
use crate::kafka::Broker;
use crate::kafka::producer::Sender;
use crate::retry::{ShutdownSignal, shutdown_requested};
use crate::store::submissions::Undelivered;
use crate::telemetry::Metrics;
use crate::wire::Topic;

/// Another process may have stored a submission and died, so the table is also read without a signal.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Delivers until shutdown is requested. An error leads to another attempt: the rows stay undelivered.
pub async fn run(
    ctx: AppContext,
    broker: Broker,
    submitted: Arc<Notify>,
    mut stop: ShutdownSignal,
) -> Result<()> {
    while !*stop.borrow() {
        match deliver(&ctx, &broker).await {
            Ok(0) => {}
            // More may wait.
            Ok(_) => continue,
            Err(error) => {
                Metrics::global().errors.add(1);
                tracing::warn!(%error, "submissions of the portal are not delivered yet; trying again");
            }
        }
        tokio::select! {
            biased;
            () = shutdown_requested(&mut stop) => {}
            () = submitted.notified() => {}
            () = tokio::time::sleep(CHECK_INTERVAL) => {}
        }
    }
    Ok(())
}

/// Sends the oldest undelivered submissions, and notes that they are delivered once the broker has acknowledged all of
/// them. Returns their number.
async fn deliver(ctx: &AppContext, broker: &Broker) -> Result<usize> {
    let found = submissions::undelivered(ctx).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = found.iter().map(|submission| submission.id).collect();
    let broker = broker.clone();
    let sending = tokio::task::spawn_blocking(move || send(&broker, &found));
    sending.await.map_err(|_| Error::Interrupted)??;
    submissions::confirm(ctx, &ids).await?;
    Metrics::global().submissions_delivered.add(u64::try_from(ids.len()).unwrap_or(u64::MAX));
    Ok(ids.len())
}

fn send(broker: &Broker, found: &[Undelivered]) -> crate::kafka::Result<()> {
    let topics: BTreeSet<Topic> = found.iter().map(|submission| submission.event.topic()).collect();
    let mut sender = Sender::plain(broker, &topics.into_iter().collect::<Vec<_>>())?;
    for submission in found {
        sender.send(&submission.event)?;
    }
    sender.wait()
}
