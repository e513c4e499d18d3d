//! The window of Art. 85(2): the five years before the date of the marriage (R7).

use super::{AssessError, SolarDate, SolarMonth};

/// The half-open interval [D − 5 Solar years, D).
pub(super) struct ContributionWindow {
    pub from: SolarDate,
    /// The last day of the window: the day before D.
    pub to: SolarDate,
}

impl ContributionWindow {
    /// R7: the window starts on the same day, `years` Solar years earlier. 30 Esfand becomes 29 Esfand in a common
    /// year.
    pub(super) fn before(deed_date: SolarDate, years: u8) -> Result<Self, AssessError> {
        Ok(Self { from: deed_date.years_before(years)?, to: deed_date.plus_days(-1)? })
    }

    /// The number of days of `month` in the window.
    pub(super) fn days_inside(&self, month: SolarMonth) -> u32 {
        if month < self.from.month() || month > self.to.month() {
            return 0;
        }
        let first = if month == self.from.month() { self.from.day() } else { 1 };
        let last = if month == self.to.month() { self.to.day() } else { month.days() };
        u32::from(last + 1 - first)
    }
}
