//! Output topics that were recreated, or lost what they held: noticed, and never silently filled again.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::kafka::client::Broker;
use crate::kafka::{Error, Result, topics};
use crate::store::offsets::TopicPartition;
use crate::wire::Topic;

/// Looks, a second apart, before a topic counts as lost: after a broker's end its topics may be unknown for a moment, and a
/// new leader may not know yet how far its partition reaches.
const ATTEMPTS: u32 = 15;

/// Does every output partition still reach to where it ended when it was last written to? Retention takes from the front
/// alone. Blocks.
pub fn check_not_truncated(broker: &Broker, ended: &BTreeMap<TopicPartition, i64>) -> Result<()> {
    let mut look = 1;
    loop {
        let marks = topics::watermarks(broker, Topic::outputs())?;
        let ends: HashMap<_, _> = marks.into_iter().map(|(partition, _, high)| (partition, high)).collect();
        let lost = ended.iter().find_map(|(partition, ended)| {
            let ends = ends.get(partition).copied().unwrap_or(0);
            (ends < *ended).then(|| error(broker, *partition, *ended, ends))
        });
        match lost {
            None => return Ok(()),
            Some(error) if look == ATTEMPTS => return Err(error),
            Some(_) => std::thread::sleep(Duration::from_secs(1)),
        }
        look += 1;
    }
}

/// The error of a partition that ended further on than it does.
pub fn error(broker: &Broker, partition: TopicPartition, ended: i64, ends: i64) -> Error {
    let name = partition.topic.name().to_owned();
    Error::OutputLost {
        topic: broker.name(partition.topic),
        partition: partition.partition,
        ended,
        ends,
        name,
    }
}
