//! Calendar months.

use super::{CalendarError, SolarDate, YEARS, month_length};

/// A calendar month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SolarMonth {
    year: i16,
    month: u8,
}

impl SolarMonth {
    /// `month` counts from 1 (Farvardin).
    pub fn new(year: i16, month: u8) -> Result<Self, CalendarError> {
        if !(1..=12).contains(&month) {
            return Err(CalendarError::NoSuchDate);
        }
        if !YEARS.contains(&year) {
            return Err(CalendarError::OutOfRange);
        }
        Ok(Self { year, month })
    }

    /// The caller vouches for both; only the calendar's own code may.
    pub(super) const fn known(year: i16, month: u8) -> Self {
        Self { year, month }
    }

    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }

    /// 1 (Farvardin) to 12 (Esfand).
    #[must_use]
    pub fn number(self) -> u8 {
        self.month
    }

    /// Length in days: 31, 30 or 29.
    #[must_use]
    pub fn days(self) -> u8 {
        month_length(self.year, self.month)
    }

    #[must_use]
    pub fn first_day(self) -> SolarDate {
        SolarDate::known(self.year, self.month, 1)
    }

    #[must_use]
    pub fn last_day(self) -> SolarDate {
        SolarDate::known(self.year, self.month, self.days())
    }

    /// Months are consecutive: `year * 12 + (month - 1)`.
    #[must_use]
    pub fn index(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }

    /// The inverse of [`Self::index`].
    pub fn from_index(index: i32) -> Result<Self, CalendarError> {
        let year = i16::try_from(index.div_euclid(12)).map_err(|_| CalendarError::OutOfRange)?;
        let month = u8::try_from(index.rem_euclid(12) + 1).map_err(|_| CalendarError::OutOfRange)?;
        Self::new(year, month)
    }

    /// The month after. Past the calendar's edge it goes on counting by the same rule, so that a loop over months ends.
    #[must_use]
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }

    /// The month before; the edge as in [`Self::next`].
    #[must_use]
    pub fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year.saturating_sub(1), month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }
}
