//! Direct access to the broker, without the program: malformed records, committed offsets, creation and deletion of
//! topics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use peyvand::kafka::reader;
use peyvand::wire::Topic;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, FutureProducer, FutureRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

use crate::harness::{SentRecord, TestApp};

/// The timeout of one request to the broker. A single request may take long on a busy machine.
const SOON: Duration = Duration::from_secs(90);

/// The time of an event of the outside world: after every date and instant in the data of the tests.
pub const CE_TIME: &str = "2026-01-01T06:30:00Z";

fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", "test").set("log_level", "2");
    config
}

/// A member of the intake's consumer group that has partitions and ingests nothing. It leaves the group when dropped.
pub struct IdleMember {
    over: Arc<AtomicBool>,
    polling: Option<JoinHandle<()>>,
}

impl IdleMember {
    pub(super) fn join(app: &TestApp) -> Self {
        let mut config = client(&app.brokers);
        config
            .set("group.id", format!("{}peyvand-intake", app.prefix))
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "6000")
            .set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().unwrap();
        let names: Vec<_> = Topic::inputs().map(|topic| topic.full_name(&app.prefix)).collect();
        consumer.subscribe(&names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let polling = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                drop(consumer.poll(Duration::from_millis(100)));
            }
        });
        Self { over, polling: Some(polling) }
    }
}

impl Drop for IdleMember {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.polling.take().map(JoinHandle::join);
    }
}

fn event_headers<'a>(ce_type: &'a str, ce_id: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("ce_specversion", "1.0"),
        ("ce_id", ce_id),
        ("ce_source", "/test"),
        ("ce_type", ce_type),
        ("content-type", "application/json"),
    ]
}

/// Sends single records. Each call returns after the broker has acknowledged the record.
pub struct Raw<'a> {
    app: &'a TestApp,
    producer: FutureProducer,
}

impl<'a> Raw<'a> {
    pub(super) fn new(app: &'a TestApp) -> Self {
        let producer =
            client(&app.brokers).set("acks", "all").set("partitioner", "murmur2_random").create().unwrap();
        Self { app, producer }
    }

    /// Sends an event as an outside system would. Returns partition and offset.
    pub fn event(&self, topic: &str, key: &str, ce_type: &str, ce_id: &str, data: &Value) -> (i32, i64) {
        self.event_with(topic, key, ce_type, ce_id, data, &[])
    }

    /// Sends an event with additional headers.
    pub fn event_with(
        &self,
        topic: &str,
        key: &str,
        ce_type: &str,
        ce_id: &str,
        data: &Value,
        more: &[(&str, &str)],
    ) -> (i32, i64) {
        let mut headers = event_headers(ce_type, ce_id).to_vec();
        headers.extend(more);
        if !more.iter().any(|(name, _)| *name == "ce_time") {
            headers.push(("ce_time", CE_TIME));
        }
        self.record(topic, Some(key.as_bytes()), &headers, Some(data.to_string().as_bytes()))
    }

    /// Sends any record, and registers it as one that must be in its topic at the end of the test.
    pub fn record(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        headers: &[(&str, &str)],
        value: Option<&[u8]>,
    ) -> (i32, i64) {
        self.registered(topic, None, key, headers, value)
    }

    /// Sends an event to this partition, independent of its key.
    pub fn event_in(
        &self,
        topic: &str,
        partition: i32,
        key: &str,
        ce_type: &str,
        ce_id: &str,
        data: &Value,
    ) -> (i32, i64) {
        let value = data.to_string();
        let mut headers = event_headers(ce_type, ce_id).to_vec();
        headers.push(("ce_time", CE_TIME));
        self.registered(topic, Some(partition), Some(key.as_bytes()), &headers, Some(value.as_bytes()))
    }

    fn registered(
        &self,
        topic: &str,
        partition: Option<i32>,
        key: Option<&[u8]>,
        headers: &[(&str, &str)],
        value: Option<&[u8]>,
    ) -> (i32, i64) {
        let full_name = format!("{}{topic}", self.app.prefix);
        let ce_id = headers.iter().find(|(name, _)| *name == "ce_id").map_or("", |(_, id)| *id);
        let headers = headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
            all.insert(Header { key, value: Some(value.as_bytes()) })
        });
        let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(&full_name).headers(headers);
        record.partition = partition;
        record.key = key;
        record.payload = value;
        let sent = self.app.runtime.block_on(self.producer.send(record, SOON));
        let delivery = sent.unwrap_or_else(|(error, _)| panic!("{topic}: {error}"));
        assert!(delivery.offset >= 0, "{topic}: acknowledged without an offset");
        let (partition, offset) = (delivery.partition, delivery.offset);
        let sent = SentRecord { topic: topic.to_owned(), partition, offset, ce_id: ce_id.to_owned() };
        self.app.sent.lock().unwrap().push(sent);
        (partition, offset)
    }
}

