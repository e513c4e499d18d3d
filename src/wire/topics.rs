//! The topics, as `schemas/topics.json` describes them, and the partition of a key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

macro_rules! topics {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// A topic of the contract.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Topic { $($variant),+ }

        impl Topic {
            pub const ALL: &'static [Topic] = &[$(Topic::$variant),+];

            /// Without prefix, e.g. `registry.marriages.v1`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

topics! {
    RegistryMarriages = "registry.marriages.v1",
    RegistryFiles = "registry.files.v1",
    PortalSelfRegistrations = "portal.self-registrations.v1",
    InsuredRecords = "insured.records.v1",
    FinancePaymentOutcomes = "finance.payment-outcomes.v1",
    NotificationsDeliveryReports = "notifications.delivery-reports.v1",
    EligibilityDecisions = "eligibility.decisions.v1",
    FinancePaymentDocuments = "finance.payment-documents.v1",
    NotificationsSms = "notifications.sms.v1",
    RegistryFileReceipts = "registry.file-receipts.v1",
    DeadLetters = "dead-letters.v1",
}

/// Seen from Peyvand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}

/// What `schemas/topics.json` says of a topic.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicSpec {
    pub name: String,
    pub direction: Direction,
    /// The field whose text is the record's key.
    pub key: String,
    pub partitions: i32,
    /// Milliseconds; -1 keeps for ever.
    pub retention_ms: i64,
    /// Further settings of the topic, by the broker's names.
    pub config: BTreeMap<String, String>,
}

static SPECS: LazyLock<Vec<TopicSpec>> = LazyLock::new(parse_specs);

#[expect(clippy::expect_used, reason = "compiled in, and a test reads it")]
fn parse_specs() -> Vec<TopicSpec> {
    let specs: Vec<TopicSpec> =
        serde_json::from_str(include_str!("../../schemas/topics.json")).expect("schemas/topics.json is well formed");
    let of = |topic: &Topic| specs.iter().find(|spec| spec.name == topic.name()).cloned();
    Topic::ALL.iter().map(|topic| of(topic).expect("schemas/topics.json names every topic")).collect()
}

impl Topic {
    pub fn spec(self) -> &'static TopicSpec {
        &SPECS[self as usize]
    }

    pub fn direction(self) -> Direction {
        self.spec().direction
    }

    /// The field whose text is the record's key, e.g. `record_id`.
    pub fn key_field(self) -> &'static str {
        &self.spec().key
    }

    /// The name on the broker.
    pub fn full_name(self, prefix: &str) -> String {
        format!("{prefix}{}", self.name())
    }

    /// The topic of a name on the broker.
    pub fn from_full_name(name: &str, prefix: &str) -> Option<Self> {
        name.strip_prefix(prefix).and_then(Self::from_name)
    }

    pub fn inputs() -> impl Iterator<Item = Topic> {
        Self::ALL.iter().copied().filter(|topic| topic.direction() == Direction::In)
    }

    pub fn outputs() -> impl Iterator<Item = Topic> {
        Self::ALL.iter().copied().filter(|topic| topic.direction() == Direction::Out)
    }
}

/// The partition of a key among `partitions` (at least one), as Java clients choose it.
#[expect(clippy::cast_possible_wrap, reason = "Java's murmur2 is a signed 32-bit number")]
pub fn partition_for(key: &[u8], partitions: i32) -> i32 {
    let positive = (murmur2(key) & 0x7fff_ffff) as i32;
    positive % partitions.max(1)
}

/// The hash of `org.apache.kafka.common.utils.Utils.murmur2`.
#[expect(clippy::cast_possible_truncation, reason = "the hash is over the length modulo 2^32; keys are short")]
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash: u32 = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in words.by_ref() {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    #[expect(clippy::cast_sign_loss, reason = "Java writes them signed")]
    fn murmur2_is_javas() {
        for (text, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()), hash as u32, "{text}");
        }
        assert_eq!(partition_for(b"21", 8), (-973_932_308_i32 & 0x7fff_ffff) % 8);
        assert_eq!(partition_for(b"", 1), 0);
    }

    #[test]
    fn every_topic_is_described() {
        for (place, topic) in Topic::ALL.iter().enumerate() {
            assert_eq!(*topic as usize, place);
            assert_eq!(topic.spec().name, topic.name());
            assert_eq!(Topic::from_full_name(&topic.full_name("t1."), "t1."), Some(*topic));
        }
        assert_eq!(Topic::inputs().count(), 6);
        assert_eq!(Topic::outputs().count(), 5);
    }
}
