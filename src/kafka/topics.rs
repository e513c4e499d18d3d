//! The topics on the broker: creates them, checks them, and reads their offsets.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::metadata::MetadataTopic;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};

use super::client::{ANSWER, Broker};
use super::client_logging::LoggingContext;
use super::{Error, Result};
use crate::failpoint::failpoint;
use crate::store::offsets::{PartitionOffset, TopicPartition};
use crate::wire::Topic;

/// Creates the topics that are missing, as `schemas/topics.json` and the settings describe them. Several processes may
/// call it at the same time.
///
/// # Errors
/// If the broker does not answer or refuses, or if an existing topic has another number of partitions.
pub async fn ensure(broker: &Broker, replication: u16) -> Result<()> {
    greet(broker).await?;
    create_missing(broker, replication).await
}

/// Like [`ensure`], if the broker is known to answer.
///
/// # Errors
/// If the broker refuses, or if an existing topic has another number of partitions.
pub async fn create_missing(broker: &Broker, replication: u16) -> Result<()> {
    let admin: AdminClient<LoggingContext> = broker.config().create_with_context(LoggingContext)?;
    let names: Vec<_> = Topic::ALL.iter().map(|topic| broker.name(*topic)).collect();
    let retentions: Vec<_> = Topic::ALL.iter().map(|topic| topic.spec().retention_ms.to_string()).collect();
    let copies = i32::from(replication);
    let topics: Vec<_> = Topic::ALL
        .iter()
        .zip(&names)
        .zip(&retentions)
        .map(|((topic, name), retention)| {
            let new = NewTopic::new(name, broker.partitions(*topic), TopicReplication::Fixed(copies))
                .set("retention.ms", retention);
            topic.spec().config.iter().fold(new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(ANSWER)).request_timeout(Some(ANSWER));
    let mut existing = Vec::new();
    let created = failpoint!("topics.create", admin.create_topics(&topics, &options).await);
    for result in created.map_err(|error| broker.unreachable(error))? {
        match result {
            Ok(_) => {}
            Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => existing.push(name),
            Err((topic, code)) => {
                return Err(Error::Topic { topic, problem: code.to_string() });
            }
        }
    }
    let broker = broker.clone();
    tokio::task::spawn_blocking(move || {
        existing.iter().try_for_each(|name| check_partitions(&admin, &broker, name))
    })
    .await
    .map_err(|_| Error::Stopped)?
}

/// Asks the broker for its metadata, and returns the id of its cluster. It uses a consumer, because an admin client does
/// not report why no broker answers (for example a wrong password or certificate).
///
/// # Errors
/// If no broker answers, with the reason.
pub async fn greet(broker: &Broker) -> Result<Option<String>> {
    let consumer: BaseConsumer<LoggingContext> =
        broker.consumer_config().create_with_context(LoggingContext)?;
    let broker = broker.clone();
    tokio::task::spawn_blocking(move || {
        let answer = failpoint!("topics.greet", consumer.fetch_metadata(None, ANSWER).map(drop));
        // The error events of librdkafka are in the queue of the consumer; polling logs them.
        while failpoint!("topics.told", consumer.poll(Duration::ZERO)).is_some() {}
        answer.map_err(|error| broker.unreachable(error))?;
        Ok(consumer.client().fetch_cluster_id(ANSWER))
    })
    .await
    .map_err(|_| Error::Stopped)?
}

/// Checks the number of partitions of an existing topic. Peyvand computes the partition of a key itself, so a topic
/// that was created by another program must have the expected number.
fn check_partitions(admin: &AdminClient<LoggingContext>, broker: &Broker, name: &str) -> Result<()> {
    let Some(topic) = broker.topic(name) else {
        return Ok(());
    };
    let metadata = failpoint!("topics.partitions", admin.inner().fetch_metadata(Some(name), ANSWER))?;
    let found = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    match partition_mismatch(broker.partitions(topic), found) {
        Some(problem) => Err(Error::Topic { topic: name.to_owned(), problem }),
        None => Ok(()),
    }
}

/// The offsets of a partition from the first one to the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionRange {
    pub partition: TopicPartition,
    pub first: i64,
    /// The offset after the last one.
    pub end: i64,
}

impl PartitionRange {
    pub fn is_empty(&self) -> bool {
        self.first >= self.end
    }

    pub fn first_offset(&self) -> PartitionOffset {
        PartitionOffset { partition: self.partition, offset: self.first }
    }

    pub fn end_offset(&self) -> PartitionOffset {
        PartitionOffset { partition: self.partition, offset: self.end }
    }
}

/// The number of messages of an input partition that have no disposition yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionLag {
    pub partition: TopicPartition,
    pub messages: i64,
}

