//! `peyvand close-month`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Result;
use super::arguments::CloseMonth;
use super::start::CommandContext;
use crate::app::close::{self, CloseResult, Confirmation, Forecast, MonthTotals};
use crate::service::close::close_month;
use crate::store::batches::PaymentBatch;
use crate::terminal::say;
use crate::views::format::{grouped, money};

pub async fn run(started: &CommandContext, options: CloseMonth, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    if options.dry_run {
        let forecast = close::planned(&ctx, options.month).await?;
        show_forecast(&forecast, json);
        return Ok(());
    }
    let timeout = Duration::from_secs(options.timeout.unwrap_or(started.env.settings.close_timeout_s));
    let bar = progress_bar(json);
    let env = &started.env;
    let confirmation = match options.confirm {
        None => Confirmation::Nothing,
        Some(None) => Confirmation::Hold,
        Some(Some(digest)) => Confirmation::Plan(digest),
    };
    let closed = close_month(
        &ctx,
        &env.broker,
        options.month,
        &confirmation,
        timeout,
        &env.shutdown,
        &|persons: u64, documents: u64| {
            bar.set_message(format!("{persons} persons decided, {documents} documents"));
        },
    )
    .await?;
    bar.finish_and_clear();
    show(&closed, json);
    Ok(())
}

/// A spinner on a terminal; hidden if the output is JSON.
fn progress_bar(hidden: bool) -> ProgressBar {
    let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_style(
        ProgressStyle::with_template("  {spinner} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn show(closed: &CloseResult, json: bool) {
    let close = &closed.close;
    if json {
        let batches: Vec<_> = close.batches.iter().map(batch_json).collect();
        say!(
            "{}",
            json!({"month": close.month.to_string(), "batches": batches, "documents": close.documents(),
                "total_rial": close.total_rial(), "closed_now": closed.closed_now})
        );
        return;
    }
    let how = if closed.closed_now { "is closed" } else { "is already closed; nothing was issued" };
    for batch in &close.batches {
        let total = money(batch.total_rial.unsigned_abs());
        say!("{} {how}: batch {}, {} documents, {total}", close.month, batch.batch_id, batch.documents);
    }
}

fn batch_json(batch: &PaymentBatch) -> serde_json::Value {
    json!({"benefit": batch.benefit.as_str(), "batch_id": batch.batch_id, "documents": batch.documents,
        "total_rial": batch.total_rial, "digest": batch.digest})
}

fn show_forecast(forecast: &Forecast, json: bool) {
    let last = forecast.last;
    let plan = &forecast.plan;
    if json {
        let branches: Vec<_> = forecast.branches.iter().map(|(code, branch)| {
            json!({"province_code": branch.province_code, "branch_code": code, "documents": branch.documents, "total_rial": branch.total_rial})
        }).collect();
        let last = last.map(|last| json!({"month": last.month.to_string(), "documents": last.documents, "total_rial": last.total_rial}));
        say!(
            "{}",
            json!({"month": plan.month.to_string(), "forecast": forecast.ahead_of_time, "documents": plan.documents(),
                "total_rial": plan.total_rial, "digest": plan.digest(), "last": last, "branches": branches})
        );
        return;
    }
    let kind = if forecast.ahead_of_time {
        "forecast, the month has not ended"
    } else {
        "dry run, nothing is issued"
    };
    say!("{} ({kind}): {} documents, {}", plan.month, plan.documents(), money(plan.total_rial));
    say!("digest {}: `close-month {} --confirm DIGEST` issues exactly this", plan.digest(), plan.month);
    match last {
        None => say!("No earlier month is closed."),
        Some(MonthTotals { month, documents, total_rial: total }) => say!(
            "Compared with {month}: {:+} documents, {:+} rials",
            i128::from(plan.documents()) - i128::from(documents),
            i128::from(plan.total_rial) - i128::from(total)
        ),
    }
    say!("province  branch  documents  rials");
    for (code, branch) in &forecast.branches {
        let rials = grouped(branch.total_rial);
        say!("{:>8}  {code:>6}  {:>9}  {rials}", branch.province_code, branch.documents);
    }
}
