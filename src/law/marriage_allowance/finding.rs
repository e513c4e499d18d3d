//! The inputs and the results of an assessment.

use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// One recorded employment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EmploymentPeriod {
    pub insurance_type: InsuranceType,
    pub started_on: SolarDate,
    /// The last employed day. `None` while the employment continues.
    pub ended_on: Option<SolarDate>,
}

/// One line of a wage list. Lines of the same month and type are added. The order does not matter.
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
    /// The list of D's month may still arrive, until this day.
    AwaitsList {
        until: SolarDate,
    },
    /// No employment covers D.
    /// `last_day` is the last day of the eligible employment that ended latest before D, if any.
    Ended {
        last_day: Option<SolarDate>,
    },
    /// Employments cover D, but only employments of these types (sorted, without duplicates).
    TypeNotCovered {
        types: Vec<InsuranceType>,
    },
}

/// Art. 85(2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DaysFinding {
    Reached,
    /// The 720 days would be reached if the list of every open month had all days of the month. `months` are the open
    /// months that are not full yet (ascending); `until` is the last day on which one of their lists may arrive.
    AwaitsList {
        short: u32,
        months: Vec<SolarMonth>,
        until: SolarDate,
    },
    Insufficient {
        short: u32,
    },
}

/// The amount of Note 1, or why no amount can be computed (R26).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AmountFinding {
    Known(Rial),
    Outside(Outside),
}

/// Why no amount can be computed: the first of these reasons that applies, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outside {
    DeedAfterToday,
    DeedPastWageTable,
    /// The wage table begins after this month, the first of the 24.
    MonthBeforeWageTable(SolarMonth),
    /// A table other than the wage table has no row for D, or for one of the 24 months.
    OtherTable,
}

/// One month of the working.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonthWorking {
    pub month: SolarMonth,
    /// As listed: the types whose days count, over all workshops.
    pub days: u32,
    /// After the cap of R8; 0 outside the window.
    pub counted_days: u32,
    /// As listed, for the types whose wages count; zero outside the 24 months.
    pub wage: Rial,
    /// `None` outside the 24 months.
    pub ceiling: Option<Rial>,
}

/// The computation in steps that a person can check. `months` is ascending and leaves out months without any line (of
/// days or rials above 0).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Working {
    pub days: u32,
    pub required_days: u32,
    pub window_from: SolarDate,
    /// The last day of the window: the day before D.
    pub window_to: SolarDate,
    /// `None` if the wage table does not cover the 24 months, or a month's ceiling is not known.
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

/// Why an assessment fails. No wage list causes this, even with very large figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssessError {
    /// The floor or a ceiling of the tables is 2^63 rials or more.
    Overflow,
    /// The deed date is too near to the start or end of the calendar's range to have a contribution window.
    Calendar,
}

impl From<crate::law::CalendarError> for AssessError {
    fn from(_: crate::law::CalendarError) -> Self {
        Self::Calendar
    }
}
