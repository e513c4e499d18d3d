//! Reasons from the findings of Article 85: employment, insured days, and missing table rows.

use super::facts::Facts;
use super::reason::{Reason, ReasonCode as R};
use crate::law::marriage_allowance::{AmountFinding, Assessment, DaysFinding, EmploymentFinding, Outside};
use crate::law::{SolarDate, SolarMonth};

const EMPLOYMENTS: &str = "employment records";
const WAGE_LISTS: &str = "wage lists";
const TABLES: &str = "tables of the law";

pub fn all(facts: &Facts, assessment: &Assessment) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut awaited = Vec::new();
    employment(facts, &assessment.employment, &mut reasons, &mut awaited);
    days(assessment, &mut reasons, &mut awaited);
    reasons.extend(awaiting(awaited));
    if let AmountFinding::Outside(outside) = assessment.amount {
        reasons.push(beyond_tables(facts, describe(outside)));
    }
    reasons
}

/// R26: the reason if the contribution window is outside the calendar's range.
pub fn not_computable(facts: &Facts) -> Reason {
    beyond_tables(facts, "the deed date is outside the computable range".to_owned())
}

/// Art. 85(1), R6.
fn employment(
    facts: &Facts,
    finding: &EmploymentFinding,
    reasons: &mut Vec<Reason>,
    awaited: &mut Vec<Awaited>,
) {
    let deed = facts.deed_date;
    let required = "an employment of an eligible type on the deed date";
    match finding {
        EmploymentFinding::Holds => {}
        EmploymentFinding::AwaitsList { until } => {
            awaited.push(Awaited { months: vec![deed.month()], until: *until })
        }
        EmploymentFinding::Ended { last_day } => {
            let fact = match last_day {
                Some(day) => format!("the last eligible employment ended on {day}"),
                None => "no eligible employment before the deed date".to_owned(),
            };
            reasons
                .push(Reason::new(R::EmploymentEnded, EMPLOYMENTS, fact, required).with("deed_date", deed));
        }
        EmploymentFinding::TypeNotCovered { types } => {
            let codes: Vec<_> = types.iter().map(|kind| kind.as_str()).collect();
            let codes = codes.join(", ");
            let reason = Reason::new(R::InsuranceTypeNotCovered, EMPLOYMENTS, codes.clone(), required);
            reasons.push(reason.with("deed_date", deed).with("types", codes));
        }
    }
}

/// Art. 85(2), R7 and R14.
fn days(assessment: &Assessment, reasons: &mut Vec<Reason>, awaited: &mut Vec<Awaited>) {
    let working = &assessment.working;
    match &assessment.days {
        DaysFinding::Reached => {}
        DaysFinding::AwaitsList { months, until, .. } => {
            awaited.push(Awaited { months: months.clone(), until: *until })
        }
        DaysFinding::Insufficient { short } => {
            let fact = format!("{} days, {short} short", working.days);
            let required = format!("{} days", working.required_days);
            let reason = Reason::new(R::InsufficientContributionDays, WAGE_LISTS, fact, required);
            reasons.push(
                reason
                    .with("days", working.days)
                    .with("required", working.required_days)
                    .with("short", short)
                    .with("from", working.window_from)
                    .with("to", working.window_to),
            );
        }
    }
}

/// Months whose list is awaited.
struct Awaited {
    months: Vec<SolarMonth>,
    /// The last day on which one of the lists may arrive.
    until: SolarDate,
}

/// R6 and R7 are judged separately. If both await lists, they give one common reason.
fn awaiting(awaited: Vec<Awaited>) -> Option<Reason> {
    let until = awaited.iter().map(|awaited| awaited.until).max()?;
    let mut months: Vec<_> = awaited.into_iter().flat_map(|awaited| awaited.months).collect();
    months.sort();
    months.dedup();
    let months: Vec<_> = months.iter().map(SolarMonth::to_string).collect();
    let months = months.join(", ");
    let fact = format!("the list of {months} may arrive until {until}");
    let reason = Reason::new(R::AwaitingWageList, WAGE_LISTS, fact, "the month's wage list");
    Some(reason.with("months", months).with("until", until))
}

fn describe(outside: Outside) -> String {
    match outside {
        Outside::DeedAfterToday => "the deed date is after today".to_owned(),
        Outside::DeedPastWageTable => "the wage table does not reach the deed date".to_owned(),
        Outside::MonthBeforeWageTable(month) => format!("the wage table begins after {month}"),
        Outside::OtherTable => "a table has no row for the deed date or for an averaged month".to_owned(),
    }
}

fn beyond_tables(facts: &Facts, fact: String) -> Reason {
    Reason::new(
        R::OutsideKnownTables,
        TABLES,
        fact,
        "tables that cover the deed date and the months before it",
    )
    .with("deed_date", facts.deed_date)
}
