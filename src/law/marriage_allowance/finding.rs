//! What is judged, and what is found.

use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// One employment as it is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EmploymentPeriod {
    pub insurance_type: InsuranceType,
    pub started_on: SolarDate,
    /// The last employed day; None while it goes on.
    pub ended_on: Option<SolarDate>,
}

/// One line of a wage list; several lines of a month and type are added. Any order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonthlyWage {
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
    AwaitsList {
        until: SolarDate,
    },
    /// The last day of the eligible employment that ended last before D, if any.
    Ended {
        last_day: Option<SolarDate>,
    },
    /// Employments cover D, but of these types only (sorted, no repeats).
    TypeNotCovered {
        types: Vec<InsuranceType>,
    },
}

/// Art. 85(2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DaysFinding {
    Reached,
    /// 720 would be reached if every open month's list came full: the open months that are not full yet (ascending),
    /// and the last day one of them may come.
    AwaitsList {
        short: u32,
        months: Vec<SolarMonth>,
        until: SolarDate,
    },
    Insufficient {
        short: u32,
    },
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

/// Why nothing can be said; no wage list can cause it, however large its figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssessError {
    /// Tables whose floor or ceilings pass 2^63 rials.
    Overflow,
    /// A deed date so near the calendar's edge that no window can be cut.
    Calendar,
}

impl From<crate::law::CalendarError> for AssessError {
    fn from(_: crate::law::CalendarError) -> Self {
        Self::Calendar
    }
}
