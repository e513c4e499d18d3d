//! Wage lists, which are most of a month's data. A month can have millions of rows, so lines are formatted directly
//! into one buffer.

use super::GenerateError;
use super::dice::SeededRandom;
use super::history::EmploymentSpell;
use super::table::CsvTable;
use crate::law::{CalendarError, InsuranceType, SolarDate, SolarMonth, Tables};

/// The minimum daily wage of each month in the tables. Months outside the tables use the nearest month.
pub struct MinimumWages {
    first: i32,
    daily: Vec<u64>,
}

impl MinimumWages {
    pub fn new(tables: &Tables) -> Result<Self, CalendarError> {
        let first = tables.wage_table_begins().month().index();
        let mut daily = Vec::new();
        for index in first..=tables.wage_table_ends().month().index() {
            let day = SolarMonth::from_index(index)?.first_day();
            daily.push(tables.minimum_daily_wage(day).map_or(0, |wage| wage.get()));
        }
        Ok(MinimumWages { first, daily })
    }

    fn daily(&self, month: SolarMonth) -> u64 {
        let index = usize::try_from(month.index() - self.first).unwrap_or(0);
        self.daily.get(index).or(self.daily.last()).copied().unwrap_or(0)
    }
}

/// The lines of one person, in a reusable buffer.
#[derive(Default)]
pub struct WageLines {
    lines: Vec<u8>,
    tail: Vec<u8>,
    rows: u64,
}

impl WageLines {
    /// Writes all wage lists of `spells` up to `last_list`, inclusive.
    pub fn write(
        &mut self,
        code: &str,
        spells: &[EmploymentSpell],
        last_list: SolarMonth,
        minimum: &MinimumWages,
        dice: &mut SeededRandom,
        out: &mut CsvTable,
    ) -> Result<(), GenerateError> {
        self.lines.clear();
        self.rows = 0;
        for spell in spells {
            self.spell(code, spell, last_list, minimum, dice)?;
        }
        // On average, one of two thousand rows is faulty.
        if u64::from(dice.below(2000)) < self.rows {
            self.faulty(code, last_list, dice);
        }
        out.lines(&self.lines, self.rows)
    }

    fn spell(
        &mut self,
        code: &str,
        spell: &EmploymentSpell,
        last_list: SolarMonth,
        minimum: &MinimumWages,
        dice: &mut SeededRandom,
    ) -> Result<(), GenerateError> {
        let last = spell.to.map_or(last_list, |to| to.month().min(last_list));
        let mut month = spell.from.month();
        // Overtime and other extra pay; minimum-wage earners have none.
        let most_overtime = if spell.pay > 1000 { 60 } else { 0 };
        while month <= last {
            let kind = kind_in(spell, month);
            let mut days = days_in(spell, month);
            if dice.per_mille(25) {
                days = days.min(5 + dice.below(24));
            }
            let pay = if has_pay(kind) { u64::from(spell.pay + dice.below(most_overtime + 1)) } else { 0 };
            let rials = minimum.daily(month) * u64::from(days) * pay / 1000;
            self.line(code, month, spell.workshop, kind, days, rials);
            month = month.next();
        }
        Ok(())
    }

    fn line(
        &mut self,
        code: &str,
        month: SolarMonth,
        workshop: u64,
        kind: InsuranceType,
        days: u32,
        rials: u64,
    ) {
        self.head(code, month);
        self.push_number(workshop);
        self.lines.push(b',');
        self.lines.extend_from_slice(kind.as_str().as_bytes());
        self.lines.push(b',');
        self.push_number(u64::from(days));
        self.lines.push(b',');
        self.push_number(rials);
        self.lines.push(b'\n');
        self.rows += 1;
    }

    fn head(&mut self, code: &str, month: SolarMonth) {
        self.lines.extend_from_slice(code.as_bytes());
        self.lines.push(b',');
        self.push_number(u64::from(month.year().unsigned_abs()));
        self.lines.extend_from_slice(if month.number() < 10 { b"-0" } else { b"-" });
        self.push_number(u64::from(month.number()));
        self.lines.push(b',');
    }

    fn faulty(&mut self, code: &str, month: SolarMonth, dice: &mut SeededRandom) {
        let year = month.year();
        let line = match dice.below(4) {
            0 => format!("{code},{month},1000000001,compulsory,-3,1000000\n"),
            1 => format!("{code},{year}-13,1000000001,compulsory,30,1000000\n"),
            2 => format!("{code},{month},1000000001,overtime,30,1000000\n"),
            _ => format!("{code},{month},1000000001,compulsory,30,12.5\n"),
        };
        self.lines.extend_from_slice(line.as_bytes());
        self.rows += 1;
    }

    fn push_number(&mut self, mut number: u64) {
        self.tail.clear();
        loop {
            self.tail.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.lines.extend(self.tail.iter().rev());
    }
}

fn kind_in(spell: &EmploymentSpell, month: SolarMonth) -> InsuranceType {
    match spell.leave {
        Some((first, last, kind)) if (first..=last).contains(&month) => kind,
        _ => spell.kind,
    }
}

/// Benefits and military service are posted with days only.
fn has_pay(kind: InsuranceType) -> bool {
    use InsuranceType as T;
    !matches!(kind, T::SickPay | T::MaternityPay | T::UnemploymentBenefit | T::MilitaryService)
}

/// The days of the month in the spell, limited by its days a month.
fn days_in(spell: &EmploymentSpell, month: SolarMonth) -> u32 {
    let first = if spell.from.month() == month { spell.from.day() } else { 1 };
    let last = spell.to.filter(|to| to.month() == month).map_or(month.days(), SolarDate::day);
    u32::from(last.saturating_sub(first) + 1).min(spell.days_a_month)
}
