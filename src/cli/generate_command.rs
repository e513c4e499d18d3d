//! `peyvand generate`.

use indicatif::ProgressBar;
use serde_json::json;

use super::arguments::Generate;
use super::start::CommandContext;
use super::{Error, Result};
use crate::clock::Clock;
use crate::demo::generate::{GenerateCounts, GenerateOptions, write_month};
use crate::service;
use crate::terminal::say;

pub async fn run(started: &CommandContext, options: Generate, json: bool) -> Result<()> {
    let clock = Clock::new(started.env.settings.today).map_err(|error| Error::failed(error.to_string()))?;
    let plan = GenerateOptions { marriages: options.marriages, seed: options.seed, today: clock.today() };
    let dir = options.dir.clone();
    // Runs on a blocking thread, so that the runtime still handles the shutdown signal.
    let work = tokio::task::spawn_blocking(move || {
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(u64::from(plan.marriages)) };
        let summary = write_month(&plan, &dir, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        summary
    });
    let summary = work
        .await
        .map_err(|_| service::Error::Interrupted)?
        .map_err(|error| Error::failed(error.to_string()))?;
    show(&plan, &options, &summary, json);
    Ok(())
}

fn show(plan: &GenerateOptions, options: &Generate, summary: &GenerateCounts, json: bool) {
    let dir = options.dir.display();
    if json {
        say!(
            "{}",
            json!({"dir": dir.to_string(), "today": plan.today.to_string(), "seed": plan.seed,
                "marriages": summary.marriages, "marriage_rows": summary.marriage_rows, "persons": summary.persons,
                "employments": summary.employments, "wages": summary.wages,
                "self_registrations": summary.self_registrations, "earlier_payments": summary.earlier_payments})
        );
        return;
    }
    say!(
        "{dir}: {} marriages ({} rows), {} persons, {} employments, {} wage rows, {} self-registrations, {} earlier payments, for {}",
        summary.marriages,
        summary.marriage_rows,
        summary.persons,
        summary.employments,
        summary.wages,
        summary.self_registrations,
        summary.earlier_payments,
        plan.today
    );
}
