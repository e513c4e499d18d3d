//! Civil dates.

use icu_calendar::{Date, Gregorian, types::RataDie};

use super::{CalendarError, SolarMonth, YEARS, month_length};

/// A civil date that exists; ordered as the calendar is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SolarDate {
    year: i16,
    month: u8,
    day: u8,
}

/// Where the 33-year rule, run back from the years in which it is exact, puts the day before 1 Farvardin of year 1
/// (Rata Die: 1 January of the Gregorian year 1 is 1).
const EPOCH: i32 = 226_894;

impl SolarDate {
    /// The calendar's edges.
    pub const FIRST: Self = Self { year: *YEARS.start(), month: 1, day: 1 };
    pub const LAST: Self = Self { year: *YEARS.end(), month: 12, day: 29 };

    /// `month` and `day` count from 1.
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, CalendarError> {
        let month = SolarMonth::new(year, month)?;
        if !(1..=month.days()).contains(&day) {
            return Err(CalendarError::NoSuchDate);
        }
        Ok(Self { year, month: month.number(), day })
    }

    /// The caller vouches for all three; only the calendar's own code may.
    pub(super) const fn known(year: i16, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month that holds this day.
    #[must_use]
    pub fn month(self) -> SolarMonth {
        SolarMonth::known(self.year, self.month)
    }

    /// Day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// The same day `years` earlier; 30 Esfand clamps to 29 in a common year.
    pub fn years_before(self, years: u8) -> Result<Self, CalendarError> {
        let year = self.year - i16::from(years);
        if !YEARS.contains(&year) {
            return Err(CalendarError::OutOfRange);
        }
        Ok(Self { year, month: self.month, day: self.day.min(month_length(year, self.month)) })
    }

    /// `days` later, or earlier where negative.
    pub fn plus_days(self, days: i32) -> Result<Self, CalendarError> {
        Self::from_day_number(self.day_number().checked_add(days).ok_or(CalendarError::OutOfRange)?)
    }

    /// The civil date of a Gregorian date.
    pub fn from_gregorian(year: i16, month: u8, day: u8) -> Result<Self, CalendarError> {
        let date =
            Date::try_new_gregorian(i32::from(year), month, day).map_err(|_| CalendarError::NoSuchDate)?;
        let days = date.to_rata_die().to_i64_date();
        Self::from_day_number(i32::try_from(days).map_err(|_| CalendarError::OutOfRange)?)
    }

    /// (year, month, day) in the Gregorian calendar.
    #[must_use]
    pub fn to_gregorian(self) -> (i16, u8, u8) {
        let date = Date::from_rata_die(RataDie::new(i64::from(self.day_number())), Gregorian);
        // Years 1827 to 2123 for every date that can be made: the fallback is never taken.
        let year = i16::try_from(date.era_year().year).unwrap_or(i16::MAX);
        (year, date.month().number(), date.day_of_month().0)
    }

    /// Days since a fixed epoch, for counting (Rata Die: 1 January of the Gregorian year 1 is day 1).
    #[must_use]
    pub fn day_number(self) -> i32 {
        let (month, day) = (i32::from(self.month), i32::from(self.day));
        let before_month = if month <= 7 { 31 * (month - 1) } else { 30 * (month - 1) + 6 };
        before_year(i32::from(self.year)) + before_month + day
    }

    /// The inverse of [`Self::day_number`].
    pub fn from_day_number(number: i32) -> Result<Self, CalendarError> {
        let since = number.checked_sub(EPOCH).ok_or(CalendarError::OutOfRange)?;
        // A year too far at most, never too near: 366 days are longer than the mean year.
        let mut year = since / 366 + 1;
        while before_year(year + 1) < number {
            year += 1;
            if year > i32::from(*YEARS.end()) {
                return Err(CalendarError::OutOfRange);
            }
        }
        let of_year = number - before_year(year); // 1..=366
        let (month, day) = match of_year - 1 {
            n if n < 186 => (n / 31 + 1, n % 31 + 1),
            n => ((n - 186) / 30 + 7, (n - 186) % 30 + 1),
        };
        let small = |n: i32| u8::try_from(n).map_err(|_| CalendarError::OutOfRange);
        Self::new(i16::try_from(year).map_err(|_| CalendarError::OutOfRange)?, small(month)?, small(day)?)
    }
}

/// Day number of the last day before `year`: eight leap years in 33.
fn before_year(year: i32) -> i32 {
    EPOCH + 365 * (year - 1) + (8 * year + 21).div_euclid(33)
}
