//! Tehran's time zone, and the Solar Hijri day of an instant there. The rules of the zone, with summer time until 1401,
//! are compiled in, so the result does not depend on the time zone database of the machine.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use crate::law::{CalendarError, SolarDate};

const ZONE: &str = "Asia/Tehran";

static TEHRAN: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZoneDatabase::bundled()
        .get(ZONE)
        .or_else(|_| TimeZone::get(ZONE))
        // +03:30 is correct since 1401-07; earlier summers would be wrong by one hour.
        .unwrap_or_else(|_| TimeZone::fixed(Offset::from_seconds(3 * 3600 + 1800).unwrap_or(Offset::UTC)))
});

#[must_use]
pub fn zone() -> TimeZone {
    TEHRAN.clone()
}

/// The Solar Hijri day of the instant in Tehran.
///
/// # Errors
/// If the day is outside the years of the calendar.
pub fn solar_date(at: Timestamp) -> Result<SolarDate, CalendarError> {
    let date = TEHRAN.to_datetime(at).date();
    let month = u8::try_from(date.month()).map_err(|_| CalendarError::OutOfRange)?;
    let day = u8::try_from(date.day()).map_err(|_| CalendarError::OutOfRange)?;
    SolarDate::from_gregorian(date.year(), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> String {
        solar_date(text.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn the_zone_is_compiled_in_and_a_day_begins_at_tehrans_midnight() {
        assert!(TimeZoneDatabase::bundled().get(ZONE).is_ok(), "jiff needs its feature tzdb-bundle-always");
        assert_eq!(day("2025-10-22T20:29:59Z"), "1404-07-30");
        assert_eq!(day("2025-10-22T20:30:00Z"), "1404-08-01");
        // Summer time until 1401.
        assert_eq!(day("2021-06-21T19:30:00Z"), "1400-04-01");
        assert!(solar_date("9999-01-01T00:00:00Z".parse().unwrap()).is_err(), "after the calendar");
    }
}
