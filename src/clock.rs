//! The only place that reads the machine's clock; everywhere else time is an argument.
//!
//! Instants are `jiff::Timestamp`s; days are Solar Hijri civil days in Tehran. The rules of Tehran's time (with summer
//! time until 1401) are built in, so that a machine without a time zone database, or with an old one, agrees.

use std::time::Instant;

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use crate::law::{CalendarError, SolarDate, SolarMonth};

const ZONE: &str = "Asia/Tehran";
/// The hour at which a fixed day begins: outside the quiet hours, so that nothing waits for the morning by accident.
const FIXED_HOUR: i8 = 10;
/// No SMS from this hour on …
const QUIET_FROM_HOUR: i8 = 21;
/// … until this one (R20).
const QUIET_TO_HOUR: i8 = 8;

/// Why a clock cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The machine's clock is wrong by a century.
    #[error("this machine's clock says {0}, which no Solar Hijri date is known for; set it right")]
    MachineClock(Timestamp),
    /// The business date has no instant.
    #[error("{0} has no 10:00 in Tehran")]
    NoSuchInstant(SolarDate),
}

/// The business clock of a process: Tehran's, or one that a business date fixes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    /// The day at the start; stays the answer where the day is fixed.
    first_day: SolarDate,
    fixed: Option<Fixed>,
}

#[derive(Clone, Debug)]
struct Fixed {
    start: Timestamp,
    began: Instant,
}

impl Clock {
    /// Tehran's clock; with `today` that day for good, its instants beginning at 10:00 of it and running on.
    ///
    /// # Errors
    /// Where the machine's clock stands outside the years that the calendar knows.
    pub fn new(today: Option<SolarDate>) -> Result<Self, ClockError> {
        let zone = tehran_zone();
        if let Some(today) = today {
            let start = instant_of(&zone, today, FIXED_HOUR).ok_or(ClockError::NoSuchInstant(today))?;
            return Ok(Self {
                zone,
                first_day: today,
                fixed: Some(Fixed { start, began: machine_instant() }),
            });
        }
        let now = machine_now();
        let first_day = solar_date_in(&zone, now).map_err(|_| ClockError::MachineClock(now))?;
        Ok(Self { zone, first_day, fixed: None })
    }

