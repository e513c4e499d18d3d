//! The input partitions that are assigned to this process, and the offsets that it reads them from. These offsets come
//! from the database, never from the copy that Kafka stores.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;

use super::positions::Positions;
use crate::app::AppContext;
use crate::failpoint::{failpoint, is_injected};
use crate::kafka::client::Broker;
use crate::kafka::{Error, Result, client_logging};
use crate::store::offsets::{self, PartitionOffset, TopicPartition};

/// How long a request of a rebalance waits for the answer of the broker.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Attempts at a rewind before the session restarts. A partition cannot seek immediately after it was assigned.
const REWIND_ATTEMPTS: u32 = 5;
const REWIND_PAUSE: Duration = Duration::from_millis(200);

/// The part of the input that this process reads. The consumer group assigns it; the offsets in the database define
/// where reading starts.
pub struct Assignment {
    broker: Broker,
    ctx: AppContext,
    runtime: Handle,
    /// Set when ingest must end: no operation waits any longer.
    stop: Arc<AtomicBool>,
    positions: Arc<Mutex<Positions>>,
    /// Why the assignment could not be changed. The consumer then does not read the partitions that it should read.
    failure: Mutex<Option<Error>>,
}

impl Assignment {
    pub fn new(broker: Broker, ctx: AppContext, runtime: Handle, stop: Arc<AtomicBool>) -> Self {
        Self { broker, ctx, runtime, stop, positions: Arc::default(), failure: Mutex::default() }
    }

    /// The positions, which change with each record and each change of the assignment.
    pub fn positions(&self) -> Arc<Mutex<Positions>> {
        self.positions.clone()
    }

    /// Runs `act` with the locked positions.
    pub fn with<T>(&self, act: impl FnOnce(&mut Positions) -> T) -> T {
        act(&mut self.positions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the error of a change of the assignment that failed since the last call.
    ///
    /// # Errors
    /// If such a change failed.
    pub fn check(&self) -> Result<()> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// Returns the start offsets of the partitions of the list, from the database.
    fn starts(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<Vec<PartitionOffset>> {
        let known = self.runtime.block_on(self.ctx.with_timeout(offsets::all(&self.ctx.pool)))?;
        let mut lows = Vec::new();
        for element in list.elements() {
            let Some(partition) = self.partition(&element) else {
                continue;
            };
            // The broker is asked only for the first offset of a new partition: just after a broker crashed, its answer
            // may be out of date.
            let low = match known.iter().find(|one| one.partition == partition) {
                Some(known) => *known,
                None => PartitionOffset { partition, offset: first_offset(consumer, &element)? },
            };
            lows.push(low);
        }
        self.begin(&lows)
    }

    fn partition(&self, element: &TopicPartitionListElem<'_>) -> Option<TopicPartition> {
        let topic = self.broker.topic(element.topic())?;
        Some(TopicPartition { topic, partition: element.partition() })
    }

    /// Returns the next offsets of these partitions in the database, and stores the given ones for new partitions.
    fn begin(&self, partitions: &[PartitionOffset]) -> Result<Vec<PartitionOffset>> {
        let stored = self.ctx.with_timeout(offsets::begin(&self.ctx.pool, partitions));
        Ok(self.runtime.block_on(stored)?)
    }

    /// Makes the consumer read these partitions from their start offsets.
    fn read_from(
        &self,
        starts: &[PartitionOffset],
        assign: impl FnOnce(&TopicPartitionList) -> KafkaResult<()>,
    ) -> Result<()> {
        let mut list = TopicPartitionList::new();
        for PartitionOffset { partition, offset } in starts {
            let name = self.broker.name(partition.topic);
            list.add_partition_offset(&name, partition.partition, Offset::Offset(*offset))?;
        }
        self.with(|positions| positions.add_assigned(starts, || assign(&list))).map_err(Error::NotAssigned)
    }

    fn revoke(&self, list: &TopicPartitionList) {
        let elements = list.elements();
        let partitions = elements.iter().filter_map(|element| self.partition(element));
        self.with(|positions| positions.revoke(partitions));
    }

    /// Logs the change of the assignment; an operator who investigates a stall needs this line first. The error of a
    /// failed change is kept for `check`, unless ingest ends.
    fn finish(&self, change: &str, list: &TopicPartitionList, outcome: Result<()>) {
        if let Err(error) = outcome {
            if self.stop.load(Ordering::Acquire) {
                tracing::debug!(%error, "ingest ends before its assignment was changed");
            } else {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            return;
        }
        let elements = list.elements();
        let partitions = elements.iter().filter_map(|element| self.partition(element));
        let names: Vec<_> = partitions.map(|p| format!("{}/{}", p.topic.name(), p.partition)).collect();
        let ours = self.with(|positions| positions.len());
        tracing::info!(ours, partitions = names.join(" "), "input partitions were {change}");
    }

    /// Seeks all assigned partitions to their offsets in the database, after a batch that could not be written. Blocks.
    /// After a failure no record is accepted until a rewind succeeds.
    ///
    /// # Errors
    /// [`Error::NotRewound`] if the consumer cannot seek; retrying in this session does not help. Other errors are
    /// transient.
    pub fn rewind(&self, consumer: &BaseConsumer<Self>) -> Result<()> {
        let mut attempt = 1;
        loop {
            let starts = self.begin(&self.with(|positions| positions.all()))?;
            let rewound =
                self.with(|positions| positions.rewind(&starts, |start| self.seek_to(consumer, start)));
            let Err(error) = rewound else { return Ok(()) };
            if attempt == REWIND_ATTEMPTS {
                return Err(Error::NotRewound(error));
            }
            tracing::warn!(%error, "the consumer could not seek yet; trying again");
            std::thread::sleep(REWIND_PAUSE);
            attempt += 1;
        }
    }

    fn seek_to(&self, consumer: &BaseConsumer<Self>, start: PartitionOffset) -> KafkaResult<()> {
        if is_injected("rewind.seek/fails") {
            return Err(KafkaError::Seek("injected by a test".to_owned()));
        }
        let name = self.broker.name(start.partition.topic);
        let (number, offset) = (start.partition.partition, Offset::Offset(start.offset));
        failpoint!("rewind.seek", consumer.seek(&name, number, offset, ANSWER_TIMEOUT))
    }
}

impl ClientContext for Assignment {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client_logging::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client_logging::error(&error, reason);
    }
}

impl ConsumerContext for Assignment {
    /// Does what the default implementation of rdkafka does, but starts from the offsets in the database.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        if error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            let assign = |from: &TopicPartitionList| {
                if is_injected("assignment.assign/fails") {
                    return Err(KafkaError::Subscription("injected by a test".to_owned()));
                }
                failpoint!(
                    "assignment.assign",
                    if cooperative { consumer.incremental_assign(from) } else { consumer.assign(from) }
                )
            };
            let starts = self.starts_with_retries(consumer, list);
            let outcome = starts.and_then(|starts| self.read_from(&starts, assign));
            self.finish("assigned", list, outcome);
        } else {
            self.revoke(list);
            let unassigned = failpoint!(
                "assignment.unassign",
                if cooperative { consumer.incremental_unassign(list) } else { consumer.unassign() }
            );
            self.finish("revoked", list, unassigned.map_err(Error::NotAssigned));
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            // The committed offsets are only a copy for lag monitors; the database is authoritative.
            tracing::debug!(%error, "Kafka did not store its copy of the offsets");
        }
    }
}

