//! Effective-dated tables, validated when they are made: a gap, an overlap or an unsorted row is an error, never a guess. (R2, R23, R26)

mod rows;
#[cfg(test)]
mod tests;
mod wages;

use super::{InsuranceType, Rial, SolarDate, SolarMonth};
use rows::Dated;

/// One row as a table file gives it. `until` may be left out: the row then holds until the day before the next one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row<T> {
    pub from: SolarDate,
    pub until: Option<SolarDate>,
    pub value: T,
}

/// Does an employment of this type satisfy Article 85(1), do its days count in 85(2), are its wages summed (Note 1)?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coverage {
    pub employment: bool,
    pub days: bool,
    pub wages: bool,
}

/// Readings of ours that no statute fixes, and the statute's own numbers; effective-dated like the rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LegalParameters {
    /// Insured days that Art. 85(2) asks for: 720.
    pub required_days: u32,
    /// Solar years before the deed date in which they count: 5.
    pub window_years: u8,
    /// Whole months of the average wage, and its divisor (Note 1): 24.
    pub average_months: u8,
    /// Days of the minimum daily wage that the amount never falls below: 30.
    pub floor_days: u32,
    /// A month's list may arrive until the end of so many months after it (Art. 39): 1.
    pub list_months_after: u8,
}

/// Everything that the law's answer depends on besides the person's own facts.
#[derive(Clone, Debug)]
pub struct Tables {
    version: String,
    wages: Dated<Rial>,
    ceiling_factor: Dated<u32>,
    /// By `InsuranceType as usize`.
    coverage: Vec<Dated<Coverage>>,
    parameters: Dated<LegalParameters>,
    retired_banks: Vec<(String, SolarDate)>,
}

/// What is wrong with a table, in words for an operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableError {
    pub table: String,
    /// Counted from 1; 0 where the table as a whole is meant.
    pub row: usize,
    pub problem: String,
}

impl std::fmt::Display for TableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.row {
            0 => write!(f, "table {}: {}", self.table, self.problem),
            row => write!(f, "table {}, row {row}: {}", self.table, self.problem),
        }
    }
}

impl std::error::Error for TableError {}

impl Tables {
    /// All problems of all tables, not the first.
    pub fn new(
        version: String,
        minimum_daily_wage: Vec<Row<Rial>>,
        ceiling_factor: Vec<Row<u32>>,
        coverage: Vec<(InsuranceType, Vec<Row<Coverage>>)>,
        parameters: Vec<Row<LegalParameters>>,
        retired_banks: Vec<(String, SolarDate)>, // 3-digit bank code, retired from
    ) -> Result<Self, Vec<TableError>> {
        let mut errors = rows::TableErrors::default();
        if version.trim().is_empty() {
            errors.add("version", 0, "is empty".to_owned());
        }
        rows::check_parameters(&parameters, &mut errors);
        rows::check_banks(&retired_banks, &mut errors);
        let tables = Self {
            version,
            wages: wages::of_years(minimum_daily_wage, &mut errors),
            ceiling_factor: Dated::new("ceiling_factor", ceiling_factor, &mut errors),
            coverage: rows::of_every_type(coverage, &mut errors),
            parameters: Dated::new("parameters", parameters, &mut errors),
            retired_banks,
        };
        errors.none_or(tables)
    }

    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// None outside the table; a wage row holds at most to the end of its Solar year.
    #[must_use]
    pub fn minimum_daily_wage(&self, on: SolarDate) -> Option<Rial> {
        self.wages.on(on)
    }

    #[must_use]
    pub fn ceiling_factor(&self, on: SolarDate) -> Option<u32> {
        self.ceiling_factor.on(on)
    }

    /// A month's ceiling: factor × minimum daily wage on its first day × its length (R10). None outside the tables.
    #[must_use]
    pub fn monthly_ceiling(&self, month: SolarMonth) -> Option<Rial> {
        let first = month.first_day();
        let daily = self.minimum_daily_wage(first)?.checked_mul(self.ceiling_factor(first)?)?;
        daily.checked_mul(u32::from(month.days()))
    }

    #[must_use]
    pub fn coverage(&self, kind: InsuranceType, on: SolarDate) -> Option<Coverage> {
        self.coverage.get(kind as usize)?.on(on)
    }

    #[must_use]
    pub fn parameters(&self, on: SolarDate) -> Option<LegalParameters> {
        self.parameters.on(on)
    }

    #[must_use]
    pub fn bank_is_retired(&self, bank: &str, on: SolarDate) -> bool {
        self.retired_banks.iter().any(|(code, from)| code == bank && *from <= on)
    }

    /// Last day that the wage table knows.
    #[must_use]
    pub fn wage_table_ends(&self) -> SolarDate {
        self.wages.last_day()
    }

    /// First day that the wage table knows.
    #[must_use]
    pub fn wage_table_begins(&self) -> SolarDate {
        self.wages.first_day()
    }
}
