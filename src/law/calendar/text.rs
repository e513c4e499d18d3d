//! `YYYY-MM-DD` and `YYYY-MM`, in ASCII digits and exactly that form.

use std::fmt;
use std::str::FromStr;

use super::{CalendarError, SolarDate, SolarMonth};

impl fmt::Display for SolarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [y1, y2, y3, y4, dash, m1, m2] = digits_of(self.month());
        let [d1, d2] = two_digits(self.day());
        pad(f, &[y1, y2, y3, y4, dash, m1, m2, b'-', d1, d2])
    }
}

impl fmt::Display for SolarMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pad(f, &digits_of(*self))
    }
}

/// A claim's working writes sixty months: without `format_args` they cost a fifth.
fn digits_of(month: SolarMonth) -> [u8; 7] {
    // Years have four digits (1206 to 1501), so a century has two.
    let century = |part: i16| two_digits(u8::try_from(part).unwrap_or(0));
    let ([y1, y2], [y3, y4]) = (century(month.year() / 100), century(month.year() % 100));
    let [m1, m2] = two_digits(month.number());
    [y1, y2, y3, y4, b'-', m1, m2]
}

/// Of a number below 100.
fn two_digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

fn pad(f: &mut fmt::Formatter<'_>, ascii: &[u8]) -> fmt::Result {
    f.pad(std::str::from_utf8(ascii).unwrap_or_default())
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
                Self::new(year([y1, y2, y3, y4])?, two([m1, m2])?, two([d1, d2])?)
            }
            _ => Err(CalendarError::NotADate),
        }
    }
}

impl FromStr for SolarMonth {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        match text.as_bytes() {
            &[y1, y2, y3, y4, b'-', m1, m2] => Self::new(year([y1, y2, y3, y4])?, two([m1, m2])?),
            _ => Err(CalendarError::NotADate),
        }
    }
}

fn year([a, b, c, d]: [u8; 4]) -> Result<i16, CalendarError> {
    Ok(i16::from(two([a, b])?) * 100 + i16::from(two([c, d])?))
}

fn two([tens, ones]: [u8; 2]) -> Result<u8, CalendarError> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() {
        Ok((tens - b'0') * 10 + (ones - b'0'))
    } else {
        Err(CalendarError::NotADate)
    }
}
