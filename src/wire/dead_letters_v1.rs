//! `dead-letters.v1`: messages that cannot be read, whole, with their place and the reason.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::envelope::{RawRecord, SourcePosition};
use super::fault::Fault;
use super::outgoing::SEQUENCE_HEADER;
use super::{EventType, Outgoing};

pub const TOPIC: &str = "dead_letter_topic";
pub const PARTITION: &str = "dead_letter_partition";
pub const OFFSET: &str = "dead_letter_offset";
/// The original key; absent where the message had none.
pub const KEY: &str = "dead_letter_key";
pub const REASON: &str = "dead_letter_reason";
pub const AT: &str = "dead_letter_at";
/// On a letter whose message is too long for any letter: SHA-256 of the value, in lower-case hex, and its bytes. It lies where
/// it lay.
pub const LEFT_BEHIND: &str = "dead_letter_value_sha256";
pub const LEFT_BYTES: &str = "dead_letter_value_bytes";
/// The longest value that a letter carries, in bytes; with headers and key it stays below what a producer may send.
const LONGEST_VALUE: usize = 15 << 20;
/// On a message sent again: the place where it first lay, as topic/partition/offset.
pub const REPLAY_OF: &str = "peyvand_replay_of";

/// The letter for a message that cannot be read. `source` is the topic's name on the broker, which is also the key.
pub fn dead_letter(message: &RawRecord<'_>, source: &str, fault: &Fault, at: Timestamp) -> Outgoing {
    let place = position_of(message, source);
    let own = |(name, _): &&(&str, &[u8])| is_own(name);
    let mut extra: Vec<(String, Vec<u8>)> = message
        .headers
        .iter()
        .filter(own)
        .map(|(name, value)| ((*name).to_owned(), value.to_vec()))
        .collect();
    let mut add = |name: &str, value: &[u8]| extra.push((name.to_owned(), value.to_vec()));
    add(TOPIC, source.as_bytes());
    add(PARTITION, message.partition.to_string().as_bytes());
    add(OFFSET, message.offset.to_string().as_bytes());
    if let Some(key) = message.key {
        add(KEY, key);
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
        id: place.to_string(),
        at_us: at.as_microsecond(),
        traceparent: None,
        value: carried.map(<[u8]>::to_vec),
        extra,
    }
}

/// Did the message bring this header? Ours are not its own: a letter has its own place and reason, and its own position in
/// the outbox, whatever a sender wrote under these names.
fn is_own(name: &str) -> bool {
    !name.starts_with("dead_letter_") && name != SEQUENCE_HEADER
}

fn position_of(message: &RawRecord<'_>, source: &str) -> SourcePosition {
    SourcePosition { topic: source.to_owned(), partition: message.partition, offset: message.offset }
}

/// A dead letter as `dead-letters list` shows it and `replay` sends it again.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetterEvent<'a> {
    pub place: SourcePosition,
    pub reason: String,
    pub at: Option<Timestamp>,
    pub key: Option<&'a [u8]>,
    /// The headers that the message came with.
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub value: Option<&'a [u8]>,
    /// False where the value was too long to be carried.
    pub is_whole: bool,
}

/// Key and value may be somebody's.
impl std::fmt::Debug for DeadLetterEvent<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetter").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Reads a record of the dead-letter topic; None where the headers that tell its place are missing.
pub fn parse<'a>(headers: &[(&'a str, &'a [u8])], value: Option<&'a [u8]>) -> Option<DeadLetterEvent<'a>> {
    let find = |name: &str| headers.iter().find(|(header, _)| *header == name).map(|(_, value)| *value);
    let text = |name: &str| find(name).and_then(|value| std::str::from_utf8(value).ok());
    Some(DeadLetterEvent {
        place: SourcePosition {
            topic: text(TOPIC)?.to_owned(),
            partition: text(PARTITION)?.parse().ok()?,
            offset: text(OFFSET)?.parse().ok()?,
        },
        reason: text(REASON).unwrap_or_default().to_owned(),
        at: text(AT).and_then(|at| at.parse().ok()),
        key: find(KEY),
        headers: headers.iter().filter(|(name, _)| is_own(name)).copied().collect(),
        is_whole: find(LEFT_BEHIND).is_none(),
        value,
    })
}

impl DeadLetterEvent<'_> {
    /// Where the message first lay: a letter that was sent again and came back is the same letter.
    pub fn original_position(&self) -> SourcePosition {
        let told = self.headers.iter().find(|(name, _)| *name == REPLAY_OF);
        let told = told.and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok());
        told.unwrap_or_else(|| self.place.clone())
    }

    /// The headers of the message when it is sent again. The place where it *first* lay stays: age is judged by it.
    pub fn replay_headers(&self) -> Vec<(String, Vec<u8>)> {
        let mut headers: Vec<(String, Vec<u8>)> =
            self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        if !self.headers.iter().any(|(name, _)| *name == REPLAY_OF) {
            headers.push((REPLAY_OF.to_owned(), self.place.to_string().into_bytes()));
        }
        headers
    }
}
