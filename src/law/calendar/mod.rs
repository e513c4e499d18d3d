//! The Solar Hijri civil calendar of Iran, for the years 1206 to 1501, in which the 33-year rule is exact.
//!
//! This module computes month lengths and day numbers itself, because one assessment needs them dozens of times. The
//! tests compare them with `icu_calendar`: every day of 1300 to 1500, and the first day of every year of the range.
//! `icu_calendar` converts Gregorian dates.

mod date;
mod month;
#[cfg(test)]
mod tests;
mod text;

pub use date::SolarDate;
pub use month::SolarMonth;

/// The first and the last year in which the 33-year rule is exact.
const YEARS: std::ops::RangeInclusive<i16> = 1206..=1501;

/// Why a date or a month is not valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalendarError {
    /// The text does not have the form `YYYY-MM-DD` (or `YYYY-MM`).
    NotADate,
    /// The form is correct, but the calendar has no such date.
    NoSuchDate,
    /// Outside the years 1206 to 1501.
    OutOfRange,
}

impl std::fmt::Display for CalendarError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotADate => "not a date or month of the form YYYY-MM-DD or YYYY-MM",
            Self::NoSuchDate => "no such date in the Solar Hijri calendar",
            Self::OutOfRange => "outside the years 1206 to 1501",
        })
    }
}

impl std::error::Error for CalendarError {}

/// Whether `year` is a leap year by the 33-year rule (1395, 1399, 1403, 1408, ...).
fn is_leap(year: i16) -> bool {
    (25 * i32::from(year) + 11).rem_euclid(33) < 8
}

/// Six months have 31 days, five have 30, and Esfand has 29 or 30.
fn month_length(year: i16, month: u8) -> u8 {
    match month {
        1..=6 => 31,
        12 if !is_leap(year) => 29,
        _ => 30,
    }
}
