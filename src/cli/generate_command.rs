//! `peyvand generate`.

use indicatif::ProgressBar;

use super::arguments::Generate;
use super::generate::{Plan, write_month};
use super::start::Started;
use super::{Error, Result};
use crate::clock::Clock;

pub fn run(started: &Started, wish: &Generate) -> Result<()> {
    let clock = Clock::new(started.settings.today).map_err(|error| Error::Failed(error.to_string()))?;
    let plan = Plan { marriages: wish.marriages, seed: wish.seed, today: clock.today() };
    let bar = ProgressBar::new(u64::from(wish.marriages));
    let progress = |done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let summary =
        write_month(&plan, &wish.dir, &progress).map_err(|error| Error::Failed(error.to_string()))?;
    bar.finish_and_clear();
    say!(
        "{}: {} marriages ({} rows), {} persons, {} employments, {} wage rows, {} self-registrations, {} earlier payments, for {}",
        wish.dir.display(),
        summary.marriages,
        summary.marriage_rows,
        summary.persons,
        summary.employments,
        summary.wages,
        summary.self_registrations,
        summary.earlier_payments,
        plan.today
    );
    Ok(())
}
