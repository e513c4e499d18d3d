//! Sending events with bounded memory, and knowing that all of them arrived.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};

use super::client::{ANSWER, Broker, SMALL_QUEUE};
use super::{Error, Result, telling};
use crate::boundary::boundary;
use crate::store::offsets::Partition;
use crate::wire::dead_letters_v1::DeadLetter;
use crate::wire::{EventType, Outgoing, partition_for};

/// Counts what the broker acknowledged and what it refused.
#[derive(Default)]
pub struct Deliveries {
    acknowledged: AtomicU64,
    refused: AtomicU64,
    first_error: Mutex<Option<KafkaError>>,
    /// Of each partition the first offset and the one behind the last, where a writer wants to know them.
    reached: Option<Mutex<Reached>>,
}

type Reached = HashMap<(String, i32), (i64, i64)>;

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        telling::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        telling::error(&error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(message) => {
                if let Some(Ok(mut reached)) = self.reached.as_ref().map(Mutex::lock) {
                    let (place, at) = ((message.topic().to_owned(), message.partition()), message.offset());
                    let span = reached.entry(place).or_insert((at, at + 1));
                    *span = (span.0.min(at), span.1.max(at + 1));
                }
                self.acknowledged.fetch_add(1, Ordering::Release);
            }
            Err((error, _)) => {
                if let Ok(mut first) = self.first_error.lock() {
                    first.get_or_insert_with(|| error.clone());
                }
                self.refused.fetch_add(1, Ordering::Release);
            }
        }
    }
}

/// A producer for many events. Its calls block for moments: use it where blocking is allowed.
pub struct Sender {
    producer: ThreadedProducer<Deliveries>,
    broker: Broker,
    sent: u64,
}

impl Sender {
    /// For events whose order and repetition their ids settle.
    pub fn plain(broker: &Broker) -> Result<Self> {
        let mut config = broker.producing();
        config.set("message.timeout.ms", "30000");
        Ok(Self {
            producer: config.create_with_context(Deliveries::default())?,
            broker: broker.clone(),
            sent: 0,
        })
    }

    /// The one writer of a group of partitions: from here on any older writer with this id is refused by the broker.
    pub fn fencing(broker: &Broker, id: &str) -> Result<Self> {
        let mut config = broker.producing();
        config
            .set("transactional.id", broker.own(id))
            .set("queue.buffering.max.kbytes", SMALL_QUEUE)
            // Low, so that readers do not wait long for a transaction whose owner died.
            .set("transaction.timeout.ms", "10000")
            .set("message.timeout.ms", "9000");
        let producer: ThreadedProducer<Deliveries> = config
            .create_with_context(Deliveries { reached: Some(Mutex::default()), ..Deliveries::default() })?;
        boundary!("relay.fence", producer.init_transactions(Duration::from_secs(30)))?;
        Ok(Self { producer, broker: broker.clone(), sent: 0 })
    }

    pub fn begin(&self) -> Result<()> {
        Ok(boundary!("relay.begin", self.producer.begin_transaction())?)
    }

    /// Returns once every event has been acknowledged and the transaction stands. After an error nothing is known:
    /// drop this sender, fence anew and look at the topics' tails.
    pub fn commit(&self) -> Result<()> {
        self.wait()?;
        Ok(boundary!("relay.commit", self.producer.commit_transaction(Duration::from_secs(30)))?)
    }

    /// Sends an event to the partition of its key, with further headers; waits while the queue is full.
    pub fn send(&mut self, event: &Outgoing, more: &[(&str, &[u8])]) -> Result<()> {
        let topic = self.broker.name(event.topic());
        let partition = partition_for(event.key.as_bytes(), event.topic().spec().partitions);
        let mut headers = OwnedHeaders::new_with_capacity(10);
        for (key, value) in event.headers() {
            headers = headers.insert(Header { key, value: Some(value.as_ref()) });
        }
        for (key, value) in more {
            headers = headers.insert(Header { key, value: Some(*value) });
        }
        let key =
            (event.kind != EventType::DeadLetter || !event.key.is_empty()).then_some(event.key.as_str());
        self.send_raw(&topic, Some(partition), key.map(str::as_bytes), event.value.as_deref(), headers)
    }

    /// Sends a dead letter to the topic that it came from, key and bytes as they were.
    pub fn send_again(&mut self, letter: &DeadLetter<'_>) -> Result<()> {
        let mut headers = OwnedHeaders::new();
        for (key, value) in letter.replay_headers() {
            headers = headers.insert(Header { key: &key, value: Some(&value) });
        }
        // The same partition: per key, order is kept.
        self.send_raw(&letter.place.topic, Some(letter.place.partition), letter.key, letter.value, headers)
    }

    fn send_raw(
        &mut self,
        topic: &str,
        partition: Option<i32>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: OwnedHeaders,
    ) -> Result<()> {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).headers(headers);
        record.partition = partition;
        record.key = key;
        record.payload = value;
        loop {
            match boundary!("produce.send", self.producer.send(record)) {
                Ok(()) => {
                    self.sent += 1;
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                    record = again;
                    self.failed()?;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    /// Waits until everything sent has been acknowledged. (`flush` polls in coarse steps; counting is twice as fast.)
    pub fn wait(&self) -> Result<()> {
        boundary!("produce.acknowledge", self.await_acknowledgements())
    }

    fn await_acknowledgements(&self) -> Result<()> {
        let deliveries = self.producer.context();
        loop {
            self.failed()?;
            if deliveries.acknowledged.load(Ordering::Acquire) >= self.sent {
                return Ok(());
            }
            std::thread::sleep(Duration::from_micros(300));
        }
    }

    fn failed(&self) -> Result<()> {
        let deliveries = self.producer.context();
        let refused = deliveries.refused.load(Ordering::Acquire);
        if refused == 0 {
            return Ok(());
        }
        let first = deliveries.first_error.lock().ok().and_then(|error| error.clone());
        Err(Error::NotDelivered(refused, first.map_or_else(String::new, |error| error.to_string())))
    }

    /// Which offsets each partition gave to what was sent since the last call: the first, and the one behind the last.
    pub fn take_reached(&self) -> Vec<(Partition, i64, i64)> {
        let reached = self.producer.context().reached.as_ref().and_then(|reached| reached.lock().ok());
        let reached = reached.map(|mut reached| std::mem::take(&mut *reached)).unwrap_or_default();
        let place = |((topic, partition), (first, next)): ((String, i32), (i64, i64))| {
            Some((Partition { topic: self.broker.topic(&topic)?, partition }, first, next))
        };
        reached.into_iter().filter_map(place).collect()
    }

    /// Events acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.producer.context().acknowledged.load(Ordering::Acquire)
    }

    /// Is the broker there? Said before a long file is begun.
    pub fn check(&self) -> Result<()> {
        let answer = boundary!("produce.check", self.producer.client().fetch_metadata(None, ANSWER));
        answer.map(drop).map_err(|error| self.broker.unreachable(error))
    }
}
