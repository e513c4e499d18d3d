//! A Kafka record read as an event, or the fault for which it is a dead letter.

use std::fmt;
use std::str::FromStr;

use super::event_type::EventType;
use super::fault::{Fault, code};
use super::headers::Headers;
use super::{Input, Topic};

/// A record as it lay in its topic.
#[derive(Clone)]
pub struct RawRecord<'a> {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub value: Option<&'a [u8]>,
}

/// A place in a topic, by the topic's name on the broker; written `topic/partition/offset`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourcePosition {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

/// The rows of a published file that an event carries: `rows` rows, the first of them on line `line` (the header is line 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRef {
    pub file_id: String,
    pub line: u64,
    pub rows: u32,
}

/// A message that could be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub id: String,
    pub kind: EventType,
    pub input: Input,
    pub file: Option<FileRef>,
    pub traceparent: Option<String>,
    /// The place where a replayed dead letter first lay.
    pub replay_of: Option<SourcePosition>,
}

/// Reads a record: headers, data, the rules that span fields, and that the key is the key field's text.
pub fn read(message: &RawRecord<'_>) -> Result<Event, Fault> {
    let headers = Headers::of(message)?;
    let json = message.value.ok_or_else(|| Fault::new(code::NO_VALUE, "the record has no value"))?;
    let input = Input::read(headers.kind, json)?;
    if message.key != Some(input.key().as_bytes()) {
        return Err(Fault::new(
            code::KEY_MISMATCH,
            format!("the key is not the {}", message.topic.key_field()),
        ));
    }
    let rows = input.rows();
    Ok(Event {
        id: headers.id.to_owned(),
        kind: headers.kind,
        input,
        file: headers.file(rows)?,
        traceparent: headers.traceparent.map(str::to_owned),
        replay_of: headers.replay_of,
    })
}

impl fmt::Display for SourcePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

/// Not a place in a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not topic/partition/offset")]
pub struct InvalidPosition;

impl FromStr for SourcePosition {
    type Err = InvalidPosition;
    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let mut parts = text.rsplitn(3, '/');
        let mut part = || parts.next().ok_or(InvalidPosition);
        let offset = part()?.parse().map_err(|_| InvalidPosition)?;
        let partition = part()?.parse().map_err(|_| InvalidPosition)?;
        Ok(Self { topic: part()?.to_owned(), partition, offset })
    }
}
