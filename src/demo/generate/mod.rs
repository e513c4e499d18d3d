//! Generates the input files of a month: marriages, persons, employments, wage lists, self-registrations and earlier
//! payments. The same seed, size and date yield the same bytes. All persons are fictitious.

mod contact;
mod couple;
mod course;
mod dice;
mod history;
mod marriage_row;
mod names;
mod people;
mod portal;
mod record;
mod story;
mod table;
mod wages;
mod write_couple;

use std::io;
use std::path::{Path, PathBuf};

use crate::law::{CalendarError, SolarDate, SolarMonth};
use crate::wire::files::FileKind;
use crate::wire::tables;
use dice::SeededRandom;
use people::PersonNumbers;
use table::CsvTable;
use wages::{MinimumWages, WageLines};

/// Options of the generator.
#[derive(Clone, Copy, Debug)]
pub struct GenerateOptions {
    pub marriages: u32,
    pub seed: u64,
    /// The business date. The files report the month before it, and no date is later than this day.
    pub today: SolarDate,
}

/// Numbers of data rows written, including faulty ones. `marriages` is the number of requested couples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GenerateCounts {
    pub marriages: u64,
    pub marriage_rows: u64,
    pub persons: u64,
    pub employments: u64,
    pub wages: u64,
    pub self_registrations: u64,
    pub earlier_payments: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("a generated date is outside the calendar: {0}")]
    Calendar(#[from] CalendarError),
    #[error("at most {} marriages can be generated", write_couple::MOST_COUPLES)]
    TooMany,
    #[error("the built-in tables cannot be read")]
    Tables,
}

impl GenerateError {
    fn file(path: &Path, source: io::Error) -> Self {
        GenerateError::File { path: path.to_owned(), source }
    }
}

/// The values that all couples share.
struct GeneratorContext {
    register: PersonNumbers,
    today: SolarDate,
    /// The reported month: the one before today's.
    month: SolarMonth,
    minimum: MinimumWages,
}

struct GeneratedFiles {
    marriages: CsvTable,
    persons: CsvTable,
    employments: CsvTable,
    wages: CsvTable,
    wage_lines: WageLines,
    self_registrations: CsvTable,
    earlier_payments: CsvTable,
}

/// Writes the six files into `dir`, and creates `dir` if it does not exist. Calls `progress` with the number of couples
/// done and the total.
///
/// # Errors
/// Returns an error if there are too many marriages, a date leaves the calendar, or a file cannot be written.
pub fn write_month(
    plan: &GenerateOptions,
    dir: &Path,
    progress: &dyn Fn(u64, u64),
) -> Result<GenerateCounts, GenerateError> {
    if plan.marriages > write_couple::MOST_COUPLES {
        return Err(GenerateError::TooMany);
    }
    std::fs::create_dir_all(dir).map_err(|source| GenerateError::file(dir, source))?;
    let tables = tables::parse(tables::built_in()).map_err(|_| GenerateError::Tables)?;
    let month = plan.today.month().previous();
    let country = GeneratorContext {
        register: PersonNumbers::new(plan.seed, month),
        today: plan.today,
        month,
        minimum: MinimumWages::new(&tables)?,
    };
    let mut files = GeneratedFiles::create(dir)?;
    let total = u64::from(plan.marriages);
    // The month is part of the seed, so that each month of the same seed has other persons.
    let seed = plan.seed ^ (u64::from(month.index().unsigned_abs()) << 40);
    for n in 0..total {
        write_couple::write(&mut files, &country, n, &mut SeededRandom::new(seed, n))?;
        if n % 256 == 0 {
            progress(n, total);
        }
    }
    progress(total, total);
    files.finish(total)
}

impl GeneratedFiles {
    fn create(dir: &Path) -> Result<Self, GenerateError> {
        Ok(GeneratedFiles {
            marriages: CsvTable::create(dir, FileKind::Marriages)?,
            persons: CsvTable::create(dir, FileKind::Persons)?,
            employments: CsvTable::create(dir, FileKind::Employments)?,
            wages: CsvTable::create(dir, FileKind::Wages)?,
            wage_lines: WageLines::default(),
            self_registrations: CsvTable::create(dir, FileKind::SelfRegistrations)?,
            earlier_payments: CsvTable::create(dir, FileKind::EarlierPayments)?,
        })
    }

    fn finish(self, marriages: u64) -> Result<GenerateCounts, GenerateError> {
        Ok(GenerateCounts {
            marriages,
            marriage_rows: self.marriages.finish()?,
            persons: self.persons.finish()?,
            employments: self.employments.finish()?,
            wages: self.wages.finish()?,
            self_registrations: self.self_registrations.finish()?,
            earlier_payments: self.earlier_payments.finish()?,
        })
    }
}

#[cfg(test)]
mod tests;
