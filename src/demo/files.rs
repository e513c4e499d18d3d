//! The input files of the demo: the user's files, or a generated month.

use std::path::PathBuf;

use indicatif::ProgressBar;

use super::DemoOptions;
use super::generate::{GenerateOptions, write_month};
use crate::app::AppContext;
use crate::service::{Error, Result};
use crate::terminal::say;

/// Returns the directory of the input files. Generated files are not deleted, so that the outputs can be checked
/// against them.
///
/// # Errors
/// Returns an error if `--dir` is not a directory, or if the files cannot be written.
pub fn prepare(options: &DemoOptions, ctx: &AppContext, quiet: bool) -> Result<PathBuf> {
    if let Some(dir) = &options.dir {
        if !dir.is_dir() {
            return Err(Error::Failed(format!("{} is not a directory (--dir)", dir.display())));
        }
        return Ok(dir.clone());
    }
    if !quiet {
        say!("Generating a month of {} marriages (seed {}) …", options.marriages, options.seed);
    }
    let dir = options.out.join("in");
    let plan = GenerateOptions { marriages: options.marriages, seed: options.seed, today: ctx.clock.today() };
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(u64::from(options.marriages)) };
    let summary = write_month(&plan, &dir, &|done, _| bar.set_position(done))
        .map_err(|error| Error::Failed(error.to_string()))?;
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
