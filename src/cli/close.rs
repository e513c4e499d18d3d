//! `peyvand close-month`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::arguments::CloseMonth;
use super::paper::{grouped, money};
use super::start::Started;
use super::{Error, Result};
use crate::kafka::{self, Broker};
use crate::law::SolarMonth;
use crate::retry::{Stop, pause_or_stop};
use crate::store::offsets;
use crate::telemetry::trace;
use crate::work::close_month::{self, Closed, Forecast, Progress};
use crate::work::{House, recover};

pub async fn run(started: &Started, wish: CloseMonth, json: bool) -> Result<()> {
    let house = started.house().await?;
    if wish.dry_run {
        let forecast = close_month::forecast(&house, wish.month).await?;
        show_forecast(&forecast, json);
        return Ok(());
    }
    let timeout = Duration::from_secs(wish.timeout.unwrap_or(started.settings.close_timeout_s));
    let closed =
        close(&house, &started.broker, wish.month, wish.confirm, timeout, &started.stop, json).await?;
    show(&closed, json);
    Ok(())
}

/// Checks, waits for the input that lies there, and closes; a closed month gives its batch again.
pub async fn close(
    house: &House,
    broker: &Broker,
    month: SolarMonth,
    confirmed: bool,
    timeout: Duration,
    stop: &Stop,
    quiet: bool,
) -> Result<Closed> {
    recover::refuse_half_recovered(house).await?;
    if let Some(batch) = close_month::check(house, month, confirmed).await?? {
        return Ok(Closed { batch, now: false });
    }
    let offsets = wait_for_input(house, broker, month, &Waiting { timeout, stop: stop.clone() }).await?;
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_style(
        ProgressStyle::with_template("  {spinner} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    let progress = |persons: u64, documents: u64| {
        bar.set_message(format!("{persons} persons decided, {documents} documents"));
    };
    let closed = close_in_span(house, month, &offsets, &progress, stop).await?;
    bar.finish_and_clear();
    Ok(closed)
}

/// Closes, in a span of the thread that the outputs of the close carry; a stop is an error.
pub async fn close_in_span(
    house: &House,
    month: SolarMonth,
    offsets: &str,
    progress: Progress<'_>,
    stop: &Stop,
) -> Result<Closed> {
    let span = trace::close_month(month);
    match close_month::close(house, month, offsets, progress, stop).await {
        Ok(Some(closed)) => {
            trace::adopt(&span, &closed.batch.traceparent);
            Ok(closed)
        }
        Ok(None) => Err(Error::Interrupted),
        Err(error) => {
            trace::failed(&span);
            Err(error.into())
        }
    }
}

/// How long the close waits for the input, and what ends the wait.
pub struct Waiting {
    pub timeout: Duration,
    pub stop: Stop,
}

/// Waits until the input that lay in the topics at the call is disposed of; gives where the inputs then stood, as JSON.
pub async fn wait_for_input(
    house: &House,
    broker: &Broker,
    month: SolarMonth,
    waiting: &Waiting,
) -> Result<String> {
    let (asked, stood) = (broker.clone(), offsets::all(&house.pool).await?);
    let marks = tokio::task::spawn_blocking(move || kafka::ends::ends(&asked, &stood));
    let marks = marks.await.map_err(|_| Error::Interrupted)??;
    let began = house.clock.instant();
    let mut stop = waiting.stop.clone();
    loop {
        let offsets = house.patiently(offsets::all(&house.pool)).await?;
        let lag = kafka::topics::lag(&marks, &offsets);
        if lag.is_empty() {
            let stood: Vec<_> =
                marks.iter().map(|(p, _, high)| json!([p.topic.name(), p.partition, high])).collect();
            return Ok(serde_json::Value::from(stood).to_string());
        }
        if began.elapsed() >= waiting.timeout {
            let behind: Vec<_> =
                lag.iter().map(|(p, n)| format!("{}/{} by {n}", p.topic.name(), p.partition)).collect();
            let behind = behind.join(", ");
            return Err(Error::Failed(format!(
                "{month} is not closed: after {} s the input is not disposed of: {behind}. Is `peyvand serve` running with the role intake?",
                waiting.timeout.as_secs()
            )));
        }
        if !pause_or_stop(Duration::from_millis(50), &mut stop).await {
            return Err(Error::Interrupted);
        }
    }
}

fn show(closed: &Closed, json: bool) {
    let batch = &closed.batch;
    if json {
        say!(
            "{}",
            json!({"month": batch.month.to_string(), "batch_id": batch.batch_id, "documents": batch.documents,
                "total_rial": batch.total, "digest": batch.digest, "closed_now": closed.now})
        );
        return;
    }
    let total = money(batch.total.unsigned_abs());
    let how = if closed.now { "is closed" } else { "was closed already; nothing was issued" };
    say!("{} {how}: batch {}, {} documents, {total}", batch.month, batch.batch_id, batch.documents);
}

fn show_forecast(forecast: &Forecast, json: bool) {
    let last = forecast.last;
    if json {
        let branches: Vec<_> = forecast.branches.iter().map(|(code, branch)| {
            json!({"province_code": branch.province_code, "branch_code": code, "documents": branch.documents, "total_rial": branch.total_rial})
        }).collect();
        let last = last.map(|(month, documents, total)| json!({"month": month.to_string(), "documents": documents, "total_rial": total}));
        say!(
            "{}",
            json!({"month": forecast.month.to_string(), "forecast": forecast.ahead_of_time, "documents": forecast.documents,
                "total_rial": forecast.total_rial, "last": last, "branches": branches})
        );
        return;
    }
    let kind = if forecast.ahead_of_time {
        "forecast, the month has not ended"
    } else {
        "dry run, nothing is issued"
    };
    say!("{} ({kind}): {} documents, {}", forecast.month, forecast.documents, money(forecast.total_rial));
    match last {
        None => say!("No month was closed before."),
        Some((month, documents, total)) => say!(
            "Beside {month}: {:+} documents, {:+} rials",
            i128::from(forecast.documents) - i128::from(documents),
            i128::from(forecast.total_rial) - i128::from(total)
        ),
    }
    say!("province  branch  documents  rials");
    for (code, branch) in &forecast.branches {
        let rials = grouped(branch.total_rial);
        say!("{:>8}  {code:>6}  {:>9}  {rials}", branch.province_code, branch.documents);
    }
}
