//! The parts of employments and wage lists that Article 85 reads for one deed date.
//!
//! Values that no rule reads are not part of the facts. An input that changes only such values causes no new decision.

use std::ops::RangeInclusive;

use super::facts::{EmploymentLine, WageLine};
use super::person::{Dossier, Wage};
use crate::law::{SolarDate, Tables};

/// The employments that cover the deed date, and the eligible employments that ended before it (R6). Employments that
/// start after the deed date are left out.
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

/// The lines that Art. 85(2) and Note 1 read, added over workshops (R7-R9). They contain the days of the months that
/// the window touches and the rials of the averaged months, each only for the insurance types that count for it.
pub fn wage_lines(dossier: &Dossier, deed_date: SolarDate, tables: &Tables) -> Vec<WageLine> {
    let Some(ranges) = ReadRanges::of(deed_date, tables) else {
        return Vec::new();
    };
    let mut lines: Vec<WageLine> = Vec::with_capacity(dossier.wages.len());
    lines.extend(dossier.wages.iter().filter_map(|wage| ranges.line(wage, deed_date, tables)));
    lines.sort_by_key(|line| (line.0, line.1));
    // Saturation does not change a result: the caps on the days and wages of a month are far below the largest number.
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

/// The ranges of months that the rules read: first and last month index, both included.
struct ReadRanges {
    window: RangeInclusive<i32>,
    averaged: RangeInclusive<i32>,
}

impl ReadRanges {
    /// `None` if the tables of the deed date are missing, or the window starts before the calendar's range.
    fn of(deed_date: SolarDate, tables: &Tables) -> Option<Self> {
        let parameters = tables.parameters(deed_date)?;
        let from = deed_date.years_before(parameters.window_years).ok()?;
        // The window ends on the day before the deed: for a deed on the first of a month, that month is not read.
        let to = deed_date.plus_days(-1).ok()?;
        let deed_month = deed_date.month().index();
        Some(Self {
            window: from.month().index()..=to.month().index(),
            averaged: deed_month - i32::from(parameters.average_months)..=deed_month - 1,
        })
    }

    fn line(&self, wage: &Wage, deed_date: SolarDate, tables: &Tables) -> Option<WageLine> {
        let coverage = tables.coverage(wage.insurance_type, deed_date)?;
        let month = wage.month.index();
        let days = if coverage.days && self.window.contains(&month) { wage.days } else { 0 };
        let rials = if coverage.wages && self.averaged.contains(&month) { wage.insurable.get() } else { 0 };
        (days > 0 || rials > 0).then_some(WageLine(wage.month, wage.insurance_type, days, rials))
    }
}
