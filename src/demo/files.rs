//! The input files of the demo: own ones, or a generated month.

use std::path::PathBuf;

use indicatif::ProgressBar;

use super::DemoOptions;
use super::generate::{GenerateOptions, write_month};
use crate::app::AppContext;
use crate::service::{Error, Result};
use crate::terminal::say;

/// The folder of the input files: they stay, so that what came of them can be checked against them.
pub fn prepare(options: &DemoOptions, ctx: &AppContext, quiet: bool) -> Result<PathBuf> {
    if let Some(dir) = &options.dir {
        if !dir.is_dir() {
            return Err(Error::Failed(format!("{} is no folder (--dir)", dir.display())));
        }
        return Ok(dir.clone());
    }
    if !quiet {
        say!("Inventing a month of {} marriages (seed {}) …", options.marriages, options.seed);
    }
    // Beside what comes of it.
    let dir = options.out.join("in");
    let plan = GenerateOptions { marriages: options.marriages, seed: options.seed, today: ctx.clock.today() };
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(u64::from(options.marriages)) };
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
