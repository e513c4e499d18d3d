//! `peyvand status`: what is not done yet, and where. With `--wait`, it returns when everything is done.

mod text;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::Result;
use crate::app::AppContext;
use crate::kafka::fetch_check::unreadable;
use crate::kafka::topics::PartitionRange;
use crate::kafka::{self, Broker};
use crate::service;
use crate::service::Environment;
use crate::service::drain::{by_topic, drained, input_ends};
use crate::store::offsets::{self, PartitionOffset};
use crate::terminal::{self, say};
use crate::views::status::{AnswerDays, InputState, StalledPartitionView, status};

/// Maximum number of rows of a list, for people and for programs. The counts always include all rows.
const LISTED: i64 = 10;
const LISTED_IN_JSON: i64 = 10_000;

/// Shows the state. With `wait`, it first waits until all input that is in the topics now has a disposition and the
/// outbox is empty. Returns false if that took longer than `wait`, or if the topics are not those of the installation.
pub async fn run(env: &Environment, wait: Option<Duration>, json: bool) -> Result<bool> {
    let ctx = env.open_to_look().await?;
    let problems: Vec<_> = env.topic_problems(&ctx).await?.iter().map(ToString::to_string).collect();
    let unfinished = match wait {
        // Nobody can wait for input that is not there.
        Some(timeout) if problems.is_empty() => {
            drained(&ctx, input_ends(&ctx, &env.broker).await?, timeout).await?
        }
        _ => Vec::new(),
    };
    let ends = input_ends(&ctx, &env.broker).await?;
    let input = input_state(&env.broker, &ends, &offsets::all(&ctx.pool).await?).await?;
    let limit = if json { LISTED_IN_JSON } else { LISTED };
    let mut status = status(&ctx, input, unfinished, AnswerDays::of(&env.settings), limit).await?;
    status.topic_problems = problems;
    if json {
        terminal::show_json(&status);
    } else {
        terminal::show(&text::page(&status));
    }
    Ok(status.unfinished.is_empty() && status.topic_problems.is_empty())
}

/// Reads every partition that lags at its offset, to name those that cannot be read.
async fn input_state(
    broker: &Broker,
    ends: &[PartitionRange],
    stored: &[PartitionOffset],
) -> Result<InputState> {
    let lag = kafka::topics::lag(ends, stored);
    let mut positions = Vec::new();
    for range in ends.iter().filter(|range| lag.iter().any(|lag| lag.partition == range.partition)) {
        let next = stored.iter().find(|known| known.partition == range.partition);
        // A partition that was never read starts at its first offset.
        positions.push(next.copied().unwrap_or_else(|| range.first_offset()));
    }
    let broker = broker.clone();
    let check = tokio::task::spawn_blocking(move || unreadable(&broker, &positions, &AtomicBool::new(false)));
    let unreadable = check.await.map_err(|_| service::Error::Interrupted)??;
    let stalled = unreadable.into_iter().map(|one| StalledPartitionView {
        topic: one.partition.topic.name(),
        partition: one.partition.partition,
        offset: one.offset,
        error: one.error.to_string(),
    });
    Ok(InputState { lag: by_topic(&lag), stalled_partitions: stalled.collect() })
}

/// Shows only the digest of the state.
pub async fn digest(ctx: &AppContext, json: bool) -> Result<()> {
    let mut tx = crate::store::snapshot(&ctx.pool).await?;
    let state = super::replay::StateDigest::read(&mut tx).await?;
    if json {
        say!("{}", serde_json::json!({"digest": state.digest, "lines": state.lines.len()}));
    } else {
        say!("{}", state.digest);
    }
    Ok(())
}