fn first_offset(consumer: &BaseConsumer<Assignment>, element: &TopicPartitionListElem<'_>) -> Result<i64> {
    let (topic, number) = (element.topic(), element.partition());
    let (low, _) = failpoint!(
        "assignment.watermarks",
        consumer.fetch_watermarks(topic, number, ANSWER_TIMEOUT).inspect_err(|_| {
            // librdkafka answers from its cache, and metadata that it received from a starting broker stays there for
            // minutes. This request refreshes the cache.
            let _ = consumer.fetch_metadata(Some(topic), ANSWER_TIMEOUT);
        })
    )?;
    Ok(low)
}

impl Assignment {
    /// Retries until the start offsets are known or ingest ends: the database or the broker may be unavailable for a
    /// while.
    fn starts_with_retries(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<Vec<PartitionOffset>> {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.starts(consumer, list) {
                Err(error) if !self.stop.load(Ordering::Acquire) => {
                    tracing::warn!(%error, "the start offsets of the input are not known yet; trying again");
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                other => return other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::claim::{Benefit, IdKey};
    use crate::clock::Clock;
    use crate::config::Settings;
    use crate::store::outbox::RelayShards;
    use crate::wire::{PartitionCounts, RecordKey, Topic, tables};

    const STARTS: [PartitionOffset; 1] = [PartitionOffset {
        partition: TopicPartition { topic: Topic::RegistryMarriages, partition: 3 },
        offset: 5,
    }];

    /// An assignment that never uses its database.
    fn assignment() -> Assignment {
        let settings = Settings::load_from(&BTreeMap::new(), None, []).unwrap().settings;
        let ctx = AppContext {
            pool: crate::store::connect("postgres://nobody@localhost/none", 1).unwrap(),
            clock: Clock::new(None).unwrap(),
            fixed_business_date: None,
            tables: Arc::new(tables::parse(tables::built_in()).unwrap()),
            ids: IdKey::new(b"test"),
            record_key: RecordKey::new(b"test"),
            benefits: Benefit::RELEASED,
            shards: RelayShards { count: 1, partitions: PartitionCounts::new(1) },
            deeds_from: None,
            sms_quiet_hours: None,
            page_persons: 1,
            brake_percent: 50,
            query_timeout: ANSWER_TIMEOUT,
        };
        Assignment::new(Broker::new(&settings), ctx, Handle::current(), Arc::default())
    }

    fn refused() -> KafkaResult<()> {
        Err(KafkaError::Subscription("refused".to_owned()))
    }

    #[tokio::test]
    async fn an_assignment_that_failed_ends_the_session() {
        let assignment = assignment();
        let list = TopicPartitionList::new();
        let outcome = assignment.read_from(&STARTS, |_| refused());
        assignment.finish("assigned", &list, outcome);
        assert_eq!(assignment.with(|positions| positions.all()), [], "a failed assignment left a position");
        assert!(assignment.check().is_err_and(|error| error.restarts_session()));
        assert!(assignment.check().is_ok());

        let outcome = assignment.read_from(&STARTS, |list| {
            assert_eq!(list.elements()[0].offset(), Offset::Offset(5));
            Ok(())
        });
        assignment.finish("assigned", &list, outcome);
        assert_eq!(assignment.with(|positions| positions.all()), STARTS);
        assert!(assignment.check().is_ok());
    }

    #[tokio::test]
    async fn a_change_that_fails_while_ingest_ends_is_not_an_error() {
        let assignment = assignment();
        assignment.stop.store(true, Ordering::Release);
        assignment.finish("revoked", &TopicPartitionList::new(), refused().map_err(Error::NotAssigned));
        assert!(assignment.check().is_ok());
    }
}
