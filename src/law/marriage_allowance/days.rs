//! Art. 85(2): 720 insured days within the five years before the date of the marriage. (R7, R8, R14)

use super::months::ListedMonth;
use super::{AssessError, DaysFinding, Law, SolarDate, SolarMonth, list_open_until};

/// [D − 5 Solar years, D).
pub(super) struct ContributionWindow {
    pub from: SolarDate,
    /// The last day: that before D.
    pub to: SolarDate,
}

impl ContributionWindow {
    /// R7: it starts on the same day, years earlier; 30 Esfand clamps to 29 in a common year.
    pub(super) fn before(deed_date: SolarDate, years: u8) -> Result<Self, AssessError> {
        Ok(Self { from: deed_date.years_before(years)?, to: deed_date.plus_days(-1)? })
    }

    /// Days of `month` that lie in the window; 0 where none do.
    pub(super) fn days_inside(&self, month: SolarMonth) -> u32 {
        if month < self.from.month() || month > self.to.month() {
            return 0;
        }
        let first = if month == self.from.month() { self.from.day() } else { 1 };
        let last = if month == self.to.month() { self.to.day() } else { month.days() };
        u32::from(last + 1 - first)
    }
}

/// R8: a month's days, added over workshops, count at most as often as the month has days inside the window.
pub(super) fn count(window: &ContributionWindow, months: &[ListedMonth]) -> Result<u32, AssessError> {
    let add =
        |sum: u32, listed: &ListedMonth| sum.checked_add(listed.days.min(window.days_inside(listed.month)));
    months.iter().try_fold(0, add).ok_or(AssessError::Overflow)
}

pub(super) fn judge(
    law: &Law<'_>,
    window: &ContributionWindow,
    months: &[ListedMonth],
    counted: u32,
) -> DaysFinding {
    let short = law.parameters.required_days.saturating_sub(counted);
    if short == 0 {
        return DaysFinding::Reached;
    }
    // R14: a list that can still lawfully arrive may bring what lacks; each open month is taken at its full capacity.
    let (mut could_bring, mut open, mut last_day) = (0_u32, Vec::new(), None);
    for listed in months {
        let lacks = window.days_inside(listed.month).saturating_sub(listed.days);
        if lacks == 0 {
            continue;
        }
        if let Some(until) = list_open_until(listed.month, law.today, law.tables) {
            could_bring = could_bring.saturating_add(lacks);
            open.push(listed.month);
            last_day = last_day.max(Some(until));
        }
    }
    match last_day {
        Some(until) if could_bring >= short => DaysFinding::AwaitsList { short, months: open, until },
        _ => DaysFinding::Insufficient { short },
    }
}
