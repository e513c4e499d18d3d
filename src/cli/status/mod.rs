//! `peyvand status`: what is not done yet, and where. With `--wait`, it returns when everything is done.

mod text;

use std::time::Duration;

use jiff::SignedDuration;

use super::Result;
use crate::app::AppContext;
use crate::kafka::{self, Broker};
use crate::service::drain::{by_topic, drained, marks};
use crate::store::figures::{self};
use crate::store::offsets::{self};
use crate::terminal::{self, say};
use crate::views::format::TehranTime;
use crate::views::incomplete_files;
use crate::views::status::{ClosedMonthView, HeldMonthView, OpenCaseView, StatusView, UnansweredView};

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
        Some(timeout) => drained(ctx, marks(ctx, broker).await?, timeout).await?,
        None => Vec::new(),
    };
    let status = load(ctx, broker, unanswered_days, unfinished, json).await?;
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

async fn load(
    ctx: &AppContext,
    broker: &Broker,
    days: u16,
    unfinished: Vec<String>,
    json: bool,
) -> Result<StatusView> {
    let marks = marks(ctx, broker).await?;
    let offsets = offsets::all(&ctx.pool).await?;
    let before = ctx.clock.now() - SignedDuration::from_hours(24 * i64::from(days));
    let limit = if json { LISTED_IN_JSON } else { LISTED };
    let mut connection = ctx.pool.acquire().await.map_err(crate::store::Error::from)?;
    let figures = figures::figures(&mut connection, before).await?;
    let unanswered = figures::unanswered(&mut connection, before, limit).await?;
    let cases = figures::open_cases(&mut connection, limit).await?;
    let incomplete = incomplete_files::files(&mut connection, limit).await?;
    let without_claim = incomplete_files::records_without_claim(&mut connection, ctx.deeds_from).await?;
    let tehran_time = |at| TehranTime::of(&ctx.clock, at);
    Ok(StatusView {
        unfinished,
        lag: by_topic(&kafka::topics::lag(&marks, &offsets)),
        outbox_depth: figures.outbox_depth,
        held_messages: figures.held_messages,
        open_files: figures.open_files,
        incomplete_files_count: figures.incomplete_files,
        incomplete_files: incomplete,
        records_without_claim: without_claim,
        months_closed: figures.months_closed.iter().map(ClosedMonthView::of).collect(),
        month_under_way: figures.month_under_way.map(|month| month.to_string()),
        held: figures.held.map(|(month, reason)| HeldMonthView { month, reason }),
        unanswered_days: days,
        unanswered_count: figures.unanswered,
        unanswered: unanswered
            .into_iter()
            .map(|d| UnansweredView {
                document_id: d.document_id,
                month: d.month.to_string(),
                issued_at: tehran_time(d.issued_at),
            })
            .collect(),
        open_cases_count: figures.open_cases,
        open_cases: cases
            .into_iter()
            .map(|case| OpenCaseView {
                case_id: case.case_id.to_string(),
                kind: case.kind,
                document_id: case.document_id,
                grounds: case.grounds,
                opened_at: tehran_time(case.opened_at),
            })
            .collect(),
        dead_letters: figures.dead_letters,
    })
}