/// Something about the topics that this installation cannot work with.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TopicProblem {
    #[error("{name} does not exist{}", if *.is_read { ", although this installation has read from it" } else { "" })]
    Missing { name: String, is_read: bool },
    #[error("{name}: {problem}")]
    Partitions { name: String, problem: String },
    #[error(
        "{name}/{partition} ends at offset {end}, but this installation has read it up to offset {position}: the topic was recreated, or lost records"
    )]
    Beyond { name: String, partition: i32, position: i64, end: i64 },
}

impl TopicProblem {
    /// Whether the service can create what is missing, and lose nothing by it.
    pub fn is_remedied_by_creating(&self) -> bool {
        matches!(self, Self::Missing { is_read: false, .. })
    }
}

/// Compares the topics with what the installation expects and has read. Blocks.
///
/// # Errors
/// If the broker does not answer.
pub fn problems(broker: &Broker, offsets: &[PartitionOffset]) -> Result<Vec<TopicProblem>> {
    let consumer: BaseConsumer<LoggingContext> =
        broker.consumer_config().create_with_context(LoggingContext)?;
    let metadata = failpoint!("survey.metadata", consumer.fetch_metadata(None, ANSWER))
        .map_err(|error| broker.unreachable(error))?;
    let counts: HashMap<&str, usize> =
        metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
    let mut problems = Vec::new();
    for topic in Topic::ALL {
        let name = broker.name(*topic);
        let read = offsets.iter().filter(|one| one.partition.topic == *topic && one.offset > 0);
        let Some(found) = counts.get(name.as_str()).copied().filter(|count| *count > 0) else {
            problems.push(TopicProblem::Missing { name, is_read: read.count() > 0 });
            continue;
        };
        if let Some(problem) = partition_mismatch(broker.partitions(*topic), found) {
            problems.push(TopicProblem::Partitions { name, problem });
            continue;
        }
        for PartitionOffset { partition: TopicPartition { partition, .. }, offset: position } in read.copied()
        {
            let (_, end) = with_retries(|| {
                failpoint!("survey.watermarks", consumer.fetch_watermarks(&name, partition, ANSWER))
            })?;
            if end < position {
                problems.push(TopicProblem::Beyond { name: name.clone(), partition, position, end });
            }
        }
    }
    Ok(problems)
}

/// Describes a wrong number of partitions. Zero is not an error: another process has just created the topic, and the
/// broker that answered does not know it yet.
fn partition_mismatch(wanted: i32, found: usize) -> Option<String> {
    (found > 0 && usize::try_from(wanted) != Ok(found)).then(|| {
        format!("it has {found} partitions and must have {wanted} (setting topic_partitions; files, receipts and dead letters have one): correct the setting, delete the topic if it is empty, or choose another topic_prefix")
    })
}

/// Returns the first and the end offset of every partition that the broker names. It may name no partition of an existing
/// topic for a moment: use [`complete_watermarks`] where a missing partition must not count as an empty one. Blocks, so
/// call it where blocking is allowed.
pub fn watermarks(broker: &Broker, topics: impl Iterator<Item = Topic>) -> Result<Vec<PartitionRange>> {
    let consumer = metadata_consumer(broker)?;
    let mut watermarks = Vec::new();
    for topic in topics {
        watermarks.extend(watermarks_of(broker, &consumer, topic)?);
    }
    Ok(watermarks)
}

/// Like [`watermarks`], for every partition. Asks again for about 8 s while the broker does not name one. Blocks.
///
/// # Errors
/// [`Error::Topic`] if the broker still does not name it.
pub fn complete_watermarks(
    broker: &Broker,
    topics: impl Iterator<Item = Topic>,
) -> Result<Vec<PartitionRange>> {
    let consumer = metadata_consumer(broker)?;
    let mut watermarks = Vec::new();
    for topic in topics {
        watermarks.extend(complete_watermarks_of(broker, &consumer, topic)?);
    }
    Ok(watermarks)
}

