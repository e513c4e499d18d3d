//! The business clock. Only this module reads the machine's clock; all other code receives the time as an argument.
//!
//! Instants are `jiff::Timestamp`s. Days are Solar Hijri civil days in Tehran. The time zone rules of Tehran (with
//! summer time until 1401) are compiled in, so the result does not depend on the time zone database of the machine.

use std::time::Instant;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::QuietHours;
use crate::law::{CalendarError, SolarDate, SolarMonth};
use crate::wire::tehran;

/// The hour at which a fixed business date starts. It is outside the quiet hours, so that SMS are not delayed until the
/// next morning.
const FIXED_HOUR: i8 = 10;

/// Why a clock cannot be created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The machine's clock is wrong by a century or more.
    #[error(
        "this machine's clock shows {0}, which is outside the supported Solar Hijri years; correct the clock"
    )]
    MachineClock(Timestamp),
    /// No instant corresponds to 10:00 on the business date.
    #[error("10:00 on {0} does not exist in Tehran")]
    NoSuchInstant(SolarDate),
}

/// The business clock of a process. It follows Tehran time, or is fixed to one business date. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    /// The business date at the start of the process. With a fixed business date it never changes.
    first_day: SolarDate,
    fixed: Option<Fixed>,
}

#[derive(Clone, Debug)]
struct Fixed {
    start: Timestamp,
    began: Instant,
}

impl Clock {
    /// Creates a clock of Tehran time. With `today` the business date is fixed permanently to that day. The instants
    /// then start at 10:00 of that day and advance.
    ///
    /// # Errors
    /// If the machine's clock is outside the years of the calendar, or 10:00 on `today` does not exist in Tehran.
    pub fn new(today: Option<SolarDate>) -> Result<Self, ClockError> {
        let zone = tehran::zone();
        if let Some(today) = today {
            let start = instant_of(&zone, today, FIXED_HOUR).ok_or(ClockError::NoSuchInstant(today))?;
            return Ok(Self {
                zone,
                first_day: today,
                fixed: Some(Fixed { start, began: machine_instant() }),
            });
        }
        let now = machine_now();
        let first_day = tehran::solar_date(now).map_err(|_| ClockError::MachineClock(now))?;
        Ok(Self { zone, first_day, fixed: None })
    }

    /// The current instant in whole microseconds. With a fixed business date it advances from 10:00 of that day without
    /// a limit: in a long-running process it passes midnight, while `today` does not change.
    pub fn now(&self) -> Timestamp {
        match &self.fixed {
            None => whole_micros(machine_now()),
            Some(Fixed { start, began }) => {
                let elapsed = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::ZERO);
                whole_micros(start.saturating_add(elapsed).unwrap_or(*start))
            }
        }
    }

    /// The business date.
    pub fn today(&self) -> SolarDate {
        match &self.fixed {
            Some(_) => self.first_day,
            None => self.solar_date_of(machine_now()).unwrap_or(self.first_day),
        }
    }

    /// Whether the business date is fixed.
    pub fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }

    /// The machine's time, also where the business date is fixed: for monitoring, which compares it with its own clock.
    /// No date may be derived from it.
    pub fn machine_time(&self) -> Timestamp {
        machine_now()
    }

    /// A monotonic instant for measuring durations. It must not be used for a date.
    pub fn instant(&self) -> Instant {
        machine_instant()
    }

    /// Formats `at` as RFC 3339 with the offset of Tehran, to the second.
    pub fn tehran(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The civil date in Tehran at `at`.
    ///
    /// # Errors
    /// If the date is outside the years of the calendar.
    pub fn solar_date_of(&self, at: Timestamp) -> Result<SolarDate, CalendarError> {
        tehran::solar_date(at)
    }

    /// The end of the quiet hours that `at` is in. None outside the quiet hours (R20).
    pub fn quiet_hours_end(&self, at: Timestamp, quiet: QuietHours) -> Option<Timestamp> {
        let local = at.to_zoned(self.zone.clone());
        if !quiet.contain(local.hour()) {
            return None;
        }
        let ends_today = local.hour() < quiet.to;
        let day = if ends_today { local.date() } else { local.date().tomorrow().ok()? };
        at_hour(&self.zone, day, quiet.to)
    }
}

/// The month that is due for an automatic close: the month after the last closed month, once it has ended. `None`
/// before the first close, because an operator starts that one by command.
///
/// The service checks this at start and every minute, so a month that ended while the service was down is closed at the
/// next start.
pub fn due(today: SolarDate, last_closed: Option<SolarMonth>) -> Option<SolarMonth> {
    let next = last_closed?.next();
    (today > next.last_day()).then_some(next)
}

