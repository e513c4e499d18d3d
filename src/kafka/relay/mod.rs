//! The relay role: leases groups of output partitions and keeps one writer for each.

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

/// How often leases are renewed; they hold several times as long.
const RENEW: Duration = Duration::from_secs(1);

/// What the writers share.
pub struct RelayRole {
    pub ctx: AppContext,
    pub broker: Broker,
    pub owner: String,
    pub page_bytes: usize,
    pub counts: Arc<dyn Fn(RelayEvent) + Send + Sync>,
    /// One transaction at a time in this process: while librdkafka waits for the broker to take partitions into a
    /// transaction its thread spins, and several that spin starve the broker that they wait for.
    pub transaction_permit: tokio::sync::Semaphore,
}

/// For metrics.
#[derive(Clone, Copy, Debug)]
pub enum RelayEvent {
    /// A transaction with so many records stands.
    Committed(u64),
    Failed,
}

struct Writer {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<()>>,
}

/// Runs until told to stop, or until a writer finds what no new attempt would mend; gives its groups back then.
pub async fn run(relay: Arc<RelayRole>, mut stop: ShutdownSignal) -> Result<()> {
    let mut writers: HashMap<i16, Writer> = HashMap::new();
    let delivered = deliver(&relay, &mut writers, &mut stop).await;
    for (_, writer) in writers {
        // Of several that cannot go on, the first has spoken; each has logged its own.
        let _ = end(writer).await;
    }
    if let Err(Error::Store(store::Error::QueryTimeout(_))) = delivered {
        // Who does not answer is not asked for more: the leases run out.
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
            Ok(held) => maintain(relay, writers, &held).await?,
            Err(error @ store::Error::QueryTimeout(_)) => return Err(error.into()),
            Err(error) => tracing::warn!(%error, "the relay's leases were not renewed; trying again"),
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

/// Starts writers of groups that are new here, ends those of groups that are another's now.
///
/// A writer that ended by itself must not stay: its lease would be renewed and nothing sent. One that panicked is started
/// anew; one that cannot go on is an error of the whole.
async fn maintain(relay: &Arc<RelayRole>, writers: &mut HashMap<i16, Writer>, held: &[i16]) -> Result<()> {
    let over = |group: &i16, writer: &mut Writer| !held.contains(group) || writer.task.is_finished();
    let over: Vec<_> = writers.extract_if(over).collect();
    for (_, writer) in over {
        if end(writer).await?.is_none() {
            (relay.counts)(RelayEvent::Failed);
        }
    }
    for group in held {
        writers.entry(*group).or_insert_with(|| {
            let (stop, stopped) = watch::channel(false);
            Writer { stop, task: tokio::spawn(writer::run(relay.clone(), *group, stopped)) }
        });
    }
    Ok(())
}

/// Ends a writer, if it has not ended yet; none where it panicked.
async fn end(writer: Writer) -> Result<Option<()>> {
    let _ = writer.stop.send(true);
    match writer.task.await {
        Ok(ended) => ended.map(Some),
        Err(error) => {
            tracing::error!(%error, "a relay writer ended badly");
            Ok(None)
        }
    }
}
