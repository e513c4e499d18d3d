//! `dead-letters.v1`: whole messages that cannot be read, with their position and the reason.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::fault::{Fault, code};
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
/// States what the dead letter lacks of the message's key, headers and value. Absent if it is complete.
pub const TRUNCATED: &str = "dead_letter_truncated";
/// Maximum length in bytes of a value in a dead letter. Invariant: with the maximum of key, headers and reason, a dead
/// letter is shorter than 16 MiB, which is the limit of the producer and of the topic. A longer one would stop its
/// relay shard permanently.
const LONGEST_VALUE: usize = 15 << 20;
/// Maximum length in bytes of a key in a dead letter.
const LONGEST_KEY: usize = 64 << 10;
/// Maximum number of a message's headers in its dead letter.
const MOST_HEADERS: usize = 500;
/// Maximum length in bytes of the names and values of these headers.
const HEADER_BYTES: usize = 512 << 10;
/// Maximum length in bytes of a reason.
const LONGEST_REASON: usize = 1000;
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
    let (mut extra, dropped) = kept_headers(message);
    let mut lacks = Vec::new();
    if dropped.count > 0 {
        lacks.push(format!("headers: {} of {} bytes", dropped.count, dropped.bytes));
    }
    extra.push(header(TOPIC, source));
    extra.push(header(PARTITION, message.partition.to_string()));
    extra.push(header(OFFSET, message.offset.to_string()));
    match message.key {
        Some(key) if key.len() > LONGEST_KEY => lacks.push(format!("key: {} bytes", key.len())),
        Some(key) => extra.push(header(KEY, key)),
        None => {}
    }
    if let Some(first) = first {
        extra.push(header(FIRST, first.to_string()));
    }
    extra.push(header(REASON, shortened(&fault.to_string(), LONGEST_REASON)));
    extra.push(header(AT, at.to_string()));
    let carried = message.value.filter(|value| value.len() <= LONGEST_VALUE);
    if let Some(value) = message.value.filter(|_| carried.is_none()) {
        extra.push(header(LEFT_BEHIND, hex::encode(Sha256::digest(value))));
        extra.push(header(LEFT_BYTES, value.len().to_string()));
        lacks.push(format!("value: {} bytes", value.len()));
    }
    if !lacks.is_empty() {
        extra.push(header(TRUNCATED, lacks.join("; ")));
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

fn header(name: &str, value: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.to_owned(), value.into())
}

/// The headers that a dead letter lacks.
#[derive(Default)]
struct DroppedHeaders {
    count: usize,
    bytes: usize,
}

/// The headers of the message that fit into the dead letter, in their order.
fn kept_headers(message: &RawRecord<'_>) -> (Vec<(String, Vec<u8>)>, DroppedHeaders) {
    let mut kept = Vec::new();
    let mut left = HEADER_BYTES;
    let mut dropped = DroppedHeaders::default();
    for (name, value) in message.headers.iter().filter(|(name, _)| is_own(name)) {
        let bytes = name.len() + value.len();
        if kept.len() < MOST_HEADERS && bytes <= left {
            left -= bytes;
            kept.push(((*name).to_owned(), value.to_vec()));
        } else {
            dropped.count += 1;
            dropped.bytes += bytes;
        }
    }
    (kept, dropped)
}

/// The beginning of the text, at most `longest` bytes.
fn shortened(text: &str, longest: usize) -> &str {
    &text[..text.floor_char_boundary(longest)]
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
    /// False if key, headers or value were too long for the dead letter.
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
    Some(DeadLetterEvent {
        place: SourcePosition {
            topic: text(headers, TOPIC)?.to_owned(),
            partition: text(headers, PARTITION)?.parse().ok()?,
            offset: text(headers, OFFSET)?.parse().ok()?,
        },
        first: text(headers, FIRST).and_then(|place| place.parse().ok()),
        reason: text(headers, REASON).unwrap_or_default().to_owned(),
        at: text(headers, AT).and_then(|at| at.parse().ok()),
        key: bytes(headers, KEY),
        headers: headers.iter().filter(|(name, _)| is_own(name)).copied().collect(),
        // Dead letters of older versions have only the digest of a value.
        is_whole: bytes(headers, TRUNCATED).is_none() && bytes(headers, LEFT_BEHIND).is_none(),
        value,
    })
}

