//! Art. 85(2): 720 insured days within the five years before the date of the marriage (R7, R8, R14).

use super::months::ListedMonth;
use super::window::ContributionWindow;
use super::{AssessError, DaysFinding, Law, list_open_until};

/// R8: the days of a month, added over workshops, count up to the number of days that the month has in the window.
pub(super) fn count(window: &ContributionWindow, months: &[ListedMonth]) -> Result<u32, AssessError> {
    let mut sum = 0_u32;
    for listed in months {
        let counted = listed.days.min(window.days_inside(listed.month));
        sum = sum.checked_add(counted).ok_or(AssessError::Overflow)?;
    }
    Ok(sum)
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
    // R14: a list that can still lawfully arrive may add the missing days. Each open month counts with all its days.
    let mut possible_days = 0_u32;
    let mut open_months = Vec::new();
    let mut last_day = None;
    for listed in months {
        let missing = window.days_inside(listed.month).saturating_sub(listed.days);
        if missing == 0 {
            continue;
        }
        if let Some(until) = list_open_until(listed.month, law.today, law.tables) {
            possible_days = possible_days.saturating_add(missing);
            open_months.push(listed.month);
            last_day = last_day.max(Some(until));
        }
    }
    match last_day {
        Some(until) if possible_days >= short => {
            DaysFinding::AwaitsList { short, months: open_months, until }
        }
        _ => DaysFinding::Insufficient { short },
    }
}
