//! Months of the Solar Hijri calendar.

use super::{CalendarError, YEARS, month_length};

/// A month of a year. The order is chronological.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SolarMonth {
    year: i16,
    month: u8,
}

impl SolarMonth {
    /// `month` counts from 1 (Farvardin).
    ///
    /// # Errors
    /// If `month` is not 1 to 12, or `year` is outside 1206 to 1501.
    pub fn new(year: i16, month: u8) -> Result<Self, CalendarError> {
        if !(1..=12).contains(&month) {
            return Err(CalendarError::NoSuchDate);
        }
        if !YEARS.contains(&year) {
            return Err(CalendarError::OutOfRange);
        }
        Ok(Self { year, month })
    }

    /// Creates a month without a check. Only for code of this module that knows that the month exists.
    pub(super) const fn known(year: i16, month: u8) -> Self {
        Self { year, month }
    }

    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }

    /// The number of the month, 1 (Farvardin) to 12 (Esfand).
    #[must_use]
    pub fn number(self) -> u8 {
        self.month
    }

    /// The length in days: 31, 30 or 29.
    #[must_use]
    pub fn days(self) -> u8 {
        month_length(self.year, self.month)
    }

    /// The consecutive number of the month: `year * 12 + (month - 1)`.
    #[must_use]
    pub fn index(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }

    /// The inverse of [`Self::index`].
    ///
    /// # Errors
    /// If the month is outside the years 1206 to 1501.
    pub fn from_index(index: i32) -> Result<Self, CalendarError> {
        let year = i16::try_from(index.div_euclid(12)).map_err(|_| CalendarError::OutOfRange)?;
        let month = u8::try_from(index.rem_euclid(12) + 1).map_err(|_| CalendarError::OutOfRange)?;
        Self::new(year, month)
    }

    /// The next month. Beyond the calendar's range the months continue by the same rule, so that a loop over months
    /// ends.
    #[must_use]
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }

    /// The previous month. Beyond the calendar's range it behaves as [`Self::next`].
    #[must_use]
    pub fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year.saturating_sub(1), month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }
}