fn bytes<'a>(headers: &[(&str, &'a [u8])], name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|(header, _)| *header == name).map(|(_, value)| *value)
}

fn text<'a>(headers: &[(&str, &'a [u8])], name: &str) -> Option<&'a str> {
    std::str::from_utf8(bytes(headers, name)?).ok()
}

impl DeadLetterEvent<'_> {
    /// The original position of the message. All dead letters of a message that is sent again have the same.
    pub fn original_position(&self) -> &SourcePosition {
        self.first.as_ref().unwrap_or(&self.place)
    }

    /// True if the message was not in the partition of its key.
    pub fn is_misrouted(&self) -> bool {
        self.reason.split(' ').next() == Some(code::MISROUTED)
    }

    /// The headers of the message when it is sent again to `partition`, with the proof of its original position, which
    /// determines the
    /// age of the message.
    pub fn replay_headers(&self, topic: Topic, partition: i32, key: &RecordKey) -> Vec<(String, Vec<u8>)> {
        let place = self.original_position();
        let content =
            RecordContent { topic, partition, headers: &self.headers, key: self.key, value: self.value };
        let mac = key.replay_mac(&content, place);
        let mut headers: Vec<(String, Vec<u8>)> =
            self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        headers.push((REPLAY_OF.to_owned(), place.to_string().into_bytes()));
        headers.push((REPLAY_MAC.to_owned(), mac.into_bytes()));
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Topic;

    /// The limit of the producer and of the topic, in bytes.
    const LIMIT: usize = 16 << 20;

    fn letter<'a>(key: &'a [u8], headers: Vec<(&'a str, &'a [u8])>, value: &'a [u8]) -> Outgoing {
        let topic = Topic::InsuredRecords;
        let message = RawRecord {
            topic,
            partition: 3,
            offset: 7,
            timestamp_ms: None,
            key: Some(key),
            headers,
            value: Some(value),
        };
        let fault = Fault::new("schema", "x".repeat(100_000));
        dead_letter(&message, topic.name(), None, &fault, Timestamp::UNIX_EPOCH)
    }

    /// Names and values of all headers, key and value, with 20 bytes for each header's lengths.
    fn size(letter: &Outgoing) -> usize {
        let headers = letter.headers();
        let headers = headers.iter().map(|(name, value)| name.len() + value.len() + 20);
        headers.sum::<usize>() + letter.key.len() + letter.value.as_ref().map_or(0, Vec::len)
    }

    fn header<'a>(letter: &'a Outgoing, name: &str) -> Option<&'a str> {
        let found = letter.extra.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| std::str::from_utf8(value).unwrap())
    }

    #[test]
    fn a_dead_letter_of_any_message_fits() {
        let huge = vec![b'x'; 100 << 20];
        for headers in [
            vec![("h", huge.as_slice())],
            vec![("h", &huge[..1000]); 100_000],
            vec![("h", &huge[..HEADER_BYTES - 1]), ("ce_type", b"x")],
            vec![("h", b"".as_slice()); 1_000_000],
        ] {
            let letter = letter(&huge[..1 << 20], headers, &huge[..LONGEST_VALUE]);
            assert!(size(&letter) < LIMIT, "{} bytes", size(&letter));
            let lacks = header(&letter, TRUNCATED).unwrap();
            assert!(lacks.contains("headers: ") && lacks.contains("key: 1048576 bytes"), "{lacks}");
            let headers: Vec<_> =
                letter.extra.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
            let parsed = parse(&headers, letter.value.as_deref()).unwrap();
            assert!(!parsed.is_whole && parsed.reason.len() == LONGEST_REASON);
        }
    }

    #[test]
    fn small_headers_stay_beside_a_huge_one() {
        let huge = vec![b'x'; HEADER_BYTES];
        let letter = letter(b"k", vec![("huge", &huge), ("ce_type", b"t"), (TRUNCATED, b"no")], b"v");
        assert_eq!(header(&letter, "ce_type"), Some("t"));
        assert_eq!(header(&letter, "huge"), None);
        assert_eq!(header(&letter, TRUNCATED), Some("headers: 1 of 524292 bytes"));
    }

    #[test]
    fn a_complete_dead_letter_has_no_mark() {
        let letter = letter(b"k", vec![("ce_type", b"t")], b"v");
        assert_eq!((header(&letter, TRUNCATED), header(&letter, KEY)), (None, Some("k")));
    }
}
