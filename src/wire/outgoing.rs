//! Outgoing events: CloudEvents 1.0.2 in Kafka's binary mode.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::{Bytes, serde_as};
use uuid::Uuid;

use super::{EventType, Topic};

/// The header that contains the sequence number of each outgoing record.
pub const SEQUENCE_HEADER: &str = "peyvand_position";

/// The `ce_source` of every event that Peyvand publishes.
pub const SOURCE: &str = "/peyvand";

/// An event as the outbox stores it and as a producer sends it.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    pub kind: EventType,
    /// The record's key. [`super::partition_for`] computes the partition from it.
    pub key: String,
    /// `ce_id`, derived from the cause of the event, so that a repeated event has the same id.
    pub id: String,
    /// `ce_time`, in microseconds since 1970.
    pub at_us: i64,
    pub traceparent: Option<String>,
    /// None only for a dead letter without a value.
    #[serde_as(as = "Option<Bytes>")]
    pub value: Option<Vec<u8>>,
    /// Additional headers.
    pub extra: Vec<(String, Vec<u8>)>,
}

impl Outgoing {
    /// Creates an event with `data` serialized as JSON.
    ///
    /// # Errors
    /// Returns an error if `data` cannot be serialized.
    pub fn new(
        kind: EventType,
        key: impl Into<String>,
        id: impl Into<String>,
        at: Timestamp,
        traceparent: Option<&str>,
        data: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        // About the size of the JSON in bytes, so that the buffer does not have to grow.
        let mut value = Vec::with_capacity(if kind == EventType::DecisionMade { 8192 } else { 1024 });
        serde_json::to_writer(&mut value, data)?;
        Ok(Self {
            kind,
            key: key.into(),
            id: id.into(),
            at_us: at.as_microsecond(),
            traceparent: traceparent.map(str::to_owned),
            value: Some(value),
            extra: Vec::new(),
        })
    }

    pub fn topic(&self) -> Topic {
        self.kind.topic()
    }

    /// The id that the key contains. A national code is no subject: intermediaries may log it.
    fn subject(&self) -> Option<&str> {
        (!self.topic().has_personal_key()).then_some(self.key.as_str())
    }

    /// All headers in the order in which they are sent. A dead letter has only those in `extra`, which include the
    /// headers of its message.
    pub fn headers(&self) -> Vec<(&str, Cow<'_, [u8]>)> {
        let mut headers: Vec<(&str, Cow<'_, [u8]>)> = Vec::with_capacity(9 + self.extra.len());
        if self.kind != EventType::DeadLetter {
            headers.push(("ce_specversion", Cow::Borrowed(b"1.0")));
            headers.push(("ce_id", Cow::Borrowed(self.id.as_bytes())));
            headers.push(("ce_source", Cow::Borrowed(SOURCE.as_bytes())));
            headers.push(("ce_type", Cow::Borrowed(self.kind.name().as_bytes())));
            if let Ok(at) = Timestamp::from_microsecond(self.at_us) {
                headers.push(("ce_time", Cow::Owned(at.to_string().into_bytes())));
            }
            if let Some(subject) = self.subject() {
                headers.push(("ce_subject", Cow::Borrowed(subject.as_bytes())));
            }
            headers.push(("ce_dataschema", Cow::Owned(self.kind.schema_id().into_bytes())));
            headers.push(("content-type", Cow::Borrowed(b"application/json")));
            if let Some(trace) = &self.traceparent {
                headers.push(("traceparent", Cow::Borrowed(trace.as_bytes())));
            }
        }
        headers
            .extend(self.extra.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_slice()))));
        headers
    }
}

/// Shows only the type and the id, because key and value may be personal data.
impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("kind", &self.kind).field("id", &self.id).finish_non_exhaustive()
    }
}

/// The UUID namespace of derived ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6b1f_2a0e_5d43_5c1b_9a77_85e0_71c8_2d4f);

/// The id of an event of this type with this identity, e.g. `(MarriageRecorded, [record_id, version])`.
pub fn event_id(kind: EventType, identity: &[&str]) -> String {
    let mut name = kind.name().to_owned();
    for part in identity {
        // No part contains this separator, so ("ab", "c") and ("a", "bc") have different ids.
        name.push('\u{1f}');
        name.push_str(part);
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
}

/// The trace of an input without a trace. It is derived from the input's position, so every read yields the same trace.
pub fn traceparent_of_position(topic: &str, partition: i32, offset: i64) -> String {
    let position = format!("{topic}\u{1f}{partition}\u{1f}{offset}");
    let trace = Uuid::new_v5(&NAMESPACE, position.as_bytes());
    format!("00-{}-{:016x}-01", trace.simple(), trace.as_u64_pair().1)
}

/// A new trace (W3C trace context) for work that no input causes: a publication, a month's close.
pub fn fresh_traceparent() -> String {
    // A span id of zeros is invalid.
    format!("00-{}-{:016x}-01", Uuid::new_v4().simple(), Uuid::new_v4().as_u64_pair().0 | 1)
}
