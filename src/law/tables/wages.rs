//! The minimum daily wage: decreed year by year, so that no row outlives its Solar year (R26).

use super::Row;
use super::rows::{Dated, TableErrors};
use crate::law::{Rial, SolarMonth};

const TABLE: &str = "minimum_daily_wage";

/// Every row gets its end: the day before the next row, at most the end of its year.
pub(super) fn of_years(mut rows: Vec<Row<Rial>>, errors: &mut TableErrors) -> Dated<Rial> {
    for (at, row) in rows.iter().enumerate() {
        check_row(at + 1, row, errors);
    }
    for at in 0..rows.len() {
        let next = rows.get(at + 1).map(|row| row.from);
        let Some(row) = rows.get_mut(at) else { continue };
        let Ok(esfand) = SolarMonth::new(row.from.year(), 12) else {
            continue;
        };
        let ends = esfand.last_day();
        if let Some(until) = row.until.filter(|until| *until > ends) {
            errors.add(TABLE, at + 1, format!("until {until} lies after the end of its Solar year"));
        }
        if next.is_some_and(|next| next.year() > row.from.year() + 1) {
            let missing = row.from.year() + 1;
            errors.add(TABLE, at + 2, format!("gap: the year {missing} is missing"));
        }
        let before_next = next.filter(|next| *next > row.from).and_then(|next| next.plus_days(-1).ok());
        row.until = row.until.or(Some(before_next.unwrap_or(ends).min(ends)));
    }
    Dated::new(TABLE, rows, errors)
}

fn check_row(number: usize, row: &Row<Rial>, errors: &mut TableErrors) {
    if row.value == Rial::ZERO {
        errors.add(TABLE, number, "the wage is 0".to_owned());
    }
    // A month has one ceiling (R10): a wage that began inside it would leave two.
    if row.from.day() != 1 {
        errors.add(TABLE, number, format!("from {} is not the first day of a month", row.from));
    }
}
