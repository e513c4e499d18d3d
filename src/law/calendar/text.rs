//! The text forms `YYYY-MM-DD` and `YYYY-MM`. Only ASCII digits and exactly these forms are accepted.

use std::fmt;
use std::str::FromStr;

use super::{CalendarError, SolarDate, SolarMonth};

impl fmt::Display for SolarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month().number(), self.day())
    }
}

impl fmt::Display for SolarMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

impl fmt::Debug for SolarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SolarMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SolarDate {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        match text.as_bytes() {
            &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => {
                Self::new(year([y1, y2, y3, y4])?, two_digits([m1, m2])?, two_digits([d1, d2])?)
            }
            _ => Err(CalendarError::NotADate),
        }
    }
}

impl FromStr for SolarMonth {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        match text.as_bytes() {
            &[y1, y2, y3, y4, b'-', m1, m2] => Self::new(year([y1, y2, y3, y4])?, two_digits([m1, m2])?),
            _ => Err(CalendarError::NotADate),
        }
    }
}

fn year([a, b, c, d]: [u8; 4]) -> Result<i16, CalendarError> {
    Ok(i16::from(two_digits([a, b])?) * 100 + i16::from(two_digits([c, d])?))
}

fn two_digits([tens, ones]: [u8; 2]) -> Result<u8, CalendarError> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() {
        Ok((tens - b'0') * 10 + (ones - b'0'))
    } else {
        Err(CalendarError::NotADate)
    }
}
