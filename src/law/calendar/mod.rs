//! The Solar Hijri civil calendar of Iran, for the years 1206 to 1501 in which the 33-year rule is exact.
//!
//! Lengths and day numbers are computed here, because an assessment asks for them dozens of times; the tests hold them
//! equal to `icu_calendar` for every day of the range, and the Gregorian side is that library's.

mod date;
mod month;
#[cfg(test)]
mod tests;
mod text;

pub use date::SolarDate;
pub use month::SolarMonth;

/// First and last year in which the 33-year rule is exact.
const YEARS: std::ops::RangeInclusive<i16> = 1206..=1501;

/// Why a date or month was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalendarError {
    /// Not of the form `YYYY-MM-DD` (or `YYYY-MM`).
    NotADate,
    /// Of the form, but no calendar has such a day.
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

/// Leap years by the 33-year rule (1395, 1399, 1403, 1408, ...).
fn is_leap(year: i16) -> bool {
    (25 * i32::from(year) + 11).rem_euclid(33) < 8
}

/// Six months of 31 days, five of 30, Esfand of 29 or 30.
fn month_length(year: i16, month: u8) -> u8 {
    match month {
        1..=6 => 31,
        12 if !is_leap(year) => 29,
        _ => 30,
    }
}
