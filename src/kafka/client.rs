//! The configuration of every client of the broker.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;

use super::Error;
use crate::config::{Secret, Settings};
use crate::wire::{PartitionCounts, Topic};

/// The maximum size of a message, in bytes. A dead letter carries a whole message and its source position.
pub const MAX_MESSAGE: &str = "16777216";

/// The queue size of a producer that writes little, in KiB. The queue must fit the largest message: librdkafka reports
/// even an empty queue as full, permanently, if the message is larger than the queue.
pub const SMALL_QUEUE: &str = "20480";

/// How long a request waits for the answer of the broker.
pub const ANSWER: Duration = Duration::from_secs(10);

/// The broker that the settings name.
#[derive(Clone, Debug)]
pub struct Broker {
    brokers: String,
    properties: BTreeMap<String, Secret>,
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

    /// The name of the topic on this broker, with the prefix of the installation.
    pub fn name(&self, topic: Topic) -> String {
        topic.full_name(&self.prefix)
    }

    /// The number of partitions of the topic in this installation.
    pub fn partitions(&self, topic: Topic) -> i32 {
        self.partitions.of(topic)
    }

    /// The numbers of partitions of all topics in this installation.
    pub fn partition_counts(&self) -> PartitionCounts {
        self.partitions
    }

    /// The topic with this name on this broker.
    pub fn topic(&self, name: &str) -> Option<Topic> {
        Topic::from_full_name(name, &self.prefix)
    }

    /// A name of Peyvand on this broker: a consumer group or a transactional id.
    pub fn client_name(&self, name: &str) -> String {
        format!("{}peyvand-{name}", self.prefix)
    }

    /// The error for a broker that does not answer.
    pub fn unreachable(&self, problem: impl ToString) -> Error {
        Error::Unreachable { brokers: self.brokers.clone(), problem: problem.to_string() }
    }

    /// The configuration that all clients share. It includes the librdkafka properties of the settings (TLS, SASL).
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "peyvand")
            .set("log.connection.close", "false");
        for (name, value) in &self.properties {
            config.set(name, value.expose());
        }
        config
    }

    /// The configuration of a consumer without a consumer group: it reads the partitions that it is assigned by hand.
    pub fn consumer_config(&self) -> ClientConfig {
        let mut config = self.config();
        config
            // librdkafka requires a group id even if the consumer joins no group.
            .set("group.id", self.client_name("reader"))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "error")
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.message.max.bytes", "4194304");
        config
    }

    /// The configuration of a producer that loses no message and keeps the order.
    ///
    /// A connection has at most one request in flight, because a broker accepts any sequence number from a producer
    /// that it does not know. If a second request were in flight while the first is refused, the broker would store the
    /// second, and librdkafka would count the messages of the first as delivered (`tests/it/ingest/lost_rows.rs`).
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

#[cfg(test)]
mod tests {
    use rdkafka::producer::{BaseProducer, DefaultProducerContext};

    use super::*;

    /// A consumer without a codec cannot read a batch that another client compressed with it, and stays at its offset.
    #[test]
    fn librdkafka_is_built_with_every_codec() {
        let broker = Broker::new(&Settings::load_from(&BTreeMap::new(), None, []).unwrap().settings);
        for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
            let mut config = broker.config();
            config.set("compression.type", codec);
            let client: Result<BaseProducer<DefaultProducerContext>, _> = config.create();
            assert!(client.is_ok(), "{codec}: {:?}", client.err());
        }
    }

    #[test]
    fn debug_output_hides_the_properties() {
        let flags = [("kafka.sasl.password".to_owned(), "hush-hush".to_owned())].into();
        let broker = Broker::new(&Settings::load_from(&flags, None, []).unwrap().settings);
        assert!(!format!("{broker:?}").contains("hush-hush"));
        assert_eq!(broker.config().get("sasl.password"), Some("hush-hush"));
    }
}
