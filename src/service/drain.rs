//! Waiting until the input is disposed of and the outbox is drained.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Error, Result};
use crate::app::AppContext;
use crate::kafka::{self, Broker};
use crate::store::figures::{self, Undelivered};
use crate::store::offsets::{self, TopicPartition};
use crate::views::format;
use crate::wire::Topic;

/// How often the state is read while waiting.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// First and next offset of each input partition.
pub type InputMarks = Vec<(TopicPartition, i64, i64)>;

/// Waits for the same, and shows nothing.
pub async fn wait(ctx: &AppContext, broker: &Broker, within: Duration) -> Result<bool> {
    Ok(drained(ctx, marks(ctx, broker).await?, within).await?.is_empty())
}

pub async fn marks(ctx: &AppContext, broker: &Broker) -> Result<InputMarks> {
    let (broker, offsets) = (broker.clone(), offsets::all(&ctx.pool).await?);
    let marks = tokio::task::spawn_blocking(move || kafka::end_offsets::end_offsets(&broker, &offsets));
    Ok(marks.await.map_err(|_| Error::Interrupted)??)
}

/// Waits; says what still lags where the time was too short.
pub async fn drained(ctx: &AppContext, marks: InputMarks, within: Duration) -> Result<Vec<String>> {
    let began = ctx.clock.instant();
    loop {
        // The input first: what follows from it stands in the outbox before its offset has advanced.
        let offsets = offsets::all(&ctx.pool).await?;
        let behind = by_topic(&kafka::topics::lag(&marks, &offsets));
        let mut connection = ctx.pool.acquire().await.map_err(crate::store::Error::from)?;
        let undelivered = figures::undelivered(&mut connection).await?;
        drop(connection);
        let unfinished = unfinished(&behind, undelivered);
        if unfinished.is_empty() || began.elapsed() >= within {
            return Ok(unfinished);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn unfinished(behind: &BTreeMap<&'static str, i64>, undelivered: Undelivered) -> Vec<String> {
    let topics = behind.iter().filter(|(_, count)| **count > 0);
    let mut told: Vec<_> =
        topics.map(|(topic, n)| format!("{topic} is {} behind", format::grouped(*n))).collect();
    if undelivered.events > 0 {
        told.push(format!("{} events wait in the outbox", format::grouped(undelivered.events)));
    }
    if undelivered.held_messages > 0 {
        told.push(format!("{} SMS wait for their document", format::grouped(undelivered.held_messages)));
    }
    told
}

/// Every input topic, also where nothing lags.
pub fn by_topic(lag: &[(TopicPartition, i64)]) -> BTreeMap<&'static str, i64> {
    let mut behind: BTreeMap<_, _> = Topic::inputs().map(|topic| (topic.name(), 0)).collect();
    for (partition, count) in lag {
        *behind.entry(partition.topic.name()).or_default() += count;
    }
    behind
}
