//! `peyvand generate`.

use indicatif::ProgressBar;
use serde_json::json;

use super::arguments::Generate;
use super::generate::{Plan, Summary, write_month};
use super::start::Started;
use super::{Error, Result};
use crate::clock::Clock;

pub async fn run(started: &Started, wish: Generate, json: bool) -> Result<()> {
    let clock = Clock::new(started.settings.today).map_err(|error| Error::Failed(error.to_string()))?;
    let plan = Plan { marriages: wish.marriages, seed: wish.seed, today: clock.today() };
    let dir = wish.dir.clone();
    // Not on this thread: a stop must be heard meanwhile.
    let work = tokio::task::spawn_blocking(move || {
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(u64::from(plan.marriages)) };
        let progress = |done: u64, total: u64| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let summary = write_month(&plan, &dir, &progress);
        bar.finish_and_clear();
        summary
    });
    let summary =
        work.await.map_err(|_| Error::Interrupted)?.map_err(|error| Error::Failed(error.to_string()))?;
    show(&plan, &wish, &summary, json);
    Ok(())
}

fn show(plan: &Plan, wish: &Generate, summary: &Summary, json: bool) {
    let dir = wish.dir.display();
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
