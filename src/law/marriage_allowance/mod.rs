//! Assesses one person and one deed date under Article 85 (R2, R6-R14, R26).

mod amount;
mod days;
mod employment;
mod finding;
mod months;
#[cfg(test)]
mod tests;
mod window;

use super::tables::{Coverage, LegalParameters};
use super::{InsuranceType, Rial, SolarDate, SolarMonth, Tables};
pub use finding::{
    AmountFinding, AssessError, Assessment, DaysFinding, EmploymentFinding, EmploymentPeriod, MonthWorking,
    MonthlyWage, Outside, Working,
};

/// The legal parameters and tables as of the deed date D (R2: the deed date governs every window and table).
struct Law<'a> {
    deed_date: SolarDate,
    today: SolarDate,
    parameters: LegalParameters,
    coverage: [Coverage; InsuranceType::ALL.len()],
    tables: &'a Tables,
}

impl<'a> Law<'a> {
    /// `None` if a table has no row for D.
    fn on(deed_date: SolarDate, today: SolarDate, tables: &'a Tables) -> Option<Self> {
        let mut coverage =
            [Coverage { employment: false, days: false, wages: false }; InsuranceType::ALL.len()];
        for (entry, kind) in coverage.iter_mut().zip(InsuranceType::ALL) {
            *entry = tables.coverage(kind, deed_date)?;
        }
        Some(Self { deed_date, today, parameters: tables.parameters(deed_date)?, coverage, tables })
    }

    fn covers(&self, kind: InsuranceType) -> Coverage {
        self.coverage[kind as usize] // the array has one entry for each type
    }
}

/// Assesses Article 85 (1), (2) and Note 1 for one person. `today` is the business date.
///
/// # Errors
/// See [`AssessError`].
pub fn assess(
    deed_date: SolarDate,
    today: SolarDate,
    employments: &[EmploymentPeriod],
    wages: &[MonthlyWage],
    tables: &Tables,
) -> Result<Assessment, AssessError> {
    let Some(law) = Law::on(deed_date, today, tables) else {
        return without_tables(deed_date, today, tables);
    };
    let window = window::ContributionWindow::before(deed_date, law.parameters.window_years)?;
    let months = months::add_up(&law, &window, wages)?;
    let counted = days::count(&window, &months)?;
    let average = amount::average(&law, &months)?;
    Ok(Assessment {
        employment: employment::judge(&law, employments),
        days: days::judge(&law, &window, &months, counted),
        amount: amount::judge(&law, &average),
        working: Working {
            days: counted,
            required_days: law.parameters.required_days,
            window_from: window.from,
            window_to: window.to,
            wage_sum: average.sum,
            floor: average.floor,
            months: months::working(&law, &window, &months),
        },
    })
}

/// R26: without the tables of D nothing is judged, and in particular nothing is refused. The only finding is that the
/// tables are missing.
fn without_tables(
    deed_date: SolarDate,
    today: SolarDate,
    tables: &Tables,
) -> Result<Assessment, AssessError> {
    let day_before = deed_date.plus_days(-1)?;
    Ok(Assessment {
        employment: EmploymentFinding::Holds,
        days: DaysFinding::Reached,
        amount: AmountFinding::Outside(
            amount::outside(deed_date, today, deed_date.month(), tables).unwrap_or(Outside::OtherTable),
        ),
        working: Working {
            days: 0,
            required_days: 0,
            window_from: deed_date,
            window_to: day_before,
            wage_sum: None,
            floor: None,
            months: Vec::new(),
        },
    })
}

/// The last day on which the list of `month` may lawfully arrive (Art. 39), or `None` if that day is before `today`.
///
/// The parameters in force in the month itself apply, not those of a deed date, because this is a duty of the employer
/// and does not depend on a marriage. `None` also if there are no parameters for the month.
#[must_use]
pub fn list_open_until(month: SolarMonth, today: SolarDate, tables: &Tables) -> Option<SolarDate> {
    let months_after = tables.parameters(month.last_day())?.list_months_after;
    let mut last = month;
    for _ in 0..months_after {
        last = last.next();
    }
    let until = last.last_day();
    (today <= until).then_some(until)
}
