//! The role `relay`: leases relay shards, and keeps one writer for each of them.

pub mod first_start;
mod tail;
pub mod truncation_check;
mod writer;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::client::Broker;
use super::{Error, Result};
use crate::app::{self, AppContext};
use crate::retry::{ShutdownSignal, pause_or_stop};
use crate::store;

/// How often leases are renewed. A lease is valid for several times as long.
const RENEW: Duration = Duration::from_secs(1);

/// The state that the writers share.
pub struct RelayRole {
    pub ctx: AppContext,
    pub broker: Broker,
    pub owner: String,
    pub page_bytes: usize,
    pub counts: Arc<dyn Fn(RelayEvent) + Send + Sync>,
    /// Permits one transaction at a time in this process. While librdkafka waits for the broker to add partitions to a
    /// transaction, its thread spins, and several spinning threads starve the broker that they wait for.
    pub transaction_permit: tokio::sync::Semaphore,
}

/// An event for metrics.
#[derive(Clone, Copy, Debug)]
pub enum RelayEvent {
    /// A transaction with this number of records is committed.
    Committed(u64),
    Failed,
}

struct Writer {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<()>>,
}

/// Runs until shutdown is requested, or until a writer finds an error that a retry does not resolve. Then releases its
/// relay shards.
///
/// # Errors
/// The error of the first writer that cannot continue; a query timeout; or an error of the release.
pub async fn run(relay: Arc<RelayRole>, mut stop: ShutdownSignal) -> Result<()> {
    let mut writers: HashMap<i16, Writer> = HashMap::new();
    let delivered = deliver(&relay, &mut writers, &mut stop).await;
    for (_, writer) in writers {
        // The first error is already returned, and each writer has logged its own error.
        let _ = end(writer).await;
    }
    if let Err(Error::Store(store::Error::QueryTimeout(_))) = delivered {
        // The database does not answer, so the leases are not released. They expire.
        return delivered;
    }
    let released = app::relay::release(&relay.ctx, &relay.owner).await.map_err(Error::from);
    delivered.and(released)
}

async fn deliver(
    relay: &Arc<RelayRole>,
    writers: &mut HashMap<i16, Writer>,
    stop: &mut ShutdownSignal,
) -> Result<()> {
    let mut rounds: u32 = 0;
    loop {
        match app::relay::lease(&relay.ctx, &relay.owner).await {
            Ok(leased) => maintain(relay, writers, &leased).await?,
            Err(error @ store::Error::QueryTimeout(_)) => return Err(error.into()),
            Err(error) => tracing::warn!(%error, "the leases of the relay were not renewed; trying again"),
        }
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(5)
            && let Err(error) = app::relay::rotate(&relay.ctx).await
        {
            tracing::warn!(%error, "delivered outbox segments were not dropped; trying again");
        }
        if !pause_or_stop(RENEW, stop).await {
            return Ok(());
        }
    }
}

/// Starts writers for newly leased relay shards, and ends the writers of shards that another process leases now.
///
/// A writer that ended by itself must be removed: otherwise its lease would be renewed and nothing sent. A writer that
/// panicked is started again.
///
/// # Errors
/// The error of a writer that cannot continue.
async fn maintain(relay: &Arc<RelayRole>, writers: &mut HashMap<i16, Writer>, leased: &[i16]) -> Result<()> {
    let ended: Vec<_> =
        writers.extract_if(|shard, writer| !leased.contains(shard) || writer.task.is_finished()).collect();
    for (_, writer) in ended {
        if end(writer).await?.is_none() {
            (relay.counts)(RelayEvent::Failed);
        }
    }
    for shard in leased {
        writers.entry(*shard).or_insert_with(|| {
            let (stop, stopped) = watch::channel(false);
            Writer { stop, task: tokio::spawn(writer::run(relay.clone(), *shard, stopped)) }
        });
    }
    Ok(())
}

/// Ends a writer, if it has not ended yet. Returns `None` if it panicked.
async fn end(writer: Writer) -> Result<Option<()>> {
    let _ = writer.stop.send(true);
    match writer.task.await {
        Ok(ended) => ended.map(Some),
        Err(error) => {
            tracing::error!(%error, "a relay writer panicked");
            Ok(None)
        }
    }
}
