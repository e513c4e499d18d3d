//! Which input partitions this process has, and from where it reads them: from the database, never from Kafka's copy.

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
use crate::store::offsets::{self, TopicPartition};

/// How long an answer of the broker is waited for in a rebalance.
const PATIENCE: Duration = Duration::from_secs(5);

/// Attempts at a rewind before the session begins anew. A partition that was assigned a moment ago cannot seek yet.
const REWIND_ATTEMPTS: u32 = 5;
const REWIND_PAUSE: Duration = Duration::from_millis(200);

/// What this process reads of the input: assigned by the group, begun where the database says.
pub struct Assignment {
    broker: Broker,
    ctx: AppContext,
    runtime: Handle,
    /// Raised to end the intake: nothing is waited for any more.
    stop: Arc<AtomicBool>,
    positions: Mutex<Positions>,
    /// Why the assignment could not be changed: the consumer does not read what it should.
    failure: Mutex<Option<Error>>,
}

impl Assignment {
    pub fn new(broker: Broker, ctx: AppContext, runtime: Handle, stop: Arc<AtomicBool>) -> Self {
        Self { broker, ctx, runtime, stop, positions: Mutex::default(), failure: Mutex::default() }
    }

    /// Runs with the positions at hand.
    pub fn with<T>(&self, act: impl FnOnce(&mut Positions) -> T) -> T {
        act(&mut self.positions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An error where the assignment could not be changed since the last call.
    pub fn check(&self) -> Result<()> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// Where the partitions of the list begin: where the database says that they stand.
    fn starts(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<Vec<(TopicPartition, i64)>> {
        let known = self.runtime.block_on(self.ctx.with_timeout(offsets::all(&self.ctx.pool)))?;
        let mut lows = Vec::new();
        for element in list.elements() {
            let Some(partition) = self.partition(&element) else {
                continue;
            };
            // The broker is asked only where a new partition begins: what may be said of it, just after it was killed, is old.
            let low = match known.iter().find(|(one, _)| *one == partition) {
                Some((_, next)) => *next,
                None => first_offset(consumer, &element)?,
            };
            lows.push((partition, low));
        }
        self.begin(&lows)
    }

    fn partition(&self, element: &TopicPartitionListElem<'_>) -> Option<TopicPartition> {
        let topic = self.broker.topic(element.topic())?;
        Some(TopicPartition { topic, partition: element.partition() })
    }

    /// Where the database says that these stand.
    fn begin(&self, partitions: &[(TopicPartition, i64)]) -> Result<Vec<(TopicPartition, i64)>> {
        let asked = self.ctx.with_timeout(offsets::begin(&self.ctx.pool, partitions));
        Ok(self.runtime.block_on(asked)?)
    }

    /// Lets the consumer read these partitions from their starts.
    fn read_from(
        &self,
        starts: &[(TopicPartition, i64)],
        assign: impl FnOnce(&TopicPartitionList) -> KafkaResult<()>,
    ) -> Result<()> {
        let mut list = TopicPartitionList::new();
        for (partition, next) in starts {
            let name = self.broker.name(partition.topic);
            list.add_partition_offset(&name, partition.partition, Offset::Offset(*next))?;
        }
        self.with(|positions| positions.add_assigned(starts, || assign(&list))).map_err(Error::NotAssigned)
    }

    fn revoke(&self, list: &TopicPartitionList) {
        let elements = list.elements();
        let partitions = elements.iter().filter_map(|element| self.partition(element));
        self.with(|positions| positions.revoke(partitions));
    }

    /// Logs what came or went: who looks for a standstill asks this first. An assignment that could not be changed is kept
    /// for `check`, unless the intake ends.
    fn finish(&self, change: &str, list: &TopicPartitionList, done: Result<()>) {
        if let Err(error) = done {
            if self.stop.load(Ordering::Acquire) {
                tracing::debug!(%error, "the intake ends before its assignment was changed");
            } else {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            return;
        }
        let elements = list.elements();
        let partitions = elements.iter().filter_map(|element| self.partition(element));
        let places: Vec<_> = partitions.map(|p| format!("{}/{}", p.topic.name(), p.partition)).collect();
        let ours = self.with(|positions| positions.len());
        tracing::info!(ours, partitions = places.join(" "), "input partitions were {change}");
    }

    /// Reads everything that is ours anew from where the database stands: after a batch that could not be written. Blocks.
    /// Where it fails no record is taken until it has succeeded; `Error::NotRewound` says that it never will.
    pub fn rewind(&self, consumer: &BaseConsumer<Self>) -> Result<()> {
        let mut attempt = 1;
        loop {
            let starts = self.begin(&self.with(|positions| positions.all()))?;
            let seek = |partition: TopicPartition, next| self.seek_to(consumer, partition, next);
            let error = match self.with(|positions| positions.rewind(&starts, seek)) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if attempt == REWIND_ATTEMPTS {
                return Err(Error::NotRewound(error));
            }
            tracing::warn!(%error, "the input could not be read again yet; trying again");
            std::thread::sleep(REWIND_PAUSE);
            attempt += 1;
        }
    }

    fn seek_to(
        &self,
        consumer: &BaseConsumer<Self>,
        partition: TopicPartition,
        next: i64,
    ) -> KafkaResult<()> {
        if is_injected("rewind.seek/fails") {
            return Err(KafkaError::Seek("injected by a test".to_owned()));
        }
        let name = self.broker.name(partition.topic);
        let (number, offset) = (partition.partition, Offset::Offset(next));
        failpoint!("rewind.seek", consumer.seek(&name, number, offset, PATIENCE))
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
    /// As rdkafka does it, but beginning where the database says.
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
            let starts = self.starts_patiently(consumer, list);
            let done = starts.and_then(|starts| self.read_from(&starts, assign));
            self.finish("taken over", list, done);
        } else {
            self.revoke(list);
            let given = failpoint!(
                "assignment.unassign",
                if cooperative { consumer.incremental_unassign(list) } else { consumer.unassign() }
            );
            self.finish("given up", list, given.map_err(Error::NotAssigned));
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
    let (low, _) = failpoint!(
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
    fn starts_patiently(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<Vec<(TopicPartition, i64)>> {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.starts(consumer, list) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::claim::IdKey;
    use crate::clock::Clock;
    use crate::config::Settings;
    use crate::store::outbox::RelayShards;
    use crate::wire::{PartitionCounts, Topic, tables};

    const STARTS: [(TopicPartition, i64); 1] =
        [(TopicPartition { topic: Topic::RegistryMarriages, partition: 3 }, 5)];

    /// An assignment whose database is never asked.
    fn assignment() -> Assignment {
        let settings = Settings::load_from(&BTreeMap::new(), None, []).unwrap().settings;
        let ctx = AppContext {
            pool: crate::store::connect("postgres://nobody@localhost/none", 1).unwrap(),
            clock: Clock::new(None).unwrap(),
            fixed_business_date: None,
            tables: Arc::new(tables::parse(tables::built_in()).unwrap()),
            ids: IdKey::new(b"test"),
            groups: RelayShards { count: 1, partitions: PartitionCounts::new(1) },
            deeds_from: None,
            page_persons: 1,
            brake_percent: 50,
            query_timeout: PATIENCE,
        };
        Assignment::new(Broker::new(&settings), ctx, Handle::current(), Arc::default())
    }

    fn refused() -> KafkaResult<()> {
        Err(KafkaError::Subscription("refused".to_owned()))
    }

    #[tokio::test]
    async fn an_assignment_that_failed_ends_the_session() {
        let (assignment, list) = (assignment(), TopicPartitionList::new());
        let done = assignment.read_from(&STARTS, |_| refused());
        assignment.finish("taken over", &list, done);
        assert_eq!(assignment.with(|positions| positions.all()), [], "a position that nobody reads from");
        assert!(assignment.check().is_err_and(|error| error.restarts_session()));
        assert!(assignment.check().is_ok());

        let done = assignment.read_from(&STARTS, |list| {
            assert_eq!(list.elements()[0].offset(), Offset::Offset(5));
            Ok(())
        });
        assignment.finish("taken over", &list, done);
        assert_eq!(assignment.with(|positions| positions.all()), STARTS);
        assert!(assignment.check().is_ok());
    }

    #[tokio::test]
    async fn an_intake_that_ends_does_not_begin_anew() {
        let assignment = assignment();
        assignment.stop.store(true, Ordering::Release);
        assignment.finish("given up", &TopicPartitionList::new(), refused().map_err(Error::NotAssigned));
        assert!(assignment.check().is_ok());
    }
}
