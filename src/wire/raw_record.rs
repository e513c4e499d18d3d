//! A record of a topic as bytes, and the positions that it names.

use std::fmt;
use std::str::FromStr;

use super::Topic;

/// A record as it is stored in its topic.
#[derive(Clone)]
pub struct RawRecord<'a> {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
    /// The record's Kafka timestamp in milliseconds since 1970. None if the broker gives none.
    pub timestamp_ms: Option<i64>,
    pub key: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub value: Option<&'a [u8]>,
}

#[cfg(test)]
impl RawRecord<'_> {
    /// A record without key, headers and value.
    pub fn empty(topic: Topic, partition: i32, offset: i64) -> Self {
        Self { topic, partition, offset, timestamp_ms: None, key: None, headers: Vec::new(), value: None }
    }
}

/// The position of a record: the topic's name on the broker, the partition, and the offset. Written as
/// `topic/partition/offset`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourcePosition {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

/// The rows of a published file that an event carries: `rows` rows, of which the first is on line `line`. The header is
/// line 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRef {
    pub file_id: String,
    pub line: u64,
    pub rows: u32,
}

impl fmt::Display for SourcePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

/// The text is not a position in a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not topic/partition/offset")]
pub struct InvalidPosition;

impl FromStr for SourcePosition {
    type Err = InvalidPosition;
    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (rest, offset) = text.rsplit_once('/').ok_or(InvalidPosition)?;
        let (topic, partition) = rest.rsplit_once('/').ok_or(InvalidPosition)?;
        Ok(Self {
            topic: topic.to_owned(),
            partition: partition.parse().map_err(|_| InvalidPosition)?,
            offset: offset.parse().map_err(|_| InvalidPosition)?,
        })
    }
}
