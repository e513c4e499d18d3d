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
    task: JoinHandle<()>,
}

/// Runs until told to stop; gives its groups back then.
pub async fn run(relay: Arc<Relay>, mut stop: Stop) -> Result<()> {
    let mut writers: HashMap<i16, Writer> = HashMap::new();
    let mut rounds: u32 = 0;
    loop {
        match work::relay::lease(&relay.house, &relay.owner).await {
            Ok(held) => tend(&relay, &mut writers, &held).await,
            Err(error) => tracing::warn!(%error, "the relay's leases were not renewed; trying again"),
        }
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(5)
            && let Err(error) = work::relay::rotate(&relay.house).await
        {
            tracing::warn!(%error, "delivered outbox segments were not dropped; trying again");
        }
        if !pause_or_stop(RENEW, &mut stop).await {
            break;
        }
    }
    for (_, writer) in writers {
        end(writer).await;
    }
    work::relay::release(&relay.house, &relay.owner).await.map_err(Error::from)
}

/// Starts writers of groups that are new here, ends those of groups that are another's now.
async fn tend(relay: &Arc<Relay>, writers: &mut HashMap<i16, Writer>, held: &[i16]) {
    let lost: Vec<i16> = writers.keys().copied().filter(|group| !held.contains(group)).collect();
    for writer in lost.iter().filter_map(|group| writers.remove(group)).collect::<Vec<_>>() {
        end(writer).await;
    }
    for group in held {
        writers.entry(*group).or_insert_with(|| {
            let (stop, stopped) = watch::channel(false);
            Writer { stop, task: tokio::spawn(relay_writer::run(relay.clone(), *group, stopped)) }
        });
    }
}

async fn end(writer: Writer) {
    let _ = writer.stop.send(true);
    if let Err(error) = writer.task.await {
        tracing::error!(%error, "a relay writer ended badly");
    }
}
