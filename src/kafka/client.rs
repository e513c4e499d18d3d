//! How every client of the broker is made.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;

use super::Error;
use crate::config::Settings;
use crate::wire::{PartitionCounts, Topic};

/// The most that a message may weigh, in bytes: dead letters carry a message and its place.
pub const MAX_MESSAGE: &str = "16777216";

/// The queue of a producer that writes little, in KiB. It must hold the largest message: librdkafka calls even an empty queue
/// full for one that is larger, for ever.
pub const SMALL_QUEUE: &str = "20480";

/// How long an answer of the broker is waited for.
pub const ANSWER: Duration = Duration::from_secs(10);

/// The broker as the settings name it.
#[derive(Clone, Debug)]
pub struct Broker {
    brokers: String,
    properties: BTreeMap<String, String>,
    prefix: String,
    partitions: PartitionCounts,
}

impl Broker {
    pub fn new(settings: &Settings) -> Self {
        Self {
            brokers: settings.kafka_brokers.clone(),
            properties: settings.kafka_properties.clone(),
            prefix: settings.topic_prefix.clone(),
            partitions: PartitionCounts::new(settings.topic_partitions),
        }
    }

    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The topic's name on this broker.
    pub fn name(&self, topic: Topic) -> String {
        topic.full_name(&self.prefix)
    }

    /// How many partitions the topic has in this installation.
    pub fn partitions(&self, topic: Topic) -> i32 {
        self.partitions.of(topic)
    }

    /// The topic of a name on this broker.
    pub fn topic(&self, name: &str) -> Option<Topic> {
        Topic::from_full_name(name, &self.prefix)
    }

    /// A name of ours on this broker: a group, a transactional id.
    pub fn client_name(&self, name: &str) -> String {
        format!("{}peyvand-{name}", self.prefix)
    }

    /// The error of a broker that does not answer.
    pub fn unreachable(&self, problem: impl ToString) -> Error {
        Error::Unreachable { brokers: self.brokers.clone(), problem: problem.to_string() }
    }

    /// What all clients share; librdkafka's own properties of the settings (TLS, SASL) included.
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "peyvand")
            .set("log.connection.close", "false");
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config
    }

    /// A consumer that belongs to no group: it reads what it is told to.
    pub fn consumer_config(&self) -> ClientConfig {
        let mut config = self.config();
        config
            // librdkafka wants a group id even where no group is joined.
            .set("group.id", self.client_name("reader"))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "error")
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.message.max.bytes", "4194304");
        config
    }

    /// A producer that loses nothing and keeps order.
    ///
    /// One request at a time on a connection: a broker takes any sequence number from a producer that it does not know. Were
    /// a second request under way while the first is refused, the second would be stored, and librdkafka would count the
    /// messages of the first as delivered (`tests/it/lost_rows.rs`).
    pub fn producer_config(&self) -> ClientConfig {
        let mut config = self.config();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("max.in.flight.requests.per.connection", "1")
            .set("compression.type", "lz4")
            .set("linger.ms", "5")
            .set("message.max.bytes", MAX_MESSAGE)
            .set("queue.buffering.max.kbytes", "32768")
            .set("queue.buffering.max.messages", "100000");
        config
    }
}
