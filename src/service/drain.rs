//! Waits until all input has a disposition and the outbox is drained.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Error, Result};
use crate::app::AppContext;
use crate::kafka::topics::{PartitionLag, PartitionRange};
use crate::kafka::{self, Broker};
use crate::store::figures::{self, Undelivered};
use crate::store::offsets::{self, PartitionOffset};
use crate::views::format;
use crate::wire::Topic;

/// The interval at which the state is read while waiting.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Waits until everything is drained. Returns false if that takes longer than `within`.
pub async fn wait(ctx: &AppContext, broker: &Broker, within: Duration) -> Result<bool> {
    Ok(drained(ctx, input_ends(ctx, broker).await?, within).await?.is_empty())
}

/// Returns the current first and end offset of each input partition.
pub async fn input_ends(ctx: &AppContext, broker: &Broker) -> Result<Vec<PartitionRange>> {
    input_ends_beyond(offsets::all(&ctx.pool).await?, broker).await
}

/// Like [`input_ends`], where the offsets of ingest are known already.
pub async fn input_ends_beyond(stored: Vec<PartitionOffset>, broker: &Broker) -> Result<Vec<PartitionRange>> {
    let broker = broker.clone();
    let ends = tokio::task::spawn_blocking(move || kafka::end_offsets::end_offsets(&broker, &stored));
    Ok(ends.await.map_err(|_| Error::Interrupted)??)
}

/// Waits until everything up to `ends` is drained, for at most `within`. Returns what is still unfinished then.
pub async fn drained(ctx: &AppContext, ends: Vec<PartitionRange>, within: Duration) -> Result<Vec<String>> {
    let began = ctx.clock.instant();
    loop {
        // The input is checked before the outbox: the events caused by an input are in the outbox before its offset
        // advances.
        let offsets = offsets::all(&ctx.pool).await?;
        let behind = by_topic(&kafka::topics::lag(&ends, &offsets));
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
    let mut unfinished: Vec<_> =
        topics.map(|(topic, n)| format!("{topic} is {} behind", format::grouped(*n))).collect();
    if undelivered.events > 0 {
        unfinished.push(format!("{} events wait in the outbox", format::grouped(undelivered.events)));
    }
    if undelivered.held_messages > 0 {
        unfinished
            .push(format!("{} SMS wait for their document", format::grouped(undelivered.held_messages)));
    }
    unfinished
}

/// Returns the lag of every input topic, including those without lag.
pub fn by_topic(lag: &[PartitionLag]) -> BTreeMap<&'static str, i64> {
    let mut behind: BTreeMap<_, _> = Topic::inputs().map(|topic| (topic.name(), 0)).collect();
    for lag in lag {
        *behind.entry(lag.partition.topic.name()).or_default() += lag.messages;
    }
    behind
}
