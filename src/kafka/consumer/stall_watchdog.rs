//! Input that nobody takes, though everybody is there: each process looks whether the input moves, whoever has it, and joins
//! the group anew where a part of it does not. What made it stand still - a rebalance that never ended, an assignment that was lost between
//! the broker and its client - need not be known for that.

use std::collections::HashMap;
use std::time::Duration;

use super::client::Broker;
use super::{Result, ends};
use crate::store::offsets::{self, Partition};
use crate::work::House;

const LOOK: Duration = Duration::from_secs(15);
/// So often a partition must be seen at one place, with something to read there.
const LOOKS: u32 = 3;

/// Returns once a partition stands still, and where.
pub async fn watch(house: &House, broker: &Broker) -> (Partition, i64) {
    let mut seen = Seen::default();
    loop {
        tokio::time::sleep(LOOK).await;
        match waiting(house, broker).await {
            Ok(waiting) => {
                if let Some(found) = seen.look(waiting) {
                    return found;
                }
            }
            // Without broker or database everything stands still, and joining anew mends nothing.
            Err(error) => {
                tracing::debug!(%error, "it is not known whether the input moves");
                seen = Seen::default();
            }
        }
    }
}

/// Partitions in which a record waits to be taken, and where they stand.
async fn waiting(house: &House, broker: &Broker) -> Result<Vec<(Partition, i64)>> {
    let stood = house.patiently(offsets::all(&house.pool)).await?;
    let (broker, asked) = (broker.clone(), stood.clone());
    let marks = tokio::task::spawn_blocking(move || ends::ends(&broker, &asked)).await;
    let marks = marks.map_err(|_| super::Error::Stopped)??;
    let is_behind = |(partition, next): &(Partition, i64)| {
        marks.iter().any(|(known, _, end)| known == partition && next < end)
    };
    Ok(stood.into_iter().filter(is_behind).collect())
}

/// Where partitions stood, and in how many looks on end.
#[derive(Default)]
struct Seen(HashMap<Partition, (i64, u32)>);

impl Seen {
    fn look(&mut self, waiting: Vec<(Partition, i64)>) -> Option<(Partition, i64)> {
        let before = std::mem::take(&mut self.0);
        for (partition, next) in waiting {
            let looks =
                before.get(&partition).filter(|(stood, _)| *stood == next).map_or(0, |(_, looks)| *looks);
            self.0.insert(partition, (next, looks + 1));
        }
        let stands = self.0.iter().find(|(_, (_, looks))| *looks >= LOOKS);
        stands.map(|(partition, (next, _))| (*partition, *next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Topic;

    #[test]
    fn only_what_stands_at_one_place_in_every_look_stands_still() {
        let [one, other] = [0, 1].map(|partition| Partition { topic: Topic::RegistryMarriages, partition });
        let mut seen = Seen::default();
        let mut look = |waiting: &[(Partition, i64)]| seen.look(waiting.to_vec());
        assert_eq!(look(&[(one, 5), (other, 7)]), None);
        assert_eq!(look(&[(one, 5), (other, 8)]), None);
        assert_eq!(look(&[(other, 8)]), None, "what was taken meanwhile begins anew");
        assert_eq!(look(&[(one, 5), (other, 9)]), None);
        assert_eq!(look(&[(one, 5), (other, 9)]), None);
        assert_eq!(look(&[(one, 6), (other, 9)]), Some((other, 9)));
    }
}
