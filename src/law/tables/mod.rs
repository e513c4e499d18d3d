//! Effective-dated tables (R2, R23, R26).
//!
//! Tables are validated at construction. A gap, an overlap or an unsorted row is an error and is never corrected by a
//! guess.

mod codes;
mod rows;
#[cfg(test)]
mod tests;
mod wages;

use super::{InsuranceType, Rial, SolarDate, SolarMonth};
pub use codes::{CodeRow, CodeTables};
use rows::Dated;

/// One row of a table file. Without `until` the row holds until the day before the next row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row<T> {
    pub from: SolarDate,
    pub until: Option<SolarDate>,
    pub value: T,
}

/// The effect of an insurance type under Article 85.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// An employment of this type satisfies Article 85(1).
    pub employment: bool,
    /// Days of this type count in Article 85(2).
    pub days: bool,
    /// Wages of this type are summed (Note 1).
    pub wages: bool,
}

/// The numbers of the statute, and our interpretations that no statute fixes. Effective-dated like the other tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LegalParameters {
    /// Insured days that Art. 85(2) requires: 720.
    pub required_days: u32,
    /// Solar years before the deed date in which insured days count: 5.
    pub window_years: u8,
    /// Whole months of the average wage, and its divisor (Note 1): 24.
    pub average_months: u8,
    /// The floor of the amount, in days of the minimum daily wage: 30.
    pub floor_days: u32,
    /// A month's list may arrive until the end of this number of months after it (Art. 39): 1.
    pub list_months_after: u8,
}

/// All inputs of an assessment except the facts of the person.
#[derive(Clone, Debug)]
pub struct Tables {
    version: String,
    wages: Dated<Rial>,
    ceiling_factor: Dated<u32>,
    /// Indexed by `InsuranceType as usize`.
    coverage: Vec<Dated<Coverage>>,
    parameters: Dated<LegalParameters>,
    retired_banks: Vec<(String, SolarDate)>,
    codes: CodeTables,
}

/// A fault in a table, described for an operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableError {
    pub table: String,
    /// The row number, from 1; 0 for a fault of the table as a whole.
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
    /// Creates the tables.
    ///
    /// # Errors
    /// All faults of all tables, not only the first.
    pub fn new(
        version: String,
        minimum_daily_wage: Vec<Row<Rial>>,
        ceiling_factor: Vec<Row<u32>>,
        coverage: Vec<(InsuranceType, Vec<Row<Coverage>>)>,
        parameters: Vec<Row<LegalParameters>>,
        retired_banks: Vec<(String, SolarDate)>, // 3-digit bank code, retired from
        codes: CodeTables,
    ) -> Result<Self, Vec<TableError>> {
        let mut errors = rows::TableErrors::default();
        if version.trim().is_empty() {
            errors.add("version", 0, "is empty".to_owned());
        }
        rows::check_parameters(&parameters, &mut errors);
        rows::check_banks(&retired_banks, &mut errors);
        codes.check(&mut errors);
        let tables = Self {
            version,
            wages: wages::of_years(minimum_daily_wage, &mut errors),
            ceiling_factor: Dated::new("ceiling_factor", ceiling_factor, &mut errors),
            coverage: rows::of_every_type(coverage, &mut errors),
            parameters: Dated::new("parameters", parameters, &mut errors),
            retired_banks,
            codes,
        };
        errors.none_or(tables)
    }

    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The minimum daily wage on a day. `None` outside the table. A wage row holds at most until the end of its Solar
    /// year.
    #[must_use]
    pub fn minimum_daily_wage(&self, on: SolarDate) -> Option<Rial> {
        self.wages.on(on)
    }

    #[must_use]
    pub fn ceiling_factor(&self, on: SolarDate) -> Option<u32> {
        self.ceiling_factor.on(on)
    }

    /// The ceiling of a month: factor × minimum daily wage on its first day × its length (R10). `None` outside the
    /// tables.
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

    /// Whether an approved finding of this day can set the reason aside.
    #[must_use]
    pub fn can_be_set_aside(&self, reason: &str, on: SolarDate) -> bool {
        codes::contains(&self.codes.set_aside, reason, on)
    }

    /// Whether an approved finding of this day can confirm the reason.
    #[must_use]
    pub fn can_be_confirmed(&self, reason: &str, on: SolarDate) -> bool {
        codes::contains(&self.codes.confirmable, reason, on)
    }

    /// Whether another account can mend a payment that was returned with this code.
    #[must_use]
    pub fn account_mends(&self, return_code: &str, on: SolarDate) -> bool {
        codes::contains(&self.codes.mendable_returns, return_code, on)
    }

    /// The last day of the wage table.
    #[must_use]
    pub fn wage_table_ends(&self) -> SolarDate {
        self.wages.last_day()
    }

    /// The first day of the wage table.
    #[must_use]
    pub fn wage_table_begins(&self) -> SolarDate {
        self.wages.first_day()
    }
}
