//! Dated rows of codes: a code is in a table on the days of its rows.

use super::rows::TableErrors;
use crate::law::SolarDate;

/// A row of a table of codes. Without `until` the row holds without end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeRow {
    pub code: String,
    pub from: SolarDate,
    pub until: Option<SolarDate>,
}

impl CodeRow {
    fn holds_on(&self, day: SolarDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.holds_on(other.from) || other.holds_on(self.from)
    }
}

/// The tables of codes. A table without rows has no code on any day.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct CodeTables {
    /// Reasons that an approved finding can set aside.
    pub set_aside: Vec<CodeRow>,
    /// Reasons that an approved finding can confirm.
    pub confirmable: Vec<CodeRow>,
    /// Return codes of a payment that another account can mend.
    pub mendable_returns: Vec<CodeRow>,
}

impl CodeTables {
    pub(super) fn check(&self, errors: &mut TableErrors) {
        check_rows("set_aside", &self.set_aside, errors);
        check_rows("confirmable", &self.confirmable, errors);
        check_rows("mendable_returns", &self.mendable_returns, errors);
    }
}

pub(super) fn contains(rows: &[CodeRow], code: &str, on: SolarDate) -> bool {
    rows.iter().any(|row| row.code == code && row.holds_on(on))
}

fn check_rows(table: &str, rows: &[CodeRow], errors: &mut TableErrors) {
    for (index, row) in rows.iter().enumerate() {
        if let Some(until) = row.until.filter(|until| *until < row.from) {
            errors.add(table, index + 1, format!("until {until} is before from {}", row.from));
        }
        if rows.iter().take(index).any(|earlier| earlier.code == row.code && earlier.overlaps(row)) {
            errors.add(
                table,
                index + 1,
                format!("overlap: an earlier row of {} holds on a day of this row", row.code),
            );
        }
    }
}
