//! The rows of a published file that its topic already contains. A publisher need not send them again.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::client::{ANSWER, Broker};
use super::client_logging::LoggingContext;
use super::reader;
use super::{Result, topics};
use crate::failpoint::failpoint;
use crate::kafka::topics::PartitionRange;
use crate::wire::files::{FileKind, LineSet};
use crate::wire::{EventType, RawRecord, Topic, headers};

/// The clocks of publishers may differ, so the search for rows starts this long before the record that opened their
/// file.
const CLOCK_SKEW: Duration = Duration::from_hours(1);

/// Returns the lines of the file whose records are in the topic now. Blocks, and reads the topic from the opening of
/// the file. For a file that was never opened it reads only `registry.files.v1`.
pub fn lines_in_topic(broker: &Broker, kind: FileKind, file_id: &str) -> Result<LineSet> {
    let mut lines = LineSet::default();
    let Some(opened_ms) = opened_at(broker, file_id)? else { return Ok(lines) };
    let skew_ms = i64::try_from(CLOCK_SKEW.as_millis()).unwrap_or(i64::MAX);
    let ranges = ranges_since(broker, kind.topic(), opened_ms.saturating_sub(skew_ms))?;
    reader::read_between(broker, &ranges, &mut |record| {
        if let Some(file) = headers::file_of(&RawRecord::from(record)).filter(|file| file.file_id == file_id)
        {
            lines.insert(file.line, file.rows);
        }
        Ok(true)
    })?;
    Ok(lines)
}

/// Returns the timestamp of the first record that opened the file, in milliseconds since 1970.
fn opened_at(broker: &Broker, file_id: &str) -> Result<Option<i64>> {
    let mut found = None;
    reader::read_to_end(broker, Topic::RegistryFiles, &mut |record| {
        let opening = ("ce_type", EventType::FileOpened.name().as_bytes());
        if record.key == Some(file_id.as_bytes()) && record.headers.contains(&opening) {
            found = record.timestamp_ms;
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// Returns the range of every partition of the topic from its first record of this time or later to its end.
fn ranges_since(broker: &Broker, topic: Topic, since_ms: i64) -> Result<Vec<PartitionRange>> {
    let consumer: BaseConsumer<LoggingContext> =
        broker.consumer_config().create_with_context(LoggingContext)?;
    let name = broker.name(topic);
    let mut ranges = topics::complete_watermarks(broker, std::iter::once(topic))?;
    let mut wanted = TopicPartitionList::new();
    for range in &ranges {
        wanted.add_partition_offset(&name, range.partition.partition, Offset::Offset(since_ms))?;
    }
    let found = failpoint!("file_rows.offsets", consumer.offsets_for_times(wanted, ANSWER))?;
    for range in &mut ranges {
        let start = found.find_partition(&name, range.partition.partition).map(|element| element.offset());
        range.first = match start {
            Some(Offset::Offset(offset)) => offset.max(range.first),
            // The partition has no record of this time or later.
            _ => range.end,
        };
    }
    Ok(ranges)
}
