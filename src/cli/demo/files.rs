//! The input files of the demo: own ones, or a generated month.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use crate::cli::arguments::Demo;
use crate::cli::generate::{Plan, write_month};
use crate::cli::{Error, Result};
use crate::work::House;

/// A directory of input files; a generated one goes away with the demo.
pub enum Inputs {
    Own(PathBuf),
    Generated(tempfile::TempDir),
}

impl Inputs {
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(path) => path,
            Self::Generated(dir) => dir.path(),
        }
    }
}

pub fn prepare(wish: &Demo, house: &House, quiet: bool) -> Result<Inputs> {
    if let Some(dir) = &wish.dir {
        if !dir.is_dir() {
            return Err(Error::Failed(format!("{} is no folder (--dir)", dir.display())));
        }
        return Ok(Inputs::Own(dir.clone()));
    }
    if !quiet {
        say!("Inventing a month of {} marriages (seed {}) …", wish.marriages, wish.seed);
    }
    let dir = tempfile::tempdir()?;
    let plan = Plan { marriages: wish.marriages, seed: wish.seed, today: house.clock.today() };
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(u64::from(wish.marriages)) };
    let progress = |done: u64, _: u64| bar.set_position(done);
    let summary =
        write_month(&plan, dir.path(), &progress).map_err(|error| Error::Failed(error.to_string()))?;
    bar.finish_and_clear();
    if !quiet {
        say!(
            "  {} marriages, {} insured persons, {} months of wages",
            summary.marriages,
            summary.persons,
            summary.wages
        );
    }
    Ok(Inputs::Generated(dir))
}
