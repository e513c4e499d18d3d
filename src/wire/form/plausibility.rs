//! Dates and instants that exist, but that cannot be right at the time of the event. A message is judged against its
//! `ce_time`, a file against the business date, so that a replay gives the same answer.

use jiff::{SignedDuration, Timestamp};

use super::reason;
use crate::law::SolarDate;

/// How far an instant may lie ahead of the reference: clocks differ, and a sender may use another time zone.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// 2000-01-01T00:00:00Z in seconds since 1970. No event of the contract is older.
const YEAR_2000: i64 = 946_684_800;

/// # Errors
/// [`reason::IMPLAUSIBLE_INSTANT`] if the instant is before 2000.
pub fn not_before_2000(at: Timestamp) -> Result<(), &'static str> {
    if at.as_second() >= YEAR_2000 { Ok(()) } else { Err(reason::IMPLAUSIBLE_INSTANT) }
}

/// # Errors
/// [`reason::IMPLAUSIBLE_INSTANT`] if the instant is before 2000, or more than a day after the reference.
pub fn instant(at: Timestamp, reference: Timestamp) -> Result<(), &'static str> {
    not_before_2000(at)?;
    if at.duration_since(reference) <= AHEAD { Ok(()) } else { Err(reason::IMPLAUSIBLE_INSTANT) }
}

/// # Errors
/// [`reason::IMPLAUSIBLE_DATE`] if the registration is after the reference day.
pub fn registered_on(registered_on: SolarDate, reference: SolarDate) -> Result<(), &'static str> {
    if registered_on <= reference { Ok(()) } else { Err(reason::IMPLAUSIBLE_DATE) }
}

/// # Errors
/// [`reason::IMPLAUSIBLE_DATE`] if the birth is on or after the deed.
pub fn birth(birth_date: SolarDate, deed_date: SolarDate) -> Result<(), &'static str> {
    if birth_date < deed_date { Ok(()) } else { Err(reason::IMPLAUSIBLE_DATE) }
}

/// What a reader should know about a text with this fault, if anything.
#[must_use]
pub fn hint(why: &str, text: &str) -> Option<&'static str> {
    if why != reason::IMPLAUSIBLE_INSTANT {
        return None;
    }
    let year: u16 = text.get(..4)?.parse().ok()?;
    (1300..=1500).contains(&year).then_some("looks like a Solar year; instants are Gregorian")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_instant_lies_between_2000_and_a_day_ahead() {
        let reference = at("2025-10-24T10:00:00Z");
        assert_eq!(instant(at("2000-01-01T00:00:00Z"), reference), Ok(()));
        assert_eq!(instant(at("2025-10-25T10:00:00Z"), reference), Ok(()));
        for implausible in
            ["1999-12-31T23:59:59.999999Z", "2025-10-25T10:00:00.000001Z", "1404-08-02T10:00:00Z"]
        {
            assert_eq!(
                instant(at(implausible), reference),
                Err(reason::IMPLAUSIBLE_INSTANT),
                "{implausible}"
            );
        }
    }

    fn day(text: &str) -> SolarDate {
        text.parse().unwrap()
    }

    #[test]
    fn dates_are_compared_by_day() {
        assert_eq!(registered_on(day("1404-08-01"), day("1404-08-01")), Ok(()));
        assert_eq!(registered_on(day("1404-08-02"), day("1404-08-01")), Err(reason::IMPLAUSIBLE_DATE));
        assert_eq!(birth(day("1404-07-14"), day("1404-07-15")), Ok(()));
        assert_eq!(birth(day("1404-07-15"), day("1404-07-15")), Err(reason::IMPLAUSIBLE_DATE));
    }

    #[test]
    fn a_solar_year_is_recognised() {
        for solar in ["1300-01-01T00:00:00Z", "1404-08-02T10:00:00+03:30", "1500"] {
            assert!(hint(reason::IMPLAUSIBLE_INSTANT, solar).is_some(), "{solar}");
        }
        for other in ["1299-01-01", "1501-01-01", "2025-10-24T10:00:00Z", "soon", ""] {
            assert_eq!(hint(reason::IMPLAUSIBLE_INSTANT, other), None, "{other}");
        }
        assert_eq!(hint(reason::NO_SUCH_DATE, "1404-12-30"), None);
    }
}
