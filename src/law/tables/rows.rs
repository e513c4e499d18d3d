//! Effective-dated rows in order and without gaps.

use super::{Coverage, LegalParameters, Row, TableError};
use crate::law::{InsuranceType, SolarDate};

/// Collects the faults of all tables.
#[derive(Default)]
pub(super) struct TableErrors(Vec<TableError>);

impl TableErrors {
    pub(super) fn add(&mut self, table: &str, row: usize, problem: String) {
        self.0.push(TableError { table: table.to_owned(), row, problem });
    }

    /// Returns `value` if there are no faults.
    pub(super) fn none_or<T>(self, value: T) -> Result<T, Vec<TableError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// A checked table: each day has at most one row, and there is no gap between rows.
#[derive(Clone, Debug)]
pub(super) struct Dated<T> {
    rows: Vec<Row<T>>,
}

impl<T: Copy> Dated<T> {
    /// Adds faults to `errors`. A table with faults must not be used.
    pub(super) fn new(table: &str, rows: Vec<Row<T>>, errors: &mut TableErrors) -> Self {
        if rows.is_empty() {
            errors.add(table, 0, "has no rows".to_owned());
        }
        for (index, row) in rows.iter().enumerate() {
            if let Some(until) = row.until.filter(|until| *until < row.from) {
                errors.add(table, index + 1, format!("until {until} is before from {}", row.from));
            }
        }
        for (index, pair) in rows.windows(2).enumerate() {
            if let [earlier, later] = pair
                && let Some(problem) = between(earlier, later)
            {
                errors.add(table, index + 2, problem);
            }
        }
        Self { rows }
    }

    pub(super) fn on(&self, day: SolarDate) -> Option<T> {
        let after = self.rows.partition_point(|row| row.from <= day);
        let row = self.rows.get(after.checked_sub(1)?)?;
        (row.until.is_none_or(|until| day <= until)).then_some(row.value)
    }

    pub(super) fn first_day(&self) -> SolarDate {
        self.rows.first().map_or(SolarDate::LAST, |row| row.from)
    }

    pub(super) fn last_day(&self) -> SolarDate {
        self.rows.last().map_or(SolarDate::FIRST, |row| row.until.unwrap_or(SolarDate::LAST))
    }
}

/// The fault between a row and the next row, if any.
fn between<T>(earlier: &Row<T>, later: &Row<T>) -> Option<String> {
    if later.from == earlier.from {
        return Some(format!("duplicate: two rows from {}", later.from));
    }
    if later.from < earlier.from {
        return Some(format!("unsorted: {} comes after {}", later.from, earlier.from));
    }
    let until = earlier.until?;
    let next = until.plus_days(1).ok()?;
    if later.from < next {
        Some(format!("overlap: from {}, but the row before holds until {until}", later.from))
    } else if later.from > next {
        Some(format!("gap: no row from {next} until the day before {}", later.from))
    } else {
        None
    }
}

/// One table for each insurance type, in the order of `InsuranceType::ALL`. A missing type is a fault.
pub(super) fn of_every_type(
    coverage: Vec<(InsuranceType, Vec<Row<Coverage>>)>,
    errors: &mut TableErrors,
) -> Vec<Dated<Coverage>> {
    let mut by_type: Vec<Option<Vec<Row<Coverage>>>> = vec![None; InsuranceType::ALL.len()];
    for (kind, rows) in coverage {
        match by_type.get_mut(kind as usize) {
            Some(entry @ None) => *entry = Some(rows),
            _ => errors.add(
                &format!("coverage.{kind}"),
                0,
                "duplicate: the insurance type appears twice".to_owned(),
            ),
        }
    }
    let mut tables = Vec::with_capacity(by_type.len());
    for (kind, rows) in InsuranceType::ALL.into_iter().zip(by_type) {
        // A missing type becomes a table without rows, which is reported as a fault.
        tables.push(Dated::new(&format!("coverage.{kind}"), rows.unwrap_or_default(), errors));
    }
    tables
}

/// The averaged months and the years of the window must not be 0.
pub(super) fn check_parameters(rows: &[Row<LegalParameters>], errors: &mut TableErrors) {
    for (index, Row { value, .. }) in rows.iter().enumerate() {
        for (name, zero) in
            [("average_months", value.average_months == 0), ("window_years", value.window_years == 0)]
        {
            if zero {
                errors.add("parameters", index + 1, format!("{name} is 0"));
            }
        }
    }
}

pub(super) fn check_banks(banks: &[(String, SolarDate)], errors: &mut TableErrors) {
    for (index, (bank, _)) in banks.iter().enumerate() {
        if bank.len() != 3 || !bank.bytes().all(|b| b.is_ascii_digit()) {
            errors.add("retired_banks", index + 1, format!("a bank's code has three digits, not {bank:?}"));
        }
        if banks.iter().take(index).any(|(earlier, _)| earlier == bank) {
            errors.add("retired_banks", index + 1, format!("duplicate: bank {bank} appears twice"));
        }
    }
}
