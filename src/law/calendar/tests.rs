use icu_calendar::Date;

use super::{CalendarError, SolarDate, SolarMonth, is_leap, month_length};

#[test]
fn every_day_of_1300_to_1500_equals_the_library() {
    let mut number = SolarDate::new(1300, 1, 1).unwrap().day_number();
    for year in 1300..=1500_i16 {
        assert_eq!(
            is_leap(year),
            Date::try_new_persian(year.into(), 1, 1).unwrap().is_in_leap_year(),
            "{year}"
        );
        for month in 1..=12 {
            for day in 1..=month_length(year, month) {
                let ours = SolarDate::new(year, month, day).unwrap();
                let theirs = Date::try_new_persian(year.into(), month, day).unwrap();
                assert_eq!(i64::from(ours.day_number()), theirs.to_rata_die().to_i64_date(), "{ours}");
                assert_eq!(ours.day_number(), number, "{ours}: day numbers are consecutive");
                assert_eq!(SolarDate::from_day_number(number), Ok(ours));
                let (y, m, d) = ours.to_gregorian();
                assert_eq!(SolarDate::from_gregorian(y, m, d), Ok(ours));
                number += 1;
            }
            let after = month_length(year, month) + 1;
            assert_eq!(SolarDate::new(year, month, after), Err(CalendarError::NoSuchDate));
            assert!(Date::try_new_persian(year.into(), month, after).is_err());
        }
    }
}

#[test]
fn the_33_year_rule_equals_the_library_from_1206_to_1501() {
    for year in 1206..=1501_i16 {
        let theirs = Date::try_new_persian(year.into(), 1, 1).unwrap();
        assert_eq!(is_leap(year), theirs.is_in_leap_year(), "{year}");
        let first = SolarDate::new(year, 1, 1).unwrap();
        assert_eq!(i64::from(first.day_number()), theirs.to_rata_die().to_i64_date(), "{year}");
        assert_eq!(SolarDate::from_day_number(first.day_number()), Ok(first));
    }
}

#[test]
fn published_leap_years() {
    let leap: Vec<i16> = (1394..=1410).filter(|&year| is_leap(year)).collect();
    assert_eq!(leap, [1395, 1399, 1403, 1408]);
    assert!(!is_leap(1404) && !is_leap(1407) && !is_leap(1437));
}

fn date(text: &str) -> SolarDate {
    text.parse().unwrap()
}

#[test]
fn converts_known_days_to_and_from_gregorian() {
    assert_eq!(date("1404-01-01").to_gregorian(), (2025, 3, 21));
    assert_eq!(date("1403-12-30").to_gregorian(), (2025, 3, 20));
    assert_eq!(date("1357-11-22").to_gregorian(), (1979, 2, 11));
    assert_eq!(SolarDate::from_gregorian(2025, 10, 23), Ok(date("1404-08-01")));
    assert_eq!(SolarDate::from_gregorian(2025, 2, 29), Err(CalendarError::NoSuchDate));
    assert_eq!(SolarDate::from_gregorian(1700, 1, 1), Err(CalendarError::OutOfRange));
}

#[test]
fn days_outside_the_range_are_errors() {
    let first = SolarDate::new(1206, 1, 1).unwrap();
    let last = SolarDate::new(1501, 12, 29).unwrap();
    assert_eq!(first.plus_days(-1), Err(CalendarError::OutOfRange));
    assert_eq!(last.plus_days(1), Err(CalendarError::OutOfRange));
    assert_eq!(first.years_before(1), Err(CalendarError::OutOfRange));
    for days in [i32::MIN, i32::MAX, 0, -1] {
        assert_eq!(SolarDate::from_day_number(days), Err(CalendarError::OutOfRange));
    }
    assert_eq!(SolarDate::new(1502, 1, 1), Err(CalendarError::OutOfRange));
    assert!(last.month().next() > last.month());
}

#[test]
fn thirty_esfand_becomes_twenty_nine_in_a_common_year() {
    assert_eq!(date("1403-12-30").years_before(5), Ok(date("1398-12-29")));
    assert_eq!(date("1408-12-30").years_before(5), Ok(date("1403-12-30")));
    assert_eq!(date("1404-02-31").years_before(5), Ok(date("1399-02-31")));
}

#[test]
fn months_are_consecutive() {
    let mut month = SolarMonth::new(1206, 1).unwrap();
    while month.year() < 1501 {
        assert_eq!(SolarMonth::from_index(month.index()), Ok(month));
        assert_eq!(month.next().index(), month.index() + 1);
        assert_eq!(month.next().previous(), month);
        assert_eq!(month.last_day().plus_days(1), Ok(month.next().first_day()));
        month = month.next();
    }
    assert_eq!(SolarMonth::from_index(-1), Err(CalendarError::OutOfRange));
}

/// The error message shows an operator which kind of fault a date has.
#[test]
fn every_kind_of_fault_has_its_own_message() {
    for (text, expected) in
        [("1404-7-15", "YYYY-MM-DD"), ("1404-07-31", "no such date"), ("2025-10-23", "1206 to 1501")]
    {
        let message = text.parse::<SolarDate>().unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn parses_only_the_exact_form() {
    assert_eq!("1404-07-15".parse::<SolarDate>().unwrap().to_string(), "1404-07-15");
    assert_eq!("1404-07".parse::<SolarMonth>().unwrap().to_string(), "1404-07");
    // `Debug` shows the same text, for assertion messages and logs.
    let date = SolarDate::new(1404, 7, 15).unwrap();
    assert_eq!(format!("{date:?} {:?}", date.month()), "1404-07-15 1404-07");
    for text in
        ["", "1404-7-15", "1404/07/15", " 1404-07-15", "14040715", "1404-07", "۱۴۰۴-۰۷-۱۵", "+404-07-15"]
    {
        assert_eq!(text.parse::<SolarDate>(), Err(CalendarError::NotADate), "{text}");
    }
    for (text, why) in [
        ("1404-12-30", CalendarError::NoSuchDate),
        ("1404-07-31", CalendarError::NoSuchDate),
        ("1404-13-01", CalendarError::NoSuchDate),
        ("1404-00-01", CalendarError::NoSuchDate),
        ("1404-01-00", CalendarError::NoSuchDate),
        ("2025-10-23", CalendarError::OutOfRange),
    ] {
        assert_eq!(text.parse::<SolarDate>(), Err(why), "{text}");
    }
}