fn complete_watermarks_of(
    broker: &Broker,
    consumer: &BaseConsumer<LoggingContext>,
    topic: Topic,
) -> Result<Vec<PartitionRange>> {
    let wanted = usize::try_from(broker.partitions(topic)).unwrap_or_default();
    let mut pauses = RETRY_PAUSES_MS.into_iter();
    loop {
        let ranges = watermarks_of(broker, consumer, topic)?;
        if ranges.len() == wanted {
            return Ok(ranges);
        }
        let Some(pause) = pauses.next() else {
            let problem = format!("the broker names {} of its {wanted} partitions", ranges.len());
            return Err(Error::Topic { topic: broker.name(topic), problem });
        };
        std::thread::sleep(Duration::from_millis(pause));
    }
}

fn metadata_consumer(broker: &Broker) -> Result<BaseConsumer<LoggingContext>> {
    Ok(broker.consumer_config().create_with_context(LoggingContext)?)
}

fn watermarks_of(
    broker: &Broker,
    consumer: &BaseConsumer<LoggingContext>,
    topic: Topic,
) -> Result<Vec<PartitionRange>> {
    let name = broker.name(topic);
    let metadata = failpoint!("watermarks.metadata", consumer.fetch_metadata(Some(&name), ANSWER))
        .map_err(|error| broker.unreachable(error))?;
    let found = metadata.topics().first();
    // A topic that may not be read is not an empty topic.
    if found.and_then(MetadataTopic::error)
        == Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    {
        let problem =
            format!("{:?}: ask for the right to read it", RDKafkaErrorCode::TopicAuthorizationFailed);
        return Err(Error::Topic { topic: name, problem });
    }
    let mut ranges = Vec::new();
    for partition in found.map(|topic| topic.partitions()).unwrap_or_default() {
        let partition = TopicPartition { topic, partition: partition.id() };
        let (first, end) = with_retries(|| {
            failpoint!("watermarks.fetch", consumer.fetch_watermarks(&name, partition.partition, ANSWER))
        })?;
        ranges.push(PartitionRange { partition, first, end });
    }
    Ok(ranges)
}

/// Together about 8 s.
const RETRY_PAUSES_MS: [u64; 9] = [10, 20, 50, 100, 200, 500, 1000, 2000, 4000];

/// Retries a request. A partition has no leader for a short time after it was created, or after its broker failed.
fn with_retries<T>(ask: impl Fn() -> KafkaResult<T>) -> KafkaResult<T> {
    for pause in RETRY_PAUSES_MS {
        match ask() {
            Err(error) if is_transient(&error) => std::thread::sleep(Duration::from_millis(pause)),
            other => return other,
        }
    }
    ask()
}

fn is_transient(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::UnknownTopicOrPartition
                | Code::UnknownPartition
        )
    )
}

/// Returns the lag of each input partition that has any.
pub fn lag(watermarks: &[PartitionRange], offsets: &[PartitionOffset]) -> Vec<PartitionLag> {
    let mut lag = Vec::new();
    for &PartitionRange { partition, first, end } in watermarks {
        let known = offsets.iter().find(|known| known.partition == partition);
        let next = known.map_or(first, |known| known.offset);
        if next < end {
            lag.push(PartitionLag { partition, messages: end - next });
        }
    }
    lag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn the_default_partition_counts_are_those_of_the_topic_descriptions() {
        let broker = Broker::new(&Settings::load_from(&[].into(), None, []).unwrap().settings);
        for topic in Topic::ALL {
            assert_eq!(broker.partitions(*topic), topic.spec().partitions);
        }
    }

    #[test]
    fn a_wrong_number_of_partitions_is_reported() {
        assert_eq!(partition_mismatch(3, 3), None);
        assert_eq!(partition_mismatch(3, 0), None);
        let problem = partition_mismatch(3, 12).unwrap();
        assert!(problem.contains("has 12") && problem.contains("have 3"), "{problem}");
    }
}
