//! Wage lists added up by calendar month, over workshops. (R8, R9, R10)

use super::days::ContributionWindow;
use super::{AssessError, Law, MonthWorking, MonthlyWage, Rial, SolarMonth};

/// What was listed for a month.
#[derive(Clone, Copy)]
pub(super) struct ListedMonth {
    pub month: SolarMonth,
    /// Of the types whose days count.
    pub days: u32,
    /// Of the types whose wages are summed.
    pub wage: Rial,
    /// Some line of any type says something.
    any: bool,
}

/// Every month of the window and of the average, ascending, with what was listed for it.
pub(super) fn add_up(
    law: &Law<'_>,
    window: &ContributionWindow,
    wages: &[MonthlyWage],
) -> Result<Vec<ListedMonth>, AssessError> {
    let first = window.from.month().min(first_averaged(law)?);
    // D's month itself is there only where the window reaches into it.
    let last = window.to.month();
    let mut months = Vec::with_capacity(usize::try_from(last.index() - first.index() + 1).unwrap_or(0));
    let mut month = first;
    while month <= last {
        months.push(ListedMonth { month, days: 0, wage: Rial::ZERO, any: false });
        month = month.next();
    }
    for line in wages {
        let place = usize::try_from(line.month.index() - first.index()).ok();
        let Some(listed) = place.and_then(|at| months.get_mut(at)) else {
            continue;
        };
        let counts = law.covers(line.insurance_type);
        // Sums stop at the largest number there is: the caps of R8 and R10 lie far below it, so what counts is exact, and
        // no list of absurd figures can stand in the way of a decision.
        // R8: days of one calendar month are added over workshops; only types that count.
        if counts.days {
            listed.days = listed.days.saturating_add(line.days);
        }
        // R9, R10: so are wages.
        if counts.wages {
            listed.wage = listed.wage.checked_add(line.insurable).unwrap_or(Rial::MAX);
        }
        listed.any |= line.days > 0 || line.insurable > Rial::ZERO;
    }
    Ok(months)
}

/// R9: the first of the whole Solar months before D's month over which the wage is averaged.
pub(super) fn first_averaged(law: &Law<'_>) -> Result<SolarMonth, AssessError> {
    Ok(SolarMonth::from_index(law.deed_date.month().index() - i32::from(law.parameters.average_months))?)
}

/// Note 1: is the month one of the 24? (D's month is not.)
pub(super) fn is_averaged(law: &Law<'_>, month: SolarMonth) -> bool {
    let before = law.deed_date.month().index() - month.index();
    (1..=i32::from(law.parameters.average_months)).contains(&before)
}

/// The lines of the sum by hand.
pub(super) fn working(
    law: &Law<'_>,
    window: &ContributionWindow,
    months: &[ListedMonth],
) -> Vec<MonthWorking> {
    let line = |listed: &ListedMonth| {
        let averaged = is_averaged(law, listed.month);
        MonthWorking {
            month: listed.month,
            days: listed.days,
            counted_days: listed.days.min(window.days_inside(listed.month)),
            wage: if averaged { listed.wage } else { Rial::ZERO },
            ceiling: if averaged { law.tables.monthly_ceiling(listed.month) } else { None },
        }
    };
    months.iter().filter(|listed| listed.any).map(line).collect()
}
