//! Art. 85(1): on the date of the marriage the employment relation has not been cut (R6, R14).

use super::{EmploymentFinding, EmploymentPeriod, InsuranceType, Law, list_open_until};

pub(super) fn judge(law: &Law<'_>, employments: &[EmploymentPeriod]) -> EmploymentFinding {
    // The end date is the last employed day. Without an end date the employment continues (R6).
    let on_deed_date: Vec<_> = employments
        .iter()
        .filter(|e| e.started_on <= law.deed_date && e.ended_on.is_none_or(|last| last >= law.deed_date))
        .collect();
    if on_deed_date.iter().any(|e| law.covers(e.insurance_type).employment) {
        return EmploymentFinding::Holds;
    }
    // R14: the employment record arrives with the list of D's month. This holds even if another employment covers D.
    if let Some(until) = list_open_until(law.deed_date.month(), law.today, law.tables) {
        return EmploymentFinding::AwaitsList { until };
    }
    let mut types: Vec<InsuranceType> = on_deed_date.iter().map(|e| e.insurance_type).collect();
    if !types.is_empty() {
        types.sort_unstable();
        types.dedup();
        return EmploymentFinding::TypeNotCovered { types };
    }
    let eligible = employments.iter().filter(|e| law.covers(e.insurance_type).employment);
    let ended = eligible.filter_map(|e| e.ended_on);
    EmploymentFinding::Ended { last_day: ended.filter(|last| *last < law.deed_date).max() }
}
