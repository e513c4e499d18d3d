//! Periodic tasks: they read the gauges, so that no scrape waits for database and broker, and check for files that lack
//! rows.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::timeout;

use super::Result;
use super::drain::{by_topic, input_ends_beyond};
use crate::app::AppContext;
use crate::kafka::{self, Broker};
use crate::retry::{ShutdownSignal, pause_or_stop, shutdown_requested};
use crate::store::{figures, files, objections, offsets, submissions};
use crate::telemetry::{GaugeValues, Metrics};
use crate::views::status::AnswerDays;

const READ_INTERVAL: Duration = Duration::from_secs(10);
/// A longer reading is abandoned.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the gauges until shutdown is requested. If a read fails, the last values stay. Their age is a gauge,
/// too. Before the first successful read no gauges are exported.
pub async fn run(ctx: AppContext, broker: Broker, days: AnswerDays, mut stop: ShutdownSignal) -> Result<()> {
    let mut ends = stop.clone();
    loop {
        let read = tokio::select! {
            () = shutdown_requested(&mut ends) => return Ok(()),
            read = timeout(READ_TIMEOUT, gauges(&ctx, broker.clone(), days)) => read,
        };
        match read {
            Ok(Ok(gauges)) => Metrics::global().set_gauges(gauges),
            Ok(Err(error)) => tracing::debug!(%error, "the gauges could not be read"),
            Err(_) => tracing::debug!("the gauges could not be read in time"),
        }
        if !pause_or_stop(READ_INTERVAL, &mut stop).await {
            return Ok(());
        }
    }
}

const FILE_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Logs an alarm if closed files still lack rows, each time their number changes.
pub async fn incomplete_files(ctx: AppContext, mut stop: ShutdownSignal) -> Result<()> {
    let mut known = 0;
    while pause_or_stop(FILE_CHECK_INTERVAL, &mut stop).await {
        match count_incomplete(&ctx).await {
            Ok(files) if files != known => {
                known = files;
                if files > 0 {
                    tracing::error!(files, "ALARM: published files lack rows; `peyvand status` names them");
                }
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "it is unknown whether files lack rows"),
        }
    }
    Ok(())
}

async fn count_incomplete(ctx: &AppContext) -> crate::store::Result<i64> {
    ctx.with_timeout(async { files::count_incomplete(&mut *ctx.pool.acquire().await?).await }).await
}

/// Reads the gauges from the database and the broker.
async fn gauges(ctx: &AppContext, broker: Broker, days: AnswerDays) -> Result<GaugeValues> {
    let mut connection = ctx.pool.acquire().await.map_err(crate::store::Error::from)?;
    let before = ctx.clock.now() - SignedDuration::from_hours(24 * i64::from(days.unanswered));
    let overdue_before = ctx.clock.now() - SignedDuration::from_hours(24 * i64::from(days.objection));
    let figures = figures::figures(&mut connection, before).await?;
    let overdue_objections = objections::count_open(&mut connection, overdue_before).await?;
    let (undelivered_submissions, oldest) = submissions::waiting(&mut connection).await?;
    let age = oldest.map_or(0, |at| ctx.clock.now().duration_since(at).as_secs().max(0));
    let offsets = offsets::all(&ctx.pool).await?;
    drop(connection);
    let ends = input_ends_beyond(offsets.clone(), &broker).await?;
    let lag = by_topic(&kafka::topics::lag(&ends, &offsets));
    Ok(GaugeValues {
        updated_seconds: ctx.clock.machine_time().as_second(),
        dead_letters_open: figures.dead_letters_by_reason.into_iter().collect(),
        lag: lag.into_iter().map(|(topic, behind)| (topic.to_owned(), behind)).collect(),
        outbox_depth: figures.outbox_depth,
        open_files: figures.open_files,
        incomplete_files: figures.incomplete_files,
        unanswered_documents: figures.unanswered,
        overdue_objections,
        undelivered_submissions,
        undelivered_submission_age: age,
        open_cases: figures.open_cases,
        months_closed: i64::try_from(figures.months_closed.len()).unwrap_or(i64::MAX),
        close_held: i64::from(figures.held.is_some()),
    })
}
