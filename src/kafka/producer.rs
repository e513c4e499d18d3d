//! Sends events with bounded memory, and confirms that the broker stored all of them.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

use super::client::{ANSWER, Broker, SMALL_QUEUE};
use super::delivery_reports::{AcknowledgedRange, DeliveryReports};
use super::topics::PartitionRange;
use super::{Error, Result};
use crate::failpoint::failpoint;
use crate::store::offsets::TopicPartition;
use crate::wire::dead_letters_v1::DeadLetterEvent;
use crate::wire::outgoing::SEQUENCE_HEADER;
use crate::wire::proof::{MAC_HEADER, RecordContent};
use crate::wire::{EventType, Outgoing, RecordKey, Topic, partition_for};

/// It may take 30 s until each partition of a new topic has a leader.
const LEADER_CHECKS: u32 = 600;
const LEADER_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// A producer for many events. Its methods block for a short time, so use it where blocking is allowed.
pub struct Sender {
    producer: ThreadedProducer<DeliveryReports>,
    broker: Broker,
    sent: u64,
}

/// The partition to which the message of a dead letter is sent again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplayTarget {
    /// The one that it came from, so that the order of its key is kept.
    Original,
    /// The one of its key: the message was misrouted.
    OfKey,
}

impl Sender {
    /// Creates a producer without transactions, for events to these topics whose ids resolve their order and
    /// repetition. Returns when every partition has a leader.
    ///
    /// # Errors
    /// If the broker does not answer, or a partition has no leader for 30 s.
    pub fn plain(broker: &Broker, topics: &[Topic]) -> Result<Self> {
        let mut config = broker.producer_config();
        config.set("message.timeout.ms", "30000");
        let producer = config.create_with_context(DeliveryReports::default())?;
        let sender = Self { producer, broker: broker.clone(), sent: 0 };
        sender.await_leaders(topics.iter().copied())?;
        Ok(sender)
    }

    /// Creates the only writer of a relay shard: from now on the broker refuses any older writer with this id.
    pub fn fencing(broker: &Broker, id: &str) -> Result<Self> {
        let mut config = broker.producer_config();
        config
            .set("transactional.id", broker.client_name(id))
            .set("queue.buffering.max.kbytes", SMALL_QUEUE)
            // The timeout is low, so that readers do not wait long for a transaction whose owner crashed.
            .set("transaction.timeout.ms", "10000")
            .set("message.timeout.ms", "9000");
        let producer: ThreadedProducer<DeliveryReports> =
            config.create_with_context(DeliveryReports::default())?;
        failpoint!("relay.fence", producer.init_transactions(Duration::from_secs(30)))?;
        Ok(Self { producer, broker: broker.clone(), sent: 0 })
    }

    /// Returns when this client knows a leader of every partition of these topics.
    ///
    /// # Errors
    /// If the broker does not answer, or a partition has no leader for 30 s.
    pub fn await_leaders(&self, topics: impl Iterator<Item = Topic>) -> Result<()> {
        for topic in topics {
            self.await_leaders_of(topic)?;
        }
        Ok(())
    }

    fn await_leaders_of(&self, topic: Topic) -> Result<()> {
        let name = self.broker.name(topic);
        let wanted = self.broker.partitions(topic);
        let mut with_leader = 0;
        for _ in 0..LEADER_CHECKS {
            with_leader = self.partitions_with_leader(&name)?;
            if usize::try_from(wanted) == Ok(with_leader) {
                return Ok(());
            }
            std::thread::sleep(LEADER_CHECK_INTERVAL);
        }
        let problem = format!("{with_leader} of its {wanted} partitions have a leader; is every broker up?");
        Err(Error::Topic { topic: name, problem })
    }

    fn partitions_with_leader(&self, topic: &str) -> Result<usize> {
        let client = self.producer.client();
        let answer = failpoint!("produce.leaders", client.fetch_metadata(Some(topic), ANSWER));
        let metadata = answer.map_err(|error| self.broker.unreachable(error))?;
        let partitions = metadata.topics().first().map(|topic| topic.partitions()).unwrap_or_default();
        Ok(partitions.iter().filter(|partition| partition.leader() >= 0).count())
    }

    pub fn begin(&self) -> Result<()> {
        Ok(failpoint!("relay.begin", self.producer.begin_transaction())?)
    }

    /// Returns when every event is acknowledged and the transaction is committed.
    ///
    /// # Errors
    /// After an error it is unknown what was committed: drop this sender, fence with a new one and read the tails of
    /// the topics.
    pub fn commit(&self) -> Result<()> {
        self.wait()?;
        Ok(failpoint!("relay.commit", self.producer.commit_transaction(Duration::from_secs(30)))?)
    }

