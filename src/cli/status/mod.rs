//! `peyvand status`: what is not done yet, and where. With `--wait`, it returns when everything is done.

mod text;

use std::time::Duration;

use super::Result;
use crate::app::AppContext;
use crate::kafka::{self, Broker};
use crate::service::drain::{by_topic, drained, input_ends};
use crate::store::offsets;
use crate::terminal::{self, say};
use crate::views::status::status;

/// Maximum number of rows of a list, for people and for programs. The counts always include all rows.
const LISTED: i64 = 10;
const LISTED_IN_JSON: i64 = 10_000;

/// Shows the state. With `wait`, it first waits until all input that is in the topics now has a disposition and the
/// outbox is empty. Returns false if that took longer than `wait`.
pub async fn run(
    ctx: &AppContext,
    broker: &Broker,
    unanswered_days: u16,
    wait: Option<Duration>,
    json: bool,
) -> Result<bool> {
    let unfinished = match wait {
        Some(timeout) => drained(ctx, input_ends(ctx, broker).await?, timeout).await?,
        None => Vec::new(),
    };
    let ends = input_ends(ctx, broker).await?;
    let lag = by_topic(&kafka::topics::lag(&ends, &offsets::all(&ctx.pool).await?));
    let limit = if json { LISTED_IN_JSON } else { LISTED };
    let status = status(ctx, lag, unfinished, unanswered_days, limit).await?;
    if json {
        terminal::show_json(&status);
    } else {
        terminal::show(&text::page(&status));
    }
    Ok(status.unfinished.is_empty())
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