impl Raw<'_> {
    /// Sends a record with the bytes of another one to this partition, and `more` headers behind its own.
    pub fn copy(&self, topic: &str, partition: i32, record: &StoredRecord, more: &[(&str, &str)]) {
        let topic = format!("{}{topic}", self.app.prefix);
        let own = record.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let more = more.iter().map(|(name, value)| (*name, value.as_bytes()));
        let headers = own
            .chain(more)
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value) }));
        let mut copy: FutureRecord<'_, [u8], [u8]> =
            FutureRecord::to(&topic).partition(partition).headers(headers);
        copy.key = record.key.as_deref();
        copy.payload = record.value.as_deref();
        self.app.runtime.block_on(self.producer.send(copy, SOON)).unwrap();
    }

    /// Sends an event in a transaction, as some outside systems do. The partition then ends with a transaction marker.
    pub fn transaction(
        &self,
        topic: &str,
        key: &str,
        ce_type: &str,
        ce_id: &str,
        data: &Value,
        commit: bool,
    ) {
        let id = format!("{}outside", self.app.prefix);
        let mut config = client(&self.app.brokers);
        config.set("transactional.id", id).set("partitioner", "murmur2_random");
        let raw = Raw { app: self.app, producer: config.create().unwrap() };
        raw.producer.init_transactions(SOON).unwrap();
        raw.producer.begin_transaction().unwrap();
        raw.event(topic, key, ce_type, ce_id, data);
        if commit {
            raw.producer.commit_transaction(SOON).unwrap();
        } else {
            raw.producer.abort_transaction(SOON).unwrap();
            // Consumers do not see an aborted record.
            self.app.sent.lock().unwrap().pop();
        }
    }
}

/// Commits the end offsets of a topic for the intake's consumer group. The group must have no members.
pub fn commit_end_offsets(app: &TestApp, topic: &str) {
    let mut ends = BTreeMap::new();
    for record in stored_records(app, topic) {
        ends.insert(record.partition, record.offset + 1);
    }
    let mut list = TopicPartitionList::new();
    for (partition, end) in ends {
        let name = format!("{}{topic}", app.prefix);
        list.add_partition_offset(&name, partition, Offset::Offset(end)).unwrap();
    }
    let mut config = client(&app.brokers);
    let consumer: BaseConsumer =
        config.set("group.id", format!("{}peyvand-intake", app.prefix)).create().unwrap();
    consumer.commit(&list, CommitMode::Sync).unwrap();
}

/// Creates topics before the program does, as another tool might.
pub fn make_topics(app: &TestApp, topics: &[(&str, i32)]) {
    let admin: AdminClient<DefaultClientContext> = client(&app.brokers).create().unwrap();
    let names: Vec<_> = topics.iter().map(|(topic, _)| format!("{}{topic}", app.prefix)).collect();
    let new: Vec<_> = names
        .iter()
        .zip(topics)
        .map(|(name, (_, partitions))| NewTopic::new(name, *partitions, TopicReplication::Fixed(1)))
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(SOON));
    let made = app.runtime.block_on(admin.create_topics(&new, &options)).unwrap();
    assert!(made.iter().all(Result::is_ok), "{made:?}");
}

/// Fences earlier producers with this transactional id: the broker refuses them from now on.
pub fn fence(app: &TestApp, name: &str) {
    let mut config = client(&app.brokers);
    let producer: BaseProducer =
        config.set("transactional.id", format!("{}peyvand-{name}", app.prefix)).create().unwrap();
    producer.init_transactions(SOON).unwrap();
}

/// A record in a topic, byte for byte.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredRecord {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub value: Option<Vec<u8>>,
}

impl StoredRecord {
    /// The record without the headers of the relay.
    pub fn without_proof(&self) -> Self {
        let mut copy = self.clone();
        copy.headers.retain(|(name, _)| !name.starts_with("peyvand_"));
        copy
    }

    /// A header as text; empty if it is missing.
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice());
        String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
    }
}

pub fn stored_records(app: &TestApp, topic: &str) -> Vec<StoredRecord> {
    let mut config = client(&app.brokers);
    config
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "20");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut open = app.partitions().of(Topic::from_name(topic).unwrap());
    let mut list = TopicPartitionList::new();
    for partition in 0..open {
        list.add_partition_offset(&format!("{}{topic}", app.prefix), partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut found = Vec::new();
    while open > 0 {
        match consumer.poll(SOON).unwrap_or_else(|| panic!("{topic}: no end of a partition within {SOON:?}"))
        {
            Err(KafkaError::PartitionEOF(_)) => open -= 1,
            Err(error) => panic!("{topic}: {error}"),
            Ok(message) => found.push(stored_record(&message)),
        }
    }
    found
}

fn stored_record(message: &BorrowedMessage<'_>) -> StoredRecord {
    let headers = reader::headers(message).into_iter();
    StoredRecord {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_vec())).collect(),
        value: message.payload().map(<[u8]>::to_vec),
    }
}

/// Deletes the records before this offset.
pub fn delete_records(app: &TestApp, topic: &str, partition: i32, before: i64) {
    let admin: AdminClient<DefaultClientContext> = client(&app.brokers).create().unwrap();
    let options = AdminOptions::new().operation_timeout(Some(SOON));
    let mut list = TopicPartitionList::new();
    let name = format!("{}{topic}", app.prefix);
    list.add_partition_offset(&name, partition, Offset::Offset(before)).unwrap();
    app.runtime.block_on(admin.delete_records(&list, &options)).unwrap();
}

/// Deletes one topic and returns when the broker confirms it.
pub fn delete_topic(app: &TestApp, topic: &str) {
    let name = format!("{}{topic}", app.prefix);
    let admin: AdminClient<DefaultClientContext> = client(&app.brokers).create().unwrap();
    let options = AdminOptions::new().operation_timeout(Some(SOON));
    let deleted = app.runtime.block_on(admin.delete_topics(&[&name], &options)).unwrap();
    assert_eq!(deleted, [Ok(name)]);
}

pub async fn delete_topics(brokers: &str, prefix: &str) {
    let admin: AdminClient<DefaultClientContext> = client(brokers).create().unwrap();
    let names: Vec<_> = Topic::ALL.iter().map(|topic| topic.full_name(prefix)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let options = AdminOptions::new().request_timeout(Some(SOON));
    let _ = admin.delete_topics(&names, &options).await;
}
