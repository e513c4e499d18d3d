//! Article 85: what the law says of one person and one deed date. (R2, R6-R14, R26.)

mod amount;
mod days;
mod employment;
mod months;
#[cfg(test)]
mod tests;

use super::tables::{Coverage, Parameters};
use super::{InsuranceType, Rial, SolarDate, SolarMonth, Tables};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Employment {
    pub insurance_type: InsuranceType,
    pub started_on: SolarDate,
    /// The last employed day; None while it goes on.
    pub ended_on: Option<SolarDate>,
}

/// One line of a wage list; several lines of a month and type are added. Any order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wage {
    pub month: SolarMonth,
    pub insurance_type: InsuranceType,
    pub days: u32,
    pub insurable: Rial,
}

/// Art. 85(1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EmploymentFinding {
    Holds,
    /// D's list may still come, until this day (the month that is awaited is D's).
    AwaitsList { until: SolarDate },
    /// The last day of the eligible employment that ended last before D, if any.
    Ended { last_day: Option<SolarDate> },
    /// Employments cover D, but of these types only (sorted, no repeats).
    TypeNotCovered { types: Vec<InsuranceType> },
}

/// Art. 85(2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DaysFinding {
    Reached,
    /// 720 would be reached if every open month's list came full: the open months that are not full yet (ascending),
    /// and the last day one of them may come.
    AwaitsList { short: u32, months: Vec<SolarMonth>, until: SolarDate },
    Insufficient { short: u32 },
}

/// Note 1, or why no amount can be known (R26).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AmountFinding {
    Known(Rial),
    Outside(Outside),
}

/// The first of these that holds, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outside {
    DeedAfterToday,
    DeedPastWageTable,
    /// The earliest of the 24 months that lies before the table.
    MonthBeforeWageTable(SolarMonth),
    /// A table other than the wages has no row for D, or for one of the 24 months.
    OtherTable,
}

/// A month of the working. `days` as listed (types whose days count, all workshops), `counted_days` after the caps of
/// R8 (0 outside the window); `wage` as listed for the types whose wages count and only in the 24 months (else zero), `ceiling` there only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonthWorking {
    pub month: SolarMonth,
    pub days: u32,
    pub counted_days: u32,
    pub wage: Rial,
    pub ceiling: Option<Rial>,
}

/// The sum as one would write it by hand. Months without any line (of days or rials above 0) are left out; ascending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Working {
    pub days: u32,
    pub required_days: u32,
    pub window_from: SolarDate,
    /// Last day of the window: the day before D.
    pub window_to: SolarDate,
    /// None where a month's ceiling is not known.
    pub wage_sum: Option<Rial>,
    pub floor: Option<Rial>,
    pub months: Vec<MonthWorking>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assessment {
    pub employment: EmploymentFinding,
    pub days: DaysFinding,
    pub amount: AmountFinding,
    pub working: Working,
}

/// Sums that pass 2^63 rials, or a deed date so near the calendar's edge that no window can be cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssessError {
    Overflow,
    Calendar,
}

impl std::fmt::Display for AssessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Overflow => "sums of days or wages that no number holds",
            Self::Calendar => "a deed date too near the calendar's edge",
        })
    }
}

impl std::error::Error for AssessError {}

impl From<super::CalendarError> for AssessError {
    fn from(_: super::CalendarError) -> Self {
        Self::Calendar
    }
}

/// What holds as of D (R2: the deed date governs every window and table).
struct Law<'a> {
    deed_date: SolarDate,
    today: SolarDate,
    parameters: Parameters,
    coverage: [Coverage; InsuranceType::ALL.len()],
    tables: &'a Tables,
}

impl<'a> Law<'a> {
    /// None where one of D's tables has no row.
    fn on(deed_date: SolarDate, today: SolarDate, tables: &'a Tables) -> Option<Self> {
        let mut coverage = [Coverage { employment: false, days: false, wages: false }; InsuranceType::ALL.len()];
        for (place, kind) in coverage.iter_mut().zip(InsuranceType::ALL) {
            *place = tables.coverage(kind, deed_date)?;
        }
        Some(Self { deed_date, today, parameters: tables.parameters(deed_date)?, coverage, tables })
    }

    fn covers(&self, kind: InsuranceType) -> Coverage {
        self.coverage[kind as usize] // one place for each type, by construction
    }
}

/// Judges Article 85 (1), (2) and Note 1 for one person; `today` is the business date.
pub fn assess(
    deed_date: SolarDate,
    today: SolarDate,
    employments: &[Employment],
    wages: &[Wage],
    tables: &Tables,
) -> Result<Assessment, AssessError> {
    let Some(law) = Law::on(deed_date, today, tables) else {
        return nothing_known(deed_date, today, tables);
    };
    let window = days::Window::before(deed_date, law.parameters.window_years)?;
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

/// R26: without the tables of D nothing is judged, least of all refused; that they are missing is the only finding.
fn nothing_known(deed_date: SolarDate, today: SolarDate, tables: &Tables) -> Result<Assessment, AssessError> {
    let day_before = deed_date.plus_days(-1)?;
    Ok(Assessment {
        employment: EmploymentFinding::Holds,
        days: DaysFinding::Reached,
        amount: AmountFinding::Outside(amount::outside(deed_date, today, deed_date.month(), tables).unwrap_or(Outside::OtherTable)),
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

/// May the list of `month` still lawfully arrive on `today` (Art. 39)? Then until when.
/// The rule that holds is that of the month itself: the duty is the employer's, whatever marriage asks for it.
#[must_use]
pub fn list_open_until(month: SolarMonth, today: SolarDate, tables: &Tables) -> Option<SolarDate> {
    let after = tables.parameters(month.last_day())?.list_months_after;
    let mut last = month;
    for _ in 0..after {
        last = last.next();
    }
    let until = last.last_day();
    (today <= until).then_some(until)
}
