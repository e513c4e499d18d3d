//! The broker past the program: records as nobody should send them, marks, and the end of a test's topics.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::Value;

use super::TestApp;

const SOON: Duration = Duration::from_secs(20);

pub fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", "test").set("log_level", "2");
    config
}

/// Sends single records; each has been acknowledged when its call returns.
pub struct Raw<'a> {
    app: &'a TestApp,
    producer: FutureProducer,
}

impl<'a> Raw<'a> {
    pub(super) fn new(app: &'a TestApp) -> Self {
        // Topics are made by the first command; a test may well send before any other.
        app.text(&["dead-letters", "list"]);
        let producer = client(&app.brokers).set("acks", "all").set("partitioner", "murmur2_random").create().unwrap();
        Self { app, producer }
    }

    /// An event as an outside system sends it; gives partition and offset.
    pub fn event(&self, topic: &str, key: &str, ce_type: &str, ce_id: &str, data: &Value) -> (i32, i64) {
        self.event_with(topic, key, ce_type, ce_id, data, &[])
    }

    /// The same with further headers.
    pub fn event_with(
        &self,
        topic: &str,
        key: &str,
        ce_type: &str,
        ce_id: &str,
        data: &Value,
        more: &[(&str, &str)],
    ) -> (i32, i64) {
        let mut headers = vec![
            ("ce_specversion", "1.0"),
            ("ce_id", ce_id),
            ("ce_source", "/test"),
            ("ce_type", ce_type),
            ("content-type", "application/json"),
        ];
        headers.extend(more);
        self.record(topic, Some(key.as_bytes()), &headers, Some(data.to_string().as_bytes()))
    }

    /// Any record.
    pub fn record(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        headers: &[(&str, &str)],
        value: Option<&[u8]>,
    ) -> (i32, i64) {
        let topic = format!("{}{topic}", self.app.prefix);
        let headers = headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
            all.insert(Header { key, value: Some(value.as_bytes()) })
        });
        let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(&topic).headers(headers);
        record.key = key;
        record.payload = value;
        let sent = self.app.runtime.block_on(self.producer.send(record, SOON));
        let delivery = sent.unwrap_or_else(|(error, _)| panic!("{topic}: {error}"));
        (delivery.partition, delivery.offset)
    }
}

/// The next offset of every partition of a topic.
pub fn ends(app: &TestApp, topic: &str) -> Vec<(i32, i64)> {
    let consumer: BaseConsumer = client(&app.brokers).create().unwrap();
    let name = format!("{}{topic}", app.prefix);
    let metadata = consumer.fetch_metadata(Some(&name), SOON).unwrap();
    let partitions = metadata.topics()[0].partitions().iter();
    partitions.map(|p| (p.id(), consumer.fetch_watermarks(&name, p.id(), SOON).unwrap().1)).collect()
}

pub async fn delete_topics(brokers: &str, prefix: &str) {
    let admin: AdminClient<DefaultClientContext> = client(brokers).create().unwrap();
    let names: Vec<_> = peyvand::wire::Topic::ALL.iter().map(|topic| topic.full_name(prefix)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let options = AdminOptions::new().request_timeout(Some(SOON));
    let _ = admin.delete_topics(&names, &options).await;
}
