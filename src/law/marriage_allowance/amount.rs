//! Note 1: all pay on which premium was paid in the two years before the marriage, divided by 24 (R9-R12, R26).

use std::num::NonZeroU32;

use super::months::{ListedMonth, first_averaged, is_averaged};
use super::{AmountFinding, AssessError, Law, Outside, Rial, SolarDate, SolarMonth, Tables};

/// The wage sum, from which the average is computed, and the floor. The greater of the average and the floor is paid.
/// Either is `None` if a table has no row for it.
pub(super) struct Average {
    pub sum: Option<Rial>,
    pub floor: Option<Rial>,
    first_month: SolarMonth,
}

pub(super) fn average(law: &Law<'_>, months: &[ListedMonth]) -> Result<Average, AssessError> {
    let first_month = first_averaged(law)?;
    // R11: 30 days of the minimum daily wage in force on D, also in a month of 31.
    let floor = match law.tables.minimum_daily_wage(law.deed_date) {
        Some(daily) => Some(daily.checked_mul(law.parameters.floor_days).ok_or(AssessError::Overflow)?),
        None => None,
    };
    Ok(Average { sum: wage_sum(law, first_month, months)?, floor, first_month })
}

/// The capped wages of the 24 months. `None` if the wage table does not cover all 24 months, or if the ceiling of a
/// month with wages is not known.
fn wage_sum(
    law: &Law<'_>,
    first_month: SolarMonth,
    months: &[ListedMonth],
) -> Result<Option<Rial>, AssessError> {
    let last_day = law.deed_date.month().previous().last_day();
    if first_month.first_day() < law.tables.wage_table_begins() || last_day > law.tables.wage_table_ends() {
        return Ok(None);
    }
    let mut sum = Rial::ZERO;
    for listed in months {
        if listed.wage == Rial::ZERO || !is_averaged(law, listed.month) {
            continue;
        }
        let Some(ceiling) = law.tables.monthly_ceiling(listed.month) else {
            return Ok(None);
        };
        // R10: added over workshops first, then capped, month by month.
        sum = sum.checked_add(listed.wage.min(ceiling)).ok_or(AssessError::Overflow)?;
    }
    Ok(Some(sum))
}

pub(super) fn judge(law: &Law<'_>, average: &Average) -> AmountFinding {
    if let Some(why) = outside(law.deed_date, law.today, average.first_month, law.tables) {
        return AmountFinding::Outside(why);
    }
    // R9: the divisor is 24 even if fewer months were listed.
    let divisor = NonZeroU32::new(u32::from(law.parameters.average_months));
    match (average.sum, average.floor, divisor) {
        // R12: one division, truncated, at the end.
        (Some(sum), Some(floor), Some(divisor)) => AmountFinding::Known(sum.divided_by(divisor).max(floor)),
        _ => AmountFinding::Outside(Outside::OtherTable),
    }
}

/// R26: why D, or one of the 24 months, is outside the wage table.
pub(super) fn outside(
    deed_date: SolarDate,
    today: SolarDate,
    first_month: SolarMonth,
    tables: &Tables,
) -> Option<Outside> {
    if deed_date > today {
        return Some(Outside::DeedAfterToday);
    }
    if deed_date > tables.wage_table_ends() {
        return Some(Outside::DeedPastWageTable);
    }
    (first_month.first_day() < tables.wage_table_begins())
        .then_some(Outside::MonthBeforeWageTable(first_month))
}
