//! The hours in which no SMS is sent.

use std::fmt;

/// Hours of the day in Tehran, from the first quiet hour to the first hour after them. They may pass midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuietHours {
    pub from: i8,
    pub to: i8,
}

impl QuietHours {
    /// Reads `21-8`. None unless both are different hours from 0 to 23.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.trim().split_once('-')?;
        let from = hour(from)?;
        let to = hour(to)?;
        (from != to).then_some(Self { from, to })
    }

    /// Whether this hour of the day is quiet.
    pub fn contain(self, hour: i8) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&hour)
        } else {
            hour >= self.from || hour < self.to
        }
    }
}

fn hour(text: &str) -> Option<i8> {
    text.trim().parse().ok().filter(|hour| (0..24).contains(hour))
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_may_pass_midnight() {
        let night = QuietHours::parse("21-8").unwrap();
        assert_eq!(
            [20, 21, 23, 0, 7, 8].map(|hour| night.contain(hour)),
            [false, true, true, true, true, false]
        );
        let noon = QuietHours::parse(" 12 - 14 ").unwrap();
        assert_eq!([11, 12, 13, 14].map(|hour| noon.contain(hour)), [false, true, true, false]);
        for wrong in ["", "8", "8-8", "21-24", "-1-8", "21:00-08:00"] {
            assert_eq!(QuietHours::parse(wrong), None, "{wrong}");
        }
    }
}
