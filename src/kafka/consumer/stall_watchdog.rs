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
use crate::store::offsets::{self, TopicPartition};

const CHECK_INTERVAL: Duration = Duration::from_secs(15);
/// A partition is stalled after this many consecutive observations at the same offset with a record to read.
const OBSERVATIONS: u32 = 3;

/// Returns the first stalled partition, and its offset. Does not return before that.
pub async fn watch(ctx: &AppContext, broker: &Broker) -> (TopicPartition, i64) {
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
async fn first_readable(
    broker: &Broker,
    stalled: Vec<(TopicPartition, i64)>,
) -> Option<(TopicPartition, i64)> {
    let (broker, positions) = (broker.clone(), stalled.clone());
    let check = move || fetch_check::unreadable(&broker, &positions, &AtomicBool::new(false));
    let unreadable = tokio::task::spawn_blocking(check).await.ok()?.ok()?;
    let is_unreadable = |partition| unreadable.iter().any(|one| one.partition == partition);
    stalled.into_iter().find(|(partition, _)| !is_unreadable(*partition))
}

/// Returns the partitions that have a record to read, and their offsets in the database.
async fn partitions_with_input(ctx: &AppContext, broker: &Broker) -> Result<Vec<(TopicPartition, i64)>> {
    let stored = ctx.with_timeout(offsets::all(&ctx.pool)).await?;
    let broker = broker.clone();
    let offsets = stored.clone();
    let ends = tokio::task::spawn_blocking(move || end_offsets::end_offsets(&broker, &offsets)).await;
    let ends = ends.map_err(|_| crate::kafka::Error::Stopped)??;
    let is_behind = |(partition, next): &(TopicPartition, i64)| {
        ends.iter().any(|(known, _, end)| known == partition && next < end)
    };
    Ok(stored.into_iter().filter(is_behind).collect())
}

/// The offset of each partition, and the number of consecutive observations at that offset.
#[derive(Default)]
struct StallWatchdog(HashMap<TopicPartition, (i64, u32)>);

impl StallWatchdog {
    fn observe(&mut self, waiting: Vec<(TopicPartition, i64)>) -> Vec<(TopicPartition, i64)> {
        let before = std::mem::take(&mut self.0);
        for (partition, next) in waiting {
            let count = match before.get(&partition) {
                Some((offset, count)) if *offset == next => *count,
                _ => 0,
            };
            self.0.insert(partition, (next, count + 1));
        }
        let stalled = self.0.iter().filter(|(_, (_, count))| *count >= OBSERVATIONS);
        stalled.map(|(partition, (next, _))| (*partition, *next)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Topic;

    #[test]
    fn only_a_partition_at_one_offset_in_every_observation_is_stalled() {
        let [one, other] =
            [0, 1].map(|partition| TopicPartition { topic: Topic::RegistryMarriages, partition });
        let mut watchdog = StallWatchdog::default();
        let mut observe = |waiting: &[(TopicPartition, i64)]| watchdog.observe(waiting.to_vec());
        assert_eq!(observe(&[(one, 5), (other, 7)]), []);
        assert_eq!(observe(&[(one, 5), (other, 8)]), []);
        assert_eq!(observe(&[(other, 8)]), [], "a partition without input is counted from zero again");
        assert_eq!(observe(&[(one, 5), (other, 9)]), []);
        assert_eq!(observe(&[(one, 5), (other, 9)]), []);
        assert_eq!(observe(&[(one, 6), (other, 9)]), [(other, 9)]);
    }
}
