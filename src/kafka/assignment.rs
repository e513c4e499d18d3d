//! Which input partitions this process has, and from where it reads them: from the database, never from Kafka's copy.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;

use super::client::Broker;
use super::{Error, Result, telling};
use crate::boundary::boundary;
use crate::store::offsets::{self, Partition};
use crate::work::House;

/// How long an answer of the broker is waited for in a rebalance.
const PATIENCE: Duration = Duration::from_secs(5);

/// The positions of the partitions that are ours: the next offset to be taken.
pub struct Assignment {
    broker: Broker,
    house: House,
    runtime: Handle,
    /// Raised to end the intake: nothing is waited for any more.
    stop: Arc<AtomicBool>,
    positions: Mutex<HashMap<Partition, i64>>,
}

impl Assignment {
    pub fn new(broker: Broker, house: House, runtime: Handle, stop: Arc<AtomicBool>) -> Self {
        Self { broker, house, runtime, stop, positions: Mutex::default() }
    }

    /// Runs with the positions at hand.
    pub fn with<T>(&self, act: impl FnOnce(&mut HashMap<Partition, i64>) -> T) -> T {
        act(&mut self.positions.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Takes partitions over where the database says that they stand.
    fn take_over(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<TopicPartitionList> {
        let known = self.runtime.block_on(self.house.patiently(offsets::all(&self.house.pool)))?;
        let mut lows = Vec::new();
        for element in list.elements() {
            let Some(topic) = self.broker.topic(element.topic()) else {
                continue;
            };
            let partition = Partition { topic, partition: element.partition() };
            // The broker is asked only where a new partition begins: what may be said of it, just after it was killed, is old.
            let low = match known.iter().find(|(one, _)| *one == partition) {
                Some((_, next)) => *next,
                None => first_offset(consumer, &element)?,
            };
            lows.push((partition, low));
        }
        let begun = self.begin(&lows)?;
        let mut from = TopicPartitionList::new();
        for (partition, next) in &begun {
            from.add_partition_offset(
                &self.broker.name(partition.topic),
                partition.partition,
                Offset::Offset(*next),
            )?;
        }
        self.with(|positions| positions.extend(begun));
        Ok(from)
    }

    /// Where the database says that these stand.
    fn begin(&self, partitions: &[(Partition, i64)]) -> Result<Vec<(Partition, i64)>> {
        let asked = self.house.patiently(offsets::begin(&self.house.pool, partitions));
        Ok(self.runtime.block_on(asked)?)
    }

    /// Which partitions came or went: who looks for a standstill asks this first.
    fn tell(&self, came: bool, list: &TopicPartitionList) {
        let place = |element: TopicPartitionListElem<'_>| {
            self.broker
                .topic(element.topic())
                .map(|topic| format!("{}/{}", topic.name(), element.partition()))
        };
        let places: Vec<_> = list.elements().into_iter().filter_map(place).collect();
        let (ours, change) =
            (self.with(|positions| positions.len()), if came { "taken over" } else { "given up" });
        tracing::info!(ours, partitions = places.join(" "), "input partitions were {change}");
    }

    fn give_up(&self, list: &TopicPartitionList) {
        self.with(|positions| {
            for element in list.elements() {
                if let Some(topic) = self.broker.topic(element.topic()) {
                    positions.remove(&Partition { topic, partition: element.partition() });
                }
            }
        });
    }

    /// Reads everything that is ours anew from where the database stands: after a batch that could not be written.
    pub fn rewind(&self, consumer: &BaseConsumer<Self>) -> Result<()> {
        let ours: Vec<_> = self.with(|positions| positions.iter().map(|(p, next)| (*p, *next)).collect());
        let begun = self.begin(&ours)?;
        for (partition, next) in begun {
            let name = self.broker.name(partition.topic);
            let (number, offset) = (partition.partition, Offset::Offset(next));
            boundary!("rewind.seek", consumer.seek(&name, number, offset, Duration::from_secs(5)))?;
            self.with(|positions| positions.insert(partition, next));
        }
        Ok(())
    }
}

impl ClientContext for Assignment {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        telling::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        telling::error(&error, reason);
    }
}

impl ConsumerContext for Assignment {
    /// As rdkafka does it, but beginning where the database says.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        let done: Result<()> = if error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.take_over_patiently(consumer, list).and_then(|from| {
                let assigned = boundary!(
                    "assignment.assign",
                    if cooperative { consumer.incremental_assign(&from) } else { consumer.assign(&from) }
                );
                assigned.map_err(Error::from)
            })
        } else {
            self.give_up(list);
            let given = boundary!(
                "assignment.unassign",
                if cooperative { consumer.incremental_unassign(list) } else { consumer.unassign() }
            );
            given.map_err(Error::from)
        };
        match done {
            Ok(()) => self.tell(error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, list),
            Err(error) => tracing::error!(%error, "the input partitions could not be changed"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            // Only a copy for lag monitors: the database is the truth.
            tracing::debug!(%error, "Kafka did not keep its copy of the offsets");
        }
    }
}

fn first_offset(consumer: &BaseConsumer<Assignment>, element: &TopicPartitionListElem<'_>) -> Result<i64> {
    let (topic, number) = (element.topic(), element.partition());
    let (low, _) = boundary!(
        "assignment.watermarks",
        consumer.fetch_watermarks(topic, number, PATIENCE).inspect_err(|_| {
            // librdkafka answers from what it knows, and what a broker told it while that was starting stays known for minutes.
            let _ = consumer.fetch_metadata(Some(topic), PATIENCE);
        })
    )?;
    Ok(low)
}

impl Assignment {
    /// The database or the broker may be away just now; without them no partition can be begun.
    fn take_over_patiently(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<TopicPartitionList> {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.take_over(consumer, list) {
                Err(error) if !self.stop.load(Ordering::Acquire) => {
                    tracing::warn!(%error, "it is not known yet where the input stands; trying again");
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                other => return other,
            }
        }
    }
}
