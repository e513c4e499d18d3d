//! The input files of the demo: own ones, or a generated month.

use std::path::PathBuf;

use indicatif::ProgressBar;

use crate::cli::arguments::Demo;
use crate::cli::generate::{Plan, write_month};
use crate::cli::{Error, Result};
use crate::work::House;

/// The folder of the input files: they stay, so that what came of them can be checked against them.
pub fn prepare(wish: &Demo, house: &House, quiet: bool) -> Result<PathBuf> {
    if let Some(dir) = &wish.dir {
        if !dir.is_dir() {
            return Err(Error::Failed(format!("{} is no folder (--dir)", dir.display())));
        }
        return Ok(dir.clone());
    }
    if !quiet {
        say!("Inventing a month of {} marriages (seed {}) …", wish.marriages, wish.seed);
    }
    // Beside what comes of it.
    let dir = wish.out.join("in");
    let plan = Plan { marriages: wish.marriages, seed: wish.seed, today: house.clock.today() };
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(u64::from(wish.marriages)) };
    let progress = |done: u64, _: u64| bar.set_position(done);
    let summary = write_month(&plan, &dir, &progress).map_err(|error| Error::Failed(error.to_string()))?;
    bar.finish_and_clear();
    if !quiet {
        say!(
            "  {} marriages, {} insured persons, {} months of wages",
            summary.marriages,
            summary.persons,
            summary.wages
        );
    }
    Ok(dir)
}
