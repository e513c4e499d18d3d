//! The minimum daily wage. It is decreed for each year, so no row holds beyond its Solar year (R26).

use super::Row;
use super::rows::{Dated, TableErrors};
use crate::law::{Rial, SolarMonth};

const TABLE: &str = "minimum_daily_wage";

/// Sets the end of every row: the day before the next row, or the end of its Solar year if that is earlier.
pub(super) fn of_years(mut rows: Vec<Row<Rial>>, errors: &mut TableErrors) -> Dated<Rial> {
    for (index, row) in rows.iter().enumerate() {
        check_row(index + 1, row, errors);
    }
    for index in 0..rows.len() {
        let next = rows.get(index + 1).map(|row| row.from);
        let Some(row) = rows.get_mut(index) else { continue };
        let Ok(esfand) = SolarMonth::new(row.from.year(), 12) else {
            continue;
        };
        let year_end = esfand.last_day();
        if let Some(until) = row.until.filter(|until| *until > year_end) {
            errors.add(TABLE, index + 1, format!("until {until} is after the end of its Solar year"));
        }
        if next.is_some_and(|next| next.year() > row.from.year() + 1) {
            let missing = row.from.year() + 1;
            errors.add(TABLE, index + 2, format!("gap: the year {missing} is missing"));
        }
        let before_next = next.filter(|next| *next > row.from).and_then(|next| next.plus_days(-1).ok());
        row.until = row.until.or(Some(before_next.unwrap_or(year_end).min(year_end)));
    }
    Dated::new(TABLE, rows, errors)
}

fn check_row(number: usize, row: &Row<Rial>, errors: &mut TableErrors) {
    if row.value == Rial::ZERO {
        errors.add(TABLE, number, "the wage is 0".to_owned());
    }
    // A month has one ceiling (R10). A wage that starts within a month would give it two.
    if row.from.day() != 1 {
        errors.add(TABLE, number, format!("from {} is not the first day of a month", row.from));
    }
}
