//! The topics, as `schemas/topics.json` describes them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

macro_rules! topics {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// A topic of the published contract.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Topic { $($variant),+ }

        impl Topic {
            pub const ALL: &'static [Topic] = &[$(Topic::$variant),+];

            /// The name without the prefix, e.g. `registry.marriages.v1`.
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
    PortalObjections = "portal.objections.v1",
    CaseworkFindings = "casework.findings.v1",
}

/// The direction of a topic, as seen from Peyvand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}

/// The entry of a topic in `schemas/topics.json`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicSpec {
    pub name: String,
    pub direction: Direction,
    /// The field whose text is the record's key.
    pub key: String,
    /// The default; the setting `topic_partitions` can change it: see [`super::PartitionCounts`].
    pub partitions: i32,
    /// In milliseconds; -1 keeps records forever.
    pub retention_ms: i64,
    /// Additional topic settings, by the broker's names. The `compression.type` of an input is lz4: the broker stores
    /// every batch in the codec that `publish` uses, which every client can read. Batches of `publish` are stored
    /// unchanged.
    pub config: BTreeMap<String, String>,
}

static SPECS: LazyLock<Vec<TopicSpec>> = LazyLock::new(parse_specs);

#[expect(clippy::expect_used, reason = "compiled in, and a test reads it")]
fn parse_specs() -> Vec<TopicSpec> {
    let specs: Vec<TopicSpec> = serde_json::from_str(include_str!("../../schemas/topics.json"))
        .expect("schemas/topics.json is well formed");
    let mut in_order = Vec::with_capacity(specs.len());
    for topic in Topic::ALL {
        let spec = specs.iter().find(|spec| spec.name == topic.name());
        in_order.push(spec.expect("schemas/topics.json names every topic").clone());
    }
    in_order
}

impl Topic {
    pub fn spec(self) -> &'static TopicSpec {
        &SPECS[self as usize]
    }

    pub fn direction(self) -> Direction {
        self.spec().direction
    }

    /// Whether the key is the national code of a person.
    pub fn has_personal_key(self) -> bool {
        self.key_field().ends_with("national_code")
    }

    /// The field whose text is the record's key, e.g. `record_id`.
    pub fn key_field(self) -> &'static str {
        &self.spec().key
    }

    /// The name on the broker.
    pub fn full_name(self, prefix: &str) -> String {
        format!("{prefix}{}", self.name())
    }

    /// The topic with this name on the broker.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_described() {
        for (index, topic) in Topic::ALL.iter().enumerate() {
            assert_eq!(*topic as usize, index);
            assert_eq!(topic.spec().name, topic.name());
            assert_eq!(Topic::from_full_name(&topic.full_name("t1."), "t1."), Some(*topic));
        }
        for input in Topic::inputs() {
            assert_eq!(input.spec().config["compression.type"], "lz4", "{}", input.name());
        }
        assert_eq!(Topic::inputs().count(), 8);
        assert_eq!(Topic::outputs().count(), 5);
    }
}
