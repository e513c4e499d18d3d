//! `dead-letters.v1`: whole messages that cannot be read, with their position and the reason.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::proof::{REPLAY_MAC, REPLAY_OF, RESERVED, RecordContent, RecordKey};
use super::raw_record::{RawRecord, SourcePosition};
use super::{EventType, Outgoing, Topic};

pub const TOPIC: &str = "dead_letter_topic";
pub const PARTITION: &str = "dead_letter_partition";
pub const OFFSET: &str = "dead_letter_offset";
/// The original key; absent where the message had none.
pub const KEY: &str = "dead_letter_key";
pub const REASON: &str = "dead_letter_reason";
pub const AT: &str = "dead_letter_at";
/// SHA-256 of a value that is too long for a dead letter, in lower-case hex. The message itself stays in its topic.
pub const LEFT_BEHIND: &str = "dead_letter_value_sha256";
/// Length in bytes of a value that is too long for a dead letter.
pub const LEFT_BYTES: &str = "dead_letter_value_bytes";
/// Maximum length in bytes of a value in a dead letter. With headers and key, the record stays below the producer's
/// limit.
const LONGEST_VALUE: usize = 15 << 20;
/// The position of the first dead letter, as topic/partition/offset. Only a message that was sent again and failed again
/// has it.
pub const FIRST: &str = "dead_letter_first";

/// Creates the dead letter of a message that cannot be read. `source` is the topic's name on the broker, and the key of
/// the dead letter. `first` is the original position of a message that was sent again.
pub fn dead_letter(
    message: &RawRecord<'_>,
    source: &str,
    first: Option<&SourcePosition>,
    fault: &Fault,
    at: Timestamp,
) -> Outgoing {
    let position = position_of(message, source);
    let mut extra: Vec<(String, Vec<u8>)> = message
        .headers
        .iter()
        .filter(|(name, _)| is_own(name))
        .map(|(name, value)| ((*name).to_owned(), value.to_vec()))
        .collect();
    let mut add = |name: &str, value: &[u8]| extra.push((name.to_owned(), value.to_vec()));
    add(TOPIC, source.as_bytes());
    add(PARTITION, message.partition.to_string().as_bytes());
    add(OFFSET, message.offset.to_string().as_bytes());
    if let Some(key) = message.key {
        add(KEY, key);
    }
    if let Some(first) = first {
        add(FIRST, first.to_string().as_bytes());
    }
    add(REASON, fault.to_string().as_bytes());
    add(AT, at.to_string().as_bytes());
    let carried = message.value.filter(|value| value.len() <= LONGEST_VALUE);
    if let Some(value) = message.value.filter(|_| carried.is_none()) {
        add(LEFT_BEHIND, hex::encode(Sha256::digest(value)).as_bytes());
        add(LEFT_BYTES, value.len().to_string().as_bytes());
    }
    Outgoing {
        kind: EventType::DeadLetter,
        key: source.to_owned(),
        id: position.to_string(),
        at_us: at.as_microsecond(),
        traceparent: None,
        value: carried.map(<[u8]>::to_vec),
        extra,
    }
}

/// Whether the message keeps this header in its dead letter. The names that Peyvand sets are dropped: a dead letter has
/// its own position, reason and proof, even if a sender used these names.
fn is_own(name: &str) -> bool {
    !name.starts_with("dead_letter_") && !name.starts_with(RESERVED)
}

fn position_of(message: &RawRecord<'_>, source: &str) -> SourcePosition {
    SourcePosition { topic: source.to_owned(), partition: message.partition, offset: message.offset }
}

/// A dead letter, as `dead-letters list` shows it and `dead-letters replay` sends it again.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetterEvent<'a> {
    pub place: SourcePosition,
    /// The position of the first dead letter, if the message was sent again and failed again.
    pub first: Option<SourcePosition>,
    pub reason: String,
    pub at: Option<Timestamp>,
    pub key: Option<&'a [u8]>,
    /// The headers of the message.
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub value: Option<&'a [u8]>,
    /// False if the value was too long for the dead letter.
    pub is_whole: bool,
}

/// Shows only the position, because key and value may be personal data.
impl std::fmt::Debug for DeadLetterEvent<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetter").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Reads a record of the dead-letter topic. Returns None if the headers with its position are missing.
pub fn parse<'a>(headers: &[(&'a str, &'a [u8])], value: Option<&'a [u8]>) -> Option<DeadLetterEvent<'a>> {
    let find = |name: &str| headers.iter().find(|(header, _)| *header == name).map(|(_, value)| *value);
    let text = |name: &str| find(name).and_then(|value| std::str::from_utf8(value).ok());
    Some(DeadLetterEvent {
        place: SourcePosition {
            topic: text(TOPIC)?.to_owned(),
            partition: text(PARTITION)?.parse().ok()?,
            offset: text(OFFSET)?.parse().ok()?,
        },
        first: text(FIRST).and_then(|place| place.parse().ok()),
        reason: text(REASON).unwrap_or_default().to_owned(),
        at: text(AT).and_then(|at| at.parse().ok()),
        key: find(KEY),
        headers: headers.iter().filter(|(name, _)| is_own(name)).copied().collect(),
        is_whole: find(LEFT_BEHIND).is_none(),
        value,
    })
}

impl DeadLetterEvent<'_> {
    /// The original position of the message. All dead letters of a message that is sent again have the same.
    pub fn original_position(&self) -> &SourcePosition {
        self.first.as_ref().unwrap_or(&self.place)
    }

    /// The headers of the message when it is sent again, with the proof of its original position, which determines the
    /// age of the message.
    pub fn replay_headers(&self, topic: Topic, key: &RecordKey) -> Vec<(String, Vec<u8>)> {
        let place = self.original_position();
        let content = RecordContent {
            topic,
            partition: place.partition,
            headers: &self.headers,
            key: self.key,
            value: self.value,
        };
        let mac = key.replay_mac(&content, place);
        let mut headers: Vec<(String, Vec<u8>)> =
            self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        headers.push((REPLAY_OF.to_owned(), place.to_string().into_bytes()));
        headers.push((REPLAY_MAC.to_owned(), mac.into_bytes()));
        headers
    }
}
