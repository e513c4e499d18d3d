//! Input that nobody takes, though everybody is there: each process looks whether the input moves, whoever has it, and joins
//! the group anew where a part of it does not. What made it stand still - a rebalance that never ended, an assignment that was lost between
//! the broker and its client - need not be known for that.

use std::collections::HashMap;
use std::time::Duration;

use crate::app::AppContext;
use crate::kafka::client::Broker;
use crate::kafka::{Result, end_offsets};
use crate::store::offsets::{self, TopicPartition};

const CHECK_INTERVAL: Duration = Duration::from_secs(15);
/// So often a partition must be seen at one place, with something to read there.
const OBSERVATIONS: u32 = 3;

/// Returns once a partition stands still, and where.
pub async fn watch(ctx: &AppContext, broker: &Broker) -> (TopicPartition, i64) {
    let mut seen = StallWatchdog::default();
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        match partitions_with_input(ctx, broker).await {
            Ok(waiting) => {
                if let Some(found) = seen.observe(waiting) {
                    return found;
                }
            }
            // Without broker or database everything stands still, and joining anew mends nothing.
            Err(error) => {
                tracing::debug!(%error, "it is not known whether the input moves");
                seen = StallWatchdog::default();
            }
        }
    }
}

/// Partitions in which a record waits to be taken, and where they stand.
async fn partitions_with_input(ctx: &AppContext, broker: &Broker) -> Result<Vec<(TopicPartition, i64)>> {
    let stood = ctx.with_timeout(offsets::all(&ctx.pool)).await?;
    let (broker, asked) = (broker.clone(), stood.clone());
    let marks = tokio::task::spawn_blocking(move || end_offsets::end_offsets(&broker, &asked)).await;
    let marks = marks.map_err(|_| crate::kafka::Error::Stopped)??;
    let is_behind = |(partition, next): &(TopicPartition, i64)| {
        marks.iter().any(|(known, _, end)| known == partition && next < end)
    };
    Ok(stood.into_iter().filter(is_behind).collect())
}

/// Where partitions stood, and in how many looks on end.
#[derive(Default)]
struct StallWatchdog(HashMap<TopicPartition, (i64, u32)>);

impl StallWatchdog {
    fn observe(&mut self, waiting: Vec<(TopicPartition, i64)>) -> Option<(TopicPartition, i64)> {
        let before = std::mem::take(&mut self.0);
        for (partition, next) in waiting {
            let looks =
                before.get(&partition).filter(|(stood, _)| *stood == next).map_or(0, |(_, looks)| *looks);
            self.0.insert(partition, (next, looks + 1));
        }
        let stands = self.0.iter().find(|(_, (_, looks))| *looks >= OBSERVATIONS);
        stands.map(|(partition, (next, _))| (*partition, *next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Topic;

    #[test]
    fn only_what_stands_at_one_place_in_every_look_stands_still() {
        let [one, other] =
            [0, 1].map(|partition| TopicPartition { topic: Topic::RegistryMarriages, partition });
        let mut seen = StallWatchdog::default();
        let mut look = |waiting: &[(TopicPartition, i64)]| seen.observe(waiting.to_vec());
        assert_eq!(look(&[(one, 5), (other, 7)]), None);
        assert_eq!(look(&[(one, 5), (other, 8)]), None);
        assert_eq!(look(&[(other, 8)]), None, "what was taken meanwhile begins anew");
        assert_eq!(look(&[(one, 5), (other, 9)]), None);
        assert_eq!(look(&[(one, 5), (other, 9)]), None);
        assert_eq!(look(&[(one, 6), (other, 9)]), Some((other, 9)));
    }
}