    /// Sends an event to the partition of its key. Waits while the queue is full.
    pub fn send(&mut self, event: &Outgoing) -> Result<()> {
        let headers = event.headers();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        self.send_with(event, self.partition_of(event), &headers)
    }

    /// Sends the event with this sequence number of a relay shard, with the proof that this installation sends it.
    pub fn send_own(&mut self, event: &Outgoing, sequence: i64, key: &RecordKey) -> Result<()> {
        let (own, partition) = (event.headers(), self.partition_of(event));
        let mut headers: Vec<(&str, &[u8])> =
            own.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        let content = RecordContent {
            topic: event.topic(),
            partition,
            headers: &headers,
            key: record_key(event).map(str::as_bytes),
            value: event.value.as_deref(),
        };
        let (mac, number) = (key.own_mac(&content, sequence), sequence.to_string());
        headers.extend([(SEQUENCE_HEADER, number.as_bytes()), (MAC_HEADER, mac.as_bytes())]);
        self.send_with(event, partition, &headers)
    }

    fn partition_of(&self, event: &Outgoing) -> i32 {
        partition_for(event.key.as_bytes(), self.broker.partitions(event.topic()))
    }

    fn send_with(&mut self, event: &Outgoing, partition: i32, headers: &[(&str, &[u8])]) -> Result<()> {
        let topic = self.broker.name(event.topic());
        let mut owned = OwnedHeaders::new_with_capacity(headers.len());
        for (key, value) in headers {
            owned = owned.insert(Header { key, value: Some(*value) });
        }
        let key = record_key(event).map(str::as_bytes);
        self.send_raw(&topic, Some(partition), key, event.value.as_deref(), owned)
    }

    /// Sends the message of a dead letter to its original topic again, with the same key and bytes. `topic` is that
    /// topic.
    pub fn send_again(
        &mut self,
        letter: &DeadLetterEvent<'_>,
        topic: Topic,
        to: ReplayTarget,
        key: &RecordKey,
    ) -> Result<()> {
        let partition = match letter.key.filter(|_| to == ReplayTarget::OfKey) {
            Some(key) => partition_for(key, self.broker.partitions(topic)),
            None => letter.original_position().partition,
        };
        let mut headers = OwnedHeaders::new();
        for (key, value) in letter.replay_headers(topic, partition, key) {
            headers = headers.insert(Header { key: &key, value: Some(&value) });
        }
        let name = self.broker.name(topic);
        self.send_raw(&name, Some(partition), letter.key, letter.value, headers)
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
            match failpoint!("produce.send", self.producer.send(record)) {
                Ok(()) => {
                    self.sent += 1;
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), unsent)) => {
                    record = unsent;
                    self.all_reported()?;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    /// Waits until all sent events are acknowledged. It counts the reports, because `flush` polls in coarse steps and
    /// takes twice as long.
    ///
    /// # Errors
    /// [`Error::NotDelivered`] if the broker refused events, [`Error::Unconfirmed`] if it is unknown whether it has
    /// them.
    pub fn wait(&self) -> Result<()> {
        failpoint!("produce.acknowledge", self.await_reports())
    }

    fn await_reports(&self) -> Result<()> {
        while !self.all_reported()? {
            std::thread::sleep(Duration::from_micros(300));
        }
        Ok(())
    }

    /// Returns true if every event is acknowledged.
    ///
    /// # Errors
    /// If an event can no longer be acknowledged.
    fn all_reported(&self) -> Result<bool> {
        let reports = self.producer.context();
        let reported = reports.reported();
        if reported.refused > 0 {
            let cause = reports.first_error().unwrap_or(KafkaError::Canceled);
            return Err(Error::NotDelivered { events: reported.refused, cause });
        }
        if reported.unconfirmed > 0 {
            return Err(Error::Unconfirmed(reported.unconfirmed));
        }
        Ok(reported.acknowledged >= self.sent)
    }

    /// Returns the offsets, by partition, of the events that were acknowledged since the last call.
    pub fn take_offsets(&self) -> Vec<PartitionRange> {
        let mut ranges = Vec::new();
        for AcknowledgedRange { topic, partition, offsets } in self.producer.context().take_offsets() {
            // Topics that are not known are not of this installation.
            let Some(topic) = self.broker.topic(&topic) else { continue };
            let partition = TopicPartition { topic, partition };
            ranges.push(PartitionRange { partition, first: offsets.first, end: offsets.next });
        }
        ranges
    }
}

/// The key of the event's record. A dead letter may have none.
fn record_key(event: &Outgoing) -> Option<&str> {
    (event.kind != EventType::DeadLetter || !event.key.is_empty()).then_some(event.key.as_str())
}
