//! Employments and wage lists as far as Article 85 reads them for one deed date. What no rule reads stays out of the facts:
//! an input that changes only such things decides nothing.

use super::facts::{EmploymentLine, WageLine};
use super::person::{Dossier, Wage};
use crate::law::{SolarDate, Tables};

/// Of the employments begun by the deed date those that cover it, and the eligible ones that ended before (R6).
pub fn employment_lines(dossier: &Dossier, deed_date: SolarDate, tables: &Tables) -> Vec<EmploymentLine> {
    let is_eligible = |kind| tables.coverage(kind, deed_date).is_some_and(|coverage| coverage.employment);
    let mut lines: Vec<_> = dossier
        .employments
        .iter()
        .filter(|e| e.started_on <= deed_date)
        .filter(|e| e.ended_on.is_none_or(|last| last >= deed_date) || is_eligible(e.insurance_type))
        .map(|e| EmploymentLine(e.insurance_type, e.started_on, e.ended_on))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

/// The lines that Art. 85(2) and Note 1 read, workshops added: days of the months that the window touches, rials of the
/// averaged months, each of the types that count for it (R7-R9).
pub fn wage_lines(dossier: &Dossier, deed_date: SolarDate, tables: &Tables) -> Vec<WageLine> {
    let Some(read) = ReadRanges::of(deed_date, tables) else {
        return Vec::new();
    };
    let mut lines: Vec<WageLine> = Vec::with_capacity(dossier.wages.len());
    lines.extend(dossier.wages.iter().filter_map(|wage| read.line(wage, deed_date, tables)));
    lines.sort_by_key(|line| (line.0, line.1));
    // Saturation is harmless: a month's days and wages are capped far below, whatever was listed.
    lines.dedup_by(|next, first| {
        let same = (next.0, next.1) == (first.0, first.1);
        if same {
            first.2 = first.2.saturating_add(next.2);
            first.3 = first.3.saturating_add(next.3);
        }
        same
    });
    lines
}

/// Indices of months, first and last.
struct ReadRanges {
    window: (i32, i32),
    averaged: (i32, i32),
}

impl ReadRanges {
    /// None where the deed date's tables are missing or no window can be cut.
    fn of(deed_date: SolarDate, tables: &Tables) -> Option<Self> {
        let parameters = tables.parameters(deed_date)?;
        let from = deed_date.years_before(parameters.window_years).ok()?;
        // The window ends the day before: a deed on the first of a month does not read that month.
        let to = deed_date.plus_days(-1).ok()?;
        let deed_month = deed_date.month().index();
        Some(Self {
            window: (from.month().index(), to.month().index()),
            averaged: (deed_month - i32::from(parameters.average_months), deed_month - 1),
        })
    }

    fn line(&self, wage: &Wage, deed_date: SolarDate, tables: &Tables) -> Option<WageLine> {
        let coverage = tables.coverage(wage.insurance_type, deed_date)?;
        let lies_in = |(first, last): (i32, i32)| (first..=last).contains(&wage.month.index());
        let days = if coverage.days && lies_in(self.window) { wage.days } else { 0 };
        let rials = if coverage.wages && lies_in(self.averaged) { wage.insurable.get() } else { 0 };
        (days > 0 || rials > 0).then_some(WageLine(wage.month, wage.insurance_type, days, rials))
    }
}
