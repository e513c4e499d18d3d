//! Detects input that no process reads although the processes, the broker and the database are available. Each process
//! checks whether the whole input moves, not only its own partitions, and rejoins the consumer group if a part of it
//! does not move. The check does not depend on the cause, which may be a rebalance that never ended, or an assignment
//! that was lost between the broker and its client.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::app::AppContext;
use crate::kafka::client::Broker;
use crate::kafka::{Result, end_offsets, fetch_check};
use crate::store::offsets::{self, PartitionOffset};

const CHECK_INTERVAL: Duration = Duration::from_secs(15);
/// A partition is stalled after this many consecutive observations at the same offset with a record to read.
const OBSERVATIONS: u32 = 3;

/// Returns the first stalled partition, and its offset. Does not return before that.
pub async fn watch(ctx: &AppContext, broker: &Broker) -> PartitionOffset {
    let mut watchdog = StallWatchdog::default();
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        match partitions_with_input(ctx, broker).await {
            Ok(waiting) => {
                if let Some(stalled) = first_readable(broker, watchdog.observe(waiting)).await {
                    return stalled;
                }
            }
            // Without the broker or the database everything stalls, and rejoining does not help.
            Err(error) => {
                tracing::debug!(%error, "it is unknown whether the input moves");
                watchdog = StallWatchdog::default();
            }
        }
    }
}

/// Passes over partitions that no client can read at their offset: rejoining does not help, and would interrupt the
/// other partitions. The alarm of `fetch_watch` names them.
async fn first_readable(broker: &Broker, stalled: Vec<PartitionOffset>) -> Option<PartitionOffset> {
    let (broker, positions) = (broker.clone(), stalled.clone());
    let check = tokio::task::spawn_blocking(move || {
        fetch_check::unreadable(&broker, &positions, &AtomicBool::new(false))
    });
    let unreadable = check.await.ok()?.ok()?;
    stalled.into_iter().find(|stalled| unreadable.iter().all(|one| one.partition != stalled.partition))
}

/// Returns the partitions that have a record to read, and their offsets in the database.
async fn partitions_with_input(ctx: &AppContext, broker: &Broker) -> Result<Vec<PartitionOffset>> {
    let stored = ctx.with_timeout(offsets::all(&ctx.pool)).await?;
    let broker = broker.clone();
    let offsets = stored.clone();
    let ends = tokio::task::spawn_blocking(move || end_offsets::end_offsets(&broker, &offsets)).await;
    let ends = ends.map_err(|_| crate::kafka::Error::Stopped)??;
    let mut behind = stored;
    behind.retain(|next| ends.iter().any(|end| end.partition == next.partition && next.offset < end.end));
    Ok(behind)
}

/// The number of consecutive observations of each partition at its offset.
#[derive(Default)]
struct StallWatchdog(HashMap<PartitionOffset, u32>);

impl StallWatchdog {
    fn observe(&mut self, waiting: Vec<PartitionOffset>) -> Vec<PartitionOffset> {
        let before = std::mem::take(&mut self.0);
        for waiting in waiting {
            let count = before.get(&waiting).copied().unwrap_or(0);
            self.0.insert(waiting, count + 1);
        }
        self.0.iter().filter(|(_, count)| **count >= OBSERVATIONS).map(|(stalled, _)| *stalled).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::offsets::TopicPartition;
    use crate::wire::Topic;

    fn at(partition: i32, offset: i64) -> PartitionOffset {
        PartitionOffset { partition: TopicPartition { topic: Topic::RegistryMarriages, partition }, offset }
    }

    fn observe(watchdog: &mut StallWatchdog, waiting: &[PartitionOffset]) -> Vec<PartitionOffset> {
        watchdog.observe(waiting.to_vec())
    }

    #[test]
    fn only_a_partition_at_one_offset_in_every_observation_is_stalled() {
        let mut watchdog = StallWatchdog::default();
        assert_eq!(observe(&mut watchdog, &[at(0, 5), at(1, 7)]), []);
        assert_eq!(observe(&mut watchdog, &[at(0, 5), at(1, 8)]), []);
        let without = observe(&mut watchdog, &[at(1, 8)]);
        assert_eq!(without, [], "a partition without input is counted from zero again");
        assert_eq!(observe(&mut watchdog, &[at(0, 5), at(1, 9)]), []);
        assert_eq!(observe(&mut watchdog, &[at(0, 5), at(1, 9)]), []);
        assert_eq!(observe(&mut watchdog, &[at(0, 6), at(1, 9)]), [at(1, 9)]);
    }
}
