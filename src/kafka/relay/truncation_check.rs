//! The truncation check: detects output topics that were recreated or lost records. Such a topic is never filled again
//! without an error.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::kafka::client::Broker;
use crate::kafka::topics::{self, PartitionRange};
use crate::kafka::{Error, Result};
use crate::store::offsets::{TopicPartition, by_partition};
use crate::wire::Topic;

/// Attempts, 1 s apart, before a topic counts as truncated. After a broker failed, its topics may be unknown for a
/// short time, and a new leader may not know the end offset of its partition yet.
const ATTEMPTS: u32 = 15;

/// Checks that every output partition still reaches its end offset after the last write of the relay. Retention removes
/// records only from the front, so it never lowers an end offset. Blocks.
///
/// # Errors
/// [`Error::OutputLost`] if a partition ends before that offset.
pub fn check_not_truncated(broker: &Broker, ended: &BTreeMap<TopicPartition, i64>) -> Result<()> {
    let mut attempt = 1;
    loop {
        let ranges = topics::watermarks(broker, Topic::outputs())?;
        let ends: HashMap<_, _> = by_partition(ranges.iter().map(PartitionRange::end_offset));
        let lost = ended.iter().find_map(|(partition, ended)| {
            let ends = ends.get(partition).copied().unwrap_or(0);
            (ends < *ended).then(|| error(broker, *partition, *ended, ends))
        });
        match lost {
            None => return Ok(()),
            Some(error) if attempt == ATTEMPTS => return Err(error),
            Some(_) => std::thread::sleep(Duration::from_secs(1)),
        }
        attempt += 1;
    }
}

/// Returns the error for a partition that ends before its stored end offset.
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
