//! Adds up wage lists by calendar month, over workshops (R8, R9, R10).

use super::window::ContributionWindow;
use super::{AssessError, Law, MonthWorking, MonthlyWage, Rial, SolarMonth};

/// The sums of the lines that were listed for a month.
#[derive(Clone, Copy)]
pub(super) struct ListedMonth {
    pub month: SolarMonth,
    /// Days of the types whose days count.
    pub days: u32,
    /// Wages of the types whose wages are summed.
    pub wage: Rial,
    /// Whether a line of any type has days or rials above 0.
    has_lines: bool,
}

/// Every month of the window and of the average, ascending, with the sums of its lines.
pub(super) fn add_up(
    law: &Law<'_>,
    window: &ContributionWindow,
    wages: &[MonthlyWage],
) -> Result<Vec<ListedMonth>, AssessError> {
    let first = window.from.month().min(first_averaged(law)?);
    // D's month is included only if the window extends into it.
    let last = window.to.month();
    let mut months = Vec::with_capacity(usize::try_from(last.index() - first.index() + 1).unwrap_or(0));
    let mut month = first;
    while month <= last {
        months.push(ListedMonth { month, days: 0, wage: Rial::ZERO, has_lines: false });
        month = month.next();
    }
    for line in wages {
        let index = usize::try_from(line.month.index() - first.index()).ok();
        let Some(listed) = index.and_then(|index| months.get_mut(index)) else {
            continue;
        };
        let coverage = law.covers(line.insurance_type);
        // The sums saturate. The caps of R8 and R10 are far below the largest number, so the counted values stay exact,
        // and a list with absurd figures cannot prevent a decision.
        // R8: days of one calendar month are added over workshops, only for types whose days count.
        if coverage.days {
            listed.days = listed.days.saturating_add(line.days);
        }
        // R9, R10: wages are added in the same way.
        if coverage.wages {
            listed.wage = listed.wage.checked_add(line.insurable).unwrap_or(Rial::MAX);
        }
        listed.has_lines |= line.days > 0 || line.insurable > Rial::ZERO;
    }
    Ok(months)
}

/// R9: the first of the whole Solar months before D's month over which wages are averaged.
pub(super) fn first_averaged(law: &Law<'_>) -> Result<SolarMonth, AssessError> {
    Ok(SolarMonth::from_index(law.deed_date.month().index() - i32::from(law.parameters.average_months))?)
}

/// Note 1: whether the month is one of the 24 months. D's month is not.
pub(super) fn is_averaged(law: &Law<'_>, month: SolarMonth) -> bool {
    let before = law.deed_date.month().index() - month.index();
    (1..=i32::from(law.parameters.average_months)).contains(&before)
}

/// The months of the working.
pub(super) fn working(
    law: &Law<'_>,
    window: &ContributionWindow,
    months: &[ListedMonth],
) -> Vec<MonthWorking> {
    let mut working = Vec::with_capacity(months.len());
    for listed in months.iter().filter(|listed| listed.has_lines) {
        let averaged = is_averaged(law, listed.month);
        working.push(MonthWorking {
            month: listed.month,
            days: listed.days,
            counted_days: listed.days.min(window.days_inside(listed.month)),
            wage: if averaged { listed.wage } else { Rial::ZERO },
            ceiling: if averaged { law.tables.monthly_ceiling(listed.month) } else { None },
        });
    }
    working
}