    /// The present instant in whole microseconds. With a fixed day it runs on from 10:00 of that day, without end: in a
    /// process that lives longer it passes midnight, while `today` stays.
    pub fn now(&self) -> Timestamp {
        match &self.fixed {
            None => whole_micros(machine_now()),
            Some(Fixed { start, began }) => {
                let run = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::ZERO);
                whole_micros(start.saturating_add(run).unwrap_or(*start))
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

    /// For measuring how long things take; never a date.
    pub fn instant(&self) -> Instant {
        machine_instant()
    }

    /// RFC 3339 with Tehran's offset, to the second.
    pub fn tehran(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The civil date in Tehran at `at`.
    ///
    /// # Errors
    /// Outside the years that the calendar knows.
    pub fn solar_date_of(&self, at: Timestamp) -> Result<SolarDate, CalendarError> {
        solar_date_in(&self.zone, at)
    }

    /// The end of the quiet hours (21:00-08:00 in Tehran) that `at` lies in; none where people may be written to.
    pub fn quiet_until(&self, at: Timestamp) -> Option<Timestamp> {
        let local = at.to_zoned(self.zone.clone());
        let morning = match local.hour() {
            QUIET_FROM_HOUR.. => local.date().tomorrow().ok()?,
            ..QUIET_TO_HOUR => local.date(),
            _ => return None,
        };
        at_hour(&self.zone, morning, QUIET_TO_HOUR)
    }
}

/// The month to close by itself: the one after the last closed, once it has ended. None before the first close, which
/// is by command. Asked at start and every minute, so that a month missed while down is closed on the way up.
pub fn due(today: SolarDate, last_closed: Option<SolarMonth>) -> Option<SolarMonth> {
    let next = last_closed?.next();
    (today > next.last_day()).then_some(next)
}

/// As PostgreSQL keeps instants, and as many readers of JSON can read them.
fn whole_micros(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

fn tehran_zone() -> TimeZone {
    TimeZoneDatabase::bundled()
        .get(ZONE)
        .or_else(|_| TimeZone::get(ZONE))
        // Right since 1401-07; earlier summers would be an hour off.
        .unwrap_or_else(|_| TimeZone::fixed(Offset::from_seconds(3 * 3600 + 1800).unwrap_or(Offset::UTC)))
}

fn solar_date_in(zone: &TimeZone, at: Timestamp) -> Result<SolarDate, CalendarError> {
    let date = zone.to_datetime(at).date();
    let part = |n: i8| u8::try_from(n).map_err(|_| CalendarError::OutOfRange);
    SolarDate::from_gregorian(date.year(), part(date.month())?, part(date.day())?)
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

#[allow(clippy::disallowed_methods, reason = "the one place")]
fn machine_now() -> Timestamp {
    Timestamp::now()
}

#[allow(clippy::disallowed_methods, reason = "the one place")]
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
    fn the_rules_of_tehran_are_built_in() {
        assert!(TimeZoneDatabase::bundled().get(ZONE).is_ok(), "jiff needs its feature tzdb-bundle-always");
    }

    #[test]
    fn a_fixed_day_begins_at_ten_and_stays() {
        let clock = clock();
        assert_eq!(clock.today().to_string(), "1404-08-01");
        assert!(clock.is_fixed());
        // 1404-08-01 is 2025-10-23; Tehran is at +03:30 all year.
        assert!(clock.tehran(clock.now()).starts_with("2025-10-23T10:00:"));
        assert!(clock.now() >= at("2025-10-23T06:30:00Z"));
    }

    #[test]
    fn summer_time_ended_for_good_in_1401() {
        let clock = clock();
        assert_eq!(clock.tehran(at("2022-07-01T00:00:00Z")), "2022-07-01T04:30:00+04:30");
        assert_eq!(clock.tehran(at("2022-09-21T19:29:59Z")), "2022-09-21T23:59:59+04:30");
        assert_eq!(clock.tehran(at("2022-09-21T19:30:00Z")), "2022-09-21T23:00:00+03:30");
        assert_eq!(clock.tehran(at("2023-07-01T00:00:00Z")), "2023-07-01T03:30:00+03:30");
    }

    #[test]
    fn the_day_changes_at_midnight_in_tehran() {
        let clock = clock();
        let day = |text| clock.solar_date_of(at(text)).unwrap().to_string();
        // Nowruz 1401 was 2022-03-21, the day before summer time began.
        assert_eq!(day("2022-03-20T20:29:59Z"), "1400-12-29");
        assert_eq!(day("2022-03-20T20:30:00Z"), "1401-01-01");
        // In the summer of 1401 midnight was at 19:30 UTC, a year later at 20:30.
        assert_eq!(day("2022-07-01T19:30:00Z"), "1401-04-11");
        assert_eq!(day("2023-07-01T20:29:59Z"), "1402-04-10");
        assert_eq!(day("2023-07-01T20:30:00Z"), "1402-04-11");
    }

    #[test]
    fn quiet_hours_end_at_eight() {
        let clock = clock();
        let until = |text| clock.quiet_until(at(text)).map(|end| clock.tehran(end));
        assert_eq!(until("2025-10-23T20:59:59+03:30"), None);
        assert_eq!(until("2025-10-23T21:00:00+03:30").unwrap(), "2025-10-24T08:00:00+03:30");
        assert_eq!(until("2025-10-24T07:59:59+03:30").unwrap(), "2025-10-24T08:00:00+03:30");
        assert_eq!(until("2025-10-24T08:00:00+03:30"), None);
        // Across the last end of summer time the morning is an hour further.
        assert_eq!(until("2022-09-21T22:00:00+04:30").unwrap(), "2022-09-22T08:00:00+03:30");
    }

    #[test]
    fn a_month_is_due_on_the_day_after_its_last() {
        let date = |text: &str| text.parse::<SolarDate>().unwrap();
        let month = |text: &str| text.parse::<SolarMonth>().unwrap();
        assert_eq!(due(date("1404-08-01"), None), None);
        assert_eq!(due(date("1404-07-30"), Some(month("1404-06"))), None);
        assert_eq!(due(date("1404-08-01"), Some(month("1404-06"))), Some(month("1404-07")));
        assert_eq!(
            due(date("1404-10-05"), Some(month("1404-06"))),
            Some(month("1404-07")),
            "the eldest first"
        );
        assert_eq!(due(date("1404-01-01"), Some(month("1403-11"))), Some(month("1403-12")));
    }
}
