//! Art. 85(1): on the date of the marriage the employment relation has not been cut (R6, R14).

use super::{EmploymentFinding, EmploymentPeriod, InsuranceType, Law, list_open_until};

pub(super) fn judge(law: &Law<'_>, employments: &[EmploymentPeriod]) -> EmploymentFinding {
    // The end date is the last employed day. Without an end date the employment continues (R6).
    let covers_deed_date = |e: &&EmploymentPeriod| {
        e.started_on <= law.deed_date && e.ended_on.is_none_or(|last| last >= law.deed_date)
    };
    let eligible = |e: &&EmploymentPeriod| law.covers(e.insurance_type).employment;

    if employments.iter().filter(covers_deed_date).any(|e| eligible(&e)) {
        return EmploymentFinding::Holds;
    }
    // R14: the employment record arrives with the list of D's month. This holds even if another employment covers D.
    if let Some(until) = list_open_until(law.deed_date.month(), law.today, law.tables) {
        return EmploymentFinding::AwaitsList { until };
    }
    let mut types: Vec<InsuranceType> =
        employments.iter().filter(covers_deed_date).map(|e| e.insurance_type).collect();
    if !types.is_empty() {
        types.sort_unstable();
        types.dedup();
        return EmploymentFinding::TypeNotCovered { types };
    }
    let ended = employments.iter().filter(eligible).filter_map(|e| e.ended_on);
    EmploymentFinding::Ended { last_day: ended.filter(|last| *last < law.deed_date).max() }
}
