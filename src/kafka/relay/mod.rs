//! The relay role: leases groups of output partitions and keeps one writer for each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::client::Broker;
use super::relay_writer;
use super::{Error, Result};
use crate::retry::{Stop, pause_or_stop};
use crate::store;
use crate::work::{self, House};

/// How often leases are renewed; they hold several times as long.
const RENEW: Duration = Duration::from_secs(1);

/// What the writers share.
pub struct Relay {
    pub house: House,
    pub broker: Broker,
    pub owner: String,
    pub page_bytes: usize,
    pub counts: Arc<dyn Fn(RelayDid) + Send + Sync>,
    /// One transaction at a time in this process: while librdkafka waits for the broker to take partitions into a
    /// transaction its thread spins, and several that spin starve the broker that they wait for.
    pub turn: tokio::sync::Semaphore,
}

/// For metrics.
#[derive(Clone, Copy, Debug)]
pub enum RelayDid {
    /// A transaction with so many records stands.
    Committed(u64),
    Failed,
}

struct Writer {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<()>>,
}

/// Runs until told to stop, or until a writer finds what no new attempt would mend; gives its groups back then.
pub async fn run(relay: Arc<Relay>, mut stop: Stop) -> Result<()> {
    let mut writers: HashMap<i16, Writer> = HashMap::new();
    let delivered = deliver(&relay, &mut writers, &mut stop).await;
    for (_, writer) in writers {
        // Of several that cannot go on, the first has spoken; each has logged its own.
        let _ = end(writer).await;
    }
    if let Err(Error::Store(store::Error::Silent(_))) = delivered {
        // Who does not answer is not asked for more: the leases run out.
        return delivered;
    }
    let released = work::relay::release(&relay.house, &relay.owner).await.map_err(Error::from);
    delivered.and(released)
}

async fn deliver(relay: &Arc<Relay>, writers: &mut HashMap<i16, Writer>, stop: &mut Stop) -> Result<()> {
    let mut rounds: u32 = 0;
    loop {
        match work::relay::lease(&relay.house, &relay.owner).await {
            Ok(held) => tend(relay, writers, &held).await?,
            Err(error @ store::Error::Silent(_)) => return Err(error.into()),
            Err(error) => tracing::warn!(%error, "the relay's leases were not renewed; trying again"),
        }
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(5)
            && let Err(error) = work::relay::rotate(&relay.house).await
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
async fn tend(relay: &Arc<Relay>, writers: &mut HashMap<i16, Writer>, held: &[i16]) -> Result<()> {
    let over = |group: &i16, writer: &mut Writer| !held.contains(group) || writer.task.is_finished();
    let over: Vec<_> = writers.extract_if(over).collect();
    for (_, writer) in over {
        if end(writer).await?.is_none() {
            (relay.counts)(RelayDid::Failed);
        }
    }
    for group in held {
        writers.entry(*group).or_insert_with(|| {
            let (stop, stopped) = watch::channel(false);
            Writer { stop, task: tokio::spawn(relay_writer::run(relay.clone(), *group, stopped)) }
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