/// Truncates to microseconds. PostgreSQL stores instants with this precision, and many JSON readers support no finer
/// one.
fn whole_micros(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

fn instant_of(zone: &TimeZone, day: SolarDate, hour: i8) -> Option<Timestamp> {
    let (year, month, day) = day.to_gregorian();
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    at_hour(zone, date, hour)
}

fn at_hour(zone: &TimeZone, date: Date, hour: i8) -> Option<Timestamp> {
    let time = Time::new(hour, 0, 0, 0).ok()?;
    zone.to_timestamp(date.to_datetime(time)).ok()
}

#[allow(clippy::disallowed_methods, reason = "this module is the only one that reads the clock")]
fn machine_now() -> Timestamp {
    Timestamp::now()
}

#[allow(clippy::disallowed_methods, reason = "this module is the only one that reads the clock")]
fn machine_instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn clock() -> Clock {
        Clock::new(Some(SolarDate::new(1404, 8, 1).unwrap())).unwrap()
    }

    #[test]
    fn a_fixed_business_date_starts_at_ten_and_does_not_change() {
        let clock = clock();
        assert_eq!(clock.today().to_string(), "1404-08-01");
        assert!(clock.is_fixed());
        // 1404-08-01 is 2025-10-23; the offset of Tehran is +03:30 all year.
        assert!(clock.tehran(clock.now()).starts_with("2025-10-23T10:00:"));
        assert!(clock.now() >= at("2025-10-23T06:30:00Z"));
    }

    #[test]
    fn summer_time_ended_permanently_in_1401() {
        let clock = clock();
        assert_eq!(clock.tehran(at("2022-07-01T00:00:00Z")), "2022-07-01T04:30:00+04:30");
        assert_eq!(clock.tehran(at("2022-09-21T19:29:59Z")), "2022-09-21T23:59:59+04:30");
        assert_eq!(clock.tehran(at("2022-09-21T19:30:00Z")), "2022-09-21T23:00:00+03:30");
        assert_eq!(clock.tehran(at("2023-07-01T00:00:00Z")), "2023-07-01T03:30:00+03:30");
    }

    #[test]
    fn the_day_changes_at_midnight_in_tehran() {
        let clock = clock();
        for (instant, day) in [
            // Nowruz 1401 was 2022-03-21, the day before summer time began.
            ("2022-03-20T20:29:59Z", "1400-12-29"),
            ("2022-03-20T20:30:00Z", "1401-01-01"),
            // In the summer of 1401 midnight in Tehran was 19:30 UTC; one year later it was 20:30 UTC.
            ("2022-07-01T19:30:00Z", "1401-04-11"),
            ("2023-07-01T20:29:59Z", "1402-04-10"),
            ("2023-07-01T20:30:00Z", "1402-04-11"),
        ] {
            assert_eq!(clock.solar_date_of(at(instant)).unwrap().to_string(), day, "{instant}");
        }
    }

    #[test]
    fn quiet_hours_end_in_the_morning() {
        let clock = clock();
        let quiet = QuietHours { from: 21, to: 8 };
        for (instant, end) in [
            ("2025-10-23T20:59:59+03:30", None),
            ("2025-10-23T21:00:00+03:30", Some("2025-10-24T08:00:00+03:30")),
            ("2025-10-24T07:59:59+03:30", Some("2025-10-24T08:00:00+03:30")),
            ("2025-10-24T08:00:00+03:30", None),
            // In the night in which summer time ended, the morning is one hour later.
            ("2022-09-21T22:00:00+04:30", Some("2022-09-22T08:00:00+03:30")),
        ] {
            let found = clock.quiet_hours_end(at(instant), quiet).map(|end| clock.tehran(end));
            assert_eq!(found.as_deref(), end, "{instant}");
        }
    }

    fn date(text: &str) -> SolarDate {
        text.parse().unwrap()
    }

    fn month(text: &str) -> SolarMonth {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_due_on_the_day_after_its_last() {
        assert_eq!(due(date("1404-08-01"), None), None);
        assert_eq!(due(date("1404-07-30"), Some(month("1404-06"))), None);
        assert_eq!(due(date("1404-08-01"), Some(month("1404-06"))), Some(month("1404-07")));
        assert_eq!(
            due(date("1404-10-05"), Some(month("1404-06"))),
            Some(month("1404-07")),
            "the oldest unclosed month is due first"
        );
        assert_eq!(due(date("1404-01-01"), Some(month("1403-11"))), Some(month("1403-12")));
    }
}
