//! Civil dates.

use icu_calendar::{Date, Gregorian, types::RataDie};

use super::{CalendarError, SolarMonth, YEARS, month_length};

/// A valid civil date. The order is chronological.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SolarDate {
    year: i16,
    month: u8,
    day: u8,
}

/// The day number of the day before 1 Farvardin of year 1 (Rata Die: 1 January of the Gregorian year 1 is day 1). The
/// 33-year rule is extrapolated to year 1 from the years in which it is exact.
const EPOCH: i32 = 226_894;

impl SolarDate {
    /// The first day of the calendar's range.
    pub const FIRST: Self = Self { year: *YEARS.start(), month: 1, day: 1 };
    /// The last day of the calendar's range.
    pub const LAST: Self = Self { year: *YEARS.end(), month: 12, day: 29 };

    /// `month` and `day` count from 1.
    ///
    /// # Errors
    /// If the date does not exist or is outside the years 1206 to 1501.
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, CalendarError> {
        let month = SolarMonth::new(year, month)?;
        if !(1..=month.days()).contains(&day) {
            return Err(CalendarError::NoSuchDate);
        }
        Ok(Self { year, month: month.number(), day })
    }

    /// Creates a date without a check. Only for code of this module that knows that the date exists.
    pub(super) const fn known(year: i16, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month of this day.
    #[must_use]
    pub fn month(self) -> SolarMonth {
        SolarMonth::known(self.year, self.month)
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// The same day `years` earlier. 30 Esfand becomes 29 Esfand in a common year.
    ///
    /// # Errors
    /// If the result is outside the years 1206 to 1501.
    pub fn years_before(self, years: u8) -> Result<Self, CalendarError> {
        let year = self.year - i16::from(years);
        if !YEARS.contains(&year) {
            return Err(CalendarError::OutOfRange);
        }
        Ok(Self { year, month: self.month, day: self.day.min(month_length(year, self.month)) })
    }

    /// The day that is `days` later, or earlier if `days` is negative.
    ///
    /// # Errors
    /// If the result is outside the years 1206 to 1501.
    pub fn plus_days(self, days: i32) -> Result<Self, CalendarError> {
        Self::from_day_number(self.day_number().checked_add(days).ok_or(CalendarError::OutOfRange)?)
    }

    /// The Solar Hijri date of a Gregorian date.
    ///
    /// # Errors
    /// If the Gregorian date does not exist, or the result is outside the years 1206 to 1501.
    pub fn from_gregorian(year: i16, month: u8, day: u8) -> Result<Self, CalendarError> {
        let date =
            Date::try_new_gregorian(i32::from(year), month, day).map_err(|_| CalendarError::NoSuchDate)?;
        let days = date.to_rata_die().to_i64_date();
        Self::from_day_number(i32::try_from(days).map_err(|_| CalendarError::OutOfRange)?)
    }

    /// Year, month and day in the Gregorian calendar.
    #[must_use]
    pub fn to_gregorian(self) -> (i16, u8, u8) {
        let date = Date::from_rata_die(RataDie::new(i64::from(self.day_number())), Gregorian);
        // Every valid date is in the Gregorian years 1827 to 2123, so the fallback is never used.
        let year = i16::try_from(date.era_year().year).unwrap_or(i16::MAX);
        (year, date.month().number(), date.day_of_month().0)
    }

    /// The consecutive number of this day (Rata Die: 1 January of the Gregorian year 1 is day 1).
    #[must_use]
    pub fn day_number(self) -> i32 {
        let month = i32::from(self.month);
        let day = i32::from(self.day);
        let before_month = if month <= 7 { 31 * (month - 1) } else { 30 * (month - 1) + 6 };
        before_year(i32::from(self.year)) + before_month + day
    }

    /// The inverse of [`Self::day_number`].
    ///
    /// # Errors
    /// If the date is outside the years 1206 to 1501.
    pub fn from_day_number(number: i32) -> Result<Self, CalendarError> {
        let days_since_epoch = number.checked_sub(EPOCH).ok_or(CalendarError::OutOfRange)?;
        // The estimate is never too late, because 366 days are more than the mean year. The loop corrects it upwards.
        let mut year = days_since_epoch / 366 + 1;
        while before_year(year + 1) < number {
            year += 1;
            if year > i32::from(*YEARS.end()) {
                return Err(CalendarError::OutOfRange);
            }
        }
        let day_of_year = number - before_year(year); // 1..=366
        let (month, day) = match day_of_year - 1 {
            n if n < 186 => (n / 31 + 1, n % 31 + 1),
            n => ((n - 186) / 30 + 7, (n - 186) % 30 + 1),
        };
        let year = i16::try_from(year).map_err(|_| CalendarError::OutOfRange)?;
        let month = u8::try_from(month).map_err(|_| CalendarError::OutOfRange)?;
        let day = u8::try_from(day).map_err(|_| CalendarError::OutOfRange)?;
        Self::new(year, month, day)
    }
}

/// The day number of the last day before `year`. Eight of 33 years are leap years.
fn before_year(year: i32) -> i32 {
    EPOCH + 365 * (year - 1) + (8 * year + 21).div_euclid(33)
}

impl SolarMonth {
    #[must_use]
    pub fn first_day(self) -> SolarDate {
        SolarDate::known(self.year(), self.number(), 1)
    }

    #[must_use]
    pub fn last_day(self) -> SolarDate {
        SolarDate::known(self.year(), self.number(), self.days())
    }
}
