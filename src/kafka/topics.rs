//! The topics on the broker: creating them, and how far they reach.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;

use super::client::{ANSWER, Broker};
use super::telling::Telling;
use super::{Error, Result};
use crate::store::offsets::Partition;
use crate::wire::Topic;

/// Creates the topics that are missing, as `schemas/topics.json` describes them. Many may ask at once.
pub async fn ensure(broker: &Broker, replication: u16) -> Result<()> {
    let admin: AdminClient<Telling> = broker.config().create_with_context(Telling)?;
    let names: Vec<_> = Topic::ALL.iter().map(|topic| broker.name(*topic)).collect();
    let retentions: Vec<_> = Topic::ALL.iter().map(|topic| topic.spec().retention_ms.to_string()).collect();
    let copies = i32::from(replication);
    let topics: Vec<_> = Topic::ALL
        .iter()
        .zip(&names)
        .zip(&retentions)
        .map(|((topic, name), retention)| {
            let new = NewTopic::new(name, topic.spec().partitions, TopicReplication::Fixed(copies))
                .set("retention.ms", retention);
            topic.spec().config.iter().fold(new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(ANSWER)).request_timeout(Some(ANSWER));
    let unreachable = |error: rdkafka::error::KafkaError| Error::Unreachable {
        brokers: broker.brokers().to_owned(),
        problem: error.to_string(),
    };
    for result in admin.create_topics(&topics, &options).await.map_err(unreachable)? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                return Err(Error::Topic { topic, problem: code.to_string() });
            }
        }
    }
    Ok(())
}

/// First and next offset of every partition of these topics. Blocks; run it where blocking is allowed.
pub fn watermarks(
    broker: &Broker,
    topics: impl Iterator<Item = Topic>,
) -> Result<Vec<(Partition, i64, i64)>> {
    let consumer: BaseConsumer<Telling> = broker.reading().create_with_context(Telling)?;
    let mut marks = Vec::new();
    for topic in topics {
        let name = broker.name(topic);
        let metadata = consumer.fetch_metadata(Some(&name), ANSWER).map_err(|error| Error::Unreachable {
            brokers: broker.brokers().to_owned(),
            problem: error.to_string(),
        })?;
        let partitions = metadata.topics().first().map(|topic| topic.partitions()).unwrap_or_default();
        for partition in partitions {
            let (low, high) = patiently(|| consumer.fetch_watermarks(&name, partition.id(), ANSWER))?;
            marks.push((Partition { topic, partition: partition.id() }, low, high));
        }
    }
    Ok(marks)
}

/// A partition that was made a moment ago, or whose broker went, has no leader for a moment.
fn patiently<T>(ask: impl Fn() -> KafkaResult<T>) -> KafkaResult<T> {
    let passing = |error: &KafkaError| {
        use RDKafkaErrorCode as Code;
        let code = error.rdkafka_error_code();
        matches!(
            code,
            Some(
                Code::NotLeaderForPartition
                    | Code::LeaderNotAvailable
                    | Code::UnknownTopicOrPartition
                    | Code::UnknownPartition
            )
        )
    };
    for pause in [10, 20, 50, 100, 200, 500, 1000, 2000, 4000] {
        match ask() {
            Err(error) if passing(&error) => std::thread::sleep(Duration::from_millis(pause)),
            other => return other,
        }
    }
    ask()
}

/// How many messages of each input partition have not been disposed of, where there are any.
pub fn lag(marks: &[(Partition, i64, i64)], offsets: &[(Partition, i64)]) -> Vec<(Partition, i64)> {
    marks
        .iter()
        .filter_map(|(partition, low, high)| {
            let next = offsets.iter().find(|(known, _)| known == partition).map_or(*low, |(_, next)| *next);
            (next < *high).then_some((*partition, high - next))
        })
        .collect()
}
