//! The topics on the broker: creating them, and how far they reach.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;

use super::client::{ANSWER, Broker};
use super::client_logging::LoggingContext;
use super::{Error, Result};
use crate::failpoint::failpoint;
use crate::store::offsets::TopicPartition;
use crate::wire::Topic;

/// Creates the topics that are missing, as `schemas/topics.json` and the settings describe them. Many may ask at once.
///
/// # Errors
/// Where the broker is away or refuses, or a topic that was there has another number of partitions.
pub async fn ensure(broker: &Broker, replication: u16) -> Result<()> {
    check_connection(broker).await?;
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
    let mut found = Vec::new();
    let made = failpoint!("topics.create", admin.create_topics(&topics, &options).await);
    for result in made.map_err(|error| broker.unreachable(error))? {
        match result {
            Ok(_) => {}
            Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => found.push(name),
            Err((topic, code)) => {
                return Err(Error::Topic { topic, problem: code.to_string() });
            }
        }
    }
    let broker = broker.clone();
    let checking = move || found.iter().try_for_each(|name| check_partitions(&admin, &broker, name));
    tokio::task::spawn_blocking(checking).await.map_err(|_| Error::Stopped)?
}

/// Asks the broker for its metadata. An admin client would keep to itself why nothing answers (a password, a certificate);
/// a consumer tells.
async fn check_connection(broker: &Broker) -> Result<()> {
    let consumer: BaseConsumer<LoggingContext> =
        broker.consumer_config().create_with_context(LoggingContext)?;
    let broker = broker.clone();
    let asking = move || {
        let answer = failpoint!("topics.greet", consumer.fetch_metadata(None, ANSWER).map(drop));
        // What librdkafka has to say lies in the consumer's queue.
        while failpoint!("topics.told", consumer.poll(Duration::ZERO)).is_some() {}
        answer.map_err(|error| broker.unreachable(error))
    };
    tokio::task::spawn_blocking(asking).await.map_err(|_| Error::Stopped)?
}

/// The partition of a key is computed here, so a topic that somebody else made must have as many as we think.
fn check_partitions(admin: &AdminClient<LoggingContext>, broker: &Broker, name: &str) -> Result<()> {
    let Some(topic) = broker.topic(name) else {
        return Ok(());
    };
    let metadata = failpoint!("topics.partitions", admin.inner().fetch_metadata(Some(name), ANSWER))?;
    let there = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    differs(broker.partitions(topic), there)
        .map_or(Ok(()), |problem| Err(Error::Topic { topic: name.to_owned(), problem }))
}

/// What is wrong with so many partitions. None at all are those of a topic that another process has just made: the broker
/// that was asked has not heard of it yet.
fn differs(wanted: i32, there: usize) -> Option<String> {
    (there > 0 && usize::try_from(wanted) != Ok(there)).then(|| {
        format!("it has {there} partitions and must have {wanted} (setting topic_partitions; files, receipts and dead letters have one): correct the setting, delete the topic where it is empty, or choose another topic_prefix")
    })
}

/// First and next offset of every partition of these topics. Blocks; run it where blocking is allowed.
pub fn watermarks(
    broker: &Broker,
    topics: impl Iterator<Item = Topic>,
) -> Result<Vec<(TopicPartition, i64, i64)>> {
    let consumer: BaseConsumer<LoggingContext> =
        broker.consumer_config().create_with_context(LoggingContext)?;
    let mut marks = Vec::new();
    for topic in topics {
        let name = broker.name(topic);
        let metadata = failpoint!("watermarks.metadata", consumer.fetch_metadata(Some(&name), ANSWER))
            .map_err(|error| broker.unreachable(error))?;
        let partitions = metadata.topics().first().map(|topic| topic.partitions()).unwrap_or_default();
        for partition in partitions {
            let (low, high) = with_retries(|| {
                failpoint!("watermarks.fetch", consumer.fetch_watermarks(&name, partition.id(), ANSWER))
            })?;
            marks.push((TopicPartition { topic, partition: partition.id() }, low, high));
        }
    }
    Ok(marks)
}

/// A partition that was made a moment ago, or whose broker went, has no leader for a moment.
fn with_retries<T>(ask: impl Fn() -> KafkaResult<T>) -> KafkaResult<T> {
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
pub fn lag(
    marks: &[(TopicPartition, i64, i64)],
    offsets: &[(TopicPartition, i64)],
) -> Vec<(TopicPartition, i64)> {
    marks
        .iter()
        .filter_map(|(partition, low, high)| {
            let next = offsets.iter().find(|(known, _)| known == partition).map_or(*low, |(_, next)| *next);
            (next < *high).then_some((*partition, high - next))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn without_a_setting_topics_have_the_partitions_of_their_description() {
        let broker = Broker::new(&Settings::load_from(&[].into(), None, []).unwrap().settings);
        for topic in Topic::ALL {
            assert_eq!(broker.partitions(*topic), topic.spec().partitions);
        }
    }

    #[test]
    fn a_topic_with_another_number_of_partitions_is_told() {
        let of = |there| differs(3, there);
        assert_eq!((of(3), of(0)), (None, None));
        assert!(of(12).is_some_and(|problem| problem.contains("has 12") && problem.contains("have 3")));
    }
}
