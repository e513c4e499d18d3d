//! Grounds in Article 85's findings: employment, days, and what the tables do not hold.

use super::facts::Facts;
use super::ground::Reason;
use super::reason::ReasonCode as R;
use crate::law::marriage_allowance::{AmountFinding, Assessment, DaysFinding, EmploymentFinding, Outside};
use crate::law::{SolarDate, SolarMonth};

const EMPLOYMENTS: &str = "employment records";
const WAGE_LISTS: &str = "wage lists";
const TABLES: &str = "tables of the law";

pub fn all(facts: &Facts, assessment: &Assessment) -> Vec<Reason> {
    let mut grounds = Vec::new();
    let mut awaited = Vec::new();
    employment(facts, &assessment.employment, &mut grounds, &mut awaited);
    days(assessment, &mut grounds, &mut awaited);
    grounds.extend(awaiting(awaited));
    if let AmountFinding::Outside(outside) = assessment.amount {
        grounds.push(beyond_tables(facts, describe(outside)));
    }
    grounds
}

/// R26, where not even the windows can be cut.
pub fn not_computable(facts: &Facts) -> Reason {
    beyond_tables(facts, "the deed date lies outside what can be computed".to_owned())
}

/// Art. 85(1), R6.
fn employment(
    facts: &Facts,
    finding: &EmploymentFinding,
    grounds: &mut Vec<Reason>,
    awaited: &mut Vec<Awaited>,
) {
    let deed = facts.deed_date;
    let required = "an employment of an eligible type on the deed date";
    match finding {
        EmploymentFinding::Holds => {}
        EmploymentFinding::AwaitsList { until } => awaited.push((vec![deed.month()], *until)),
        EmploymentFinding::Ended { last_day } => {
            let fact = match last_day {
                Some(day) => format!("the last eligible employment ended on {day}"),
                None => "no eligible employment before the deed date".to_owned(),
            };
            grounds
                .push(Reason::new(R::EmploymentEnded, EMPLOYMENTS, fact, required).with("deed_date", deed));
        }
        EmploymentFinding::TypeNotCovered { types } => {
            let words: Vec<_> = types.iter().map(|kind| kind.as_str()).collect();
            let words = words.join(", ");
            let ground = Reason::new(R::InsuranceTypeNotCovered, EMPLOYMENTS, words.clone(), required);
            grounds.push(ground.with("deed_date", deed).with("types", words));
        }
    }
}

/// Art. 85(2), R7 and R14.
fn days(assessment: &Assessment, grounds: &mut Vec<Reason>, awaited: &mut Vec<Awaited>) {
    let working = &assessment.working;
    match &assessment.days {
        DaysFinding::Reached => {}
        DaysFinding::AwaitsList { months, until, .. } => awaited.push((months.clone(), *until)),
        DaysFinding::Insufficient { short } => {
            let fact = format!("{} days, {short} short", working.days);
            let required = format!("{} days", working.required_days);
            let ground = Reason::new(R::InsufficientContributionDays, WAGE_LISTS, fact, required);
            grounds.push(
                ground
                    .with("days", working.days)
                    .with("required", working.required_days)
                    .with("short", short)
                    .with("from", working.window_from)
                    .with("to", working.window_to),
            );
        }
    }
}

/// Months whose list is awaited, and the last day that one may come.
type Awaited = (Vec<SolarMonth>, SolarDate);

/// R6 and R7 are judged apart, and wait together: one ground, whichever lists it waits for.
fn awaiting(awaited: Vec<Awaited>) -> Option<Reason> {
    let until = awaited.iter().map(|(_, until)| *until).max()?;
    let mut months: Vec<_> = awaited.into_iter().flat_map(|(months, _)| months).collect();
    months.sort();
    months.dedup();
    let months: Vec<_> = months.iter().map(SolarMonth::to_string).collect();
    let months = months.join(", ");
    let fact = format!("the list of {months} may come until {until}");
    let ground = Reason::new(R::AwaitingWageList, WAGE_LISTS, fact, "the month's wage list");
    Some(ground.with("months", months).with("until", until))
}

fn describe(outside: Outside) -> String {
    match outside {
        Outside::DeedAfterToday => "the deed date lies after today".to_owned(),
        Outside::DeedPastWageTable => "the wage table does not reach the deed date".to_owned(),
        Outside::MonthBeforeWageTable(month) => format!("the wage table begins after {month}"),
        Outside::OtherTable => "a table does not hold on the deed date".to_owned(),
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
