//! Work histories up to a marriage: workshop, insurance type, period and pay of each spell.

use super::course::{WorkHistory, pay};
use super::dice::SeededRandom;
use super::people::Sex;
use crate::law::{CalendarError, InsuranceType, SolarDate, SolarMonth};

/// A period at one workshop, or a period of benefit or service without an employment.
pub struct EmploymentSpell {
    pub workshop: u64,
    pub kind: InsuranceType,
    pub from: SolarDate,
    pub to: Option<SolarDate>,
    /// Pay as a share of the minimum wage, per mille.
    pub pay: u32,
    /// Maximum days in a month, for part-time work.
    pub days_a_month: u32,
    /// Whether there is an employment record, or only wage lists.
    pub employed: bool,
    /// Months that are listed as sick or maternity pay instead.
    pub leave: Option<(SolarMonth, SolarMonth, InsuranceType)>,
}

impl EmploymentSpell {
    fn new(
        kind: InsuranceType,
        from: SolarDate,
        to: Option<SolarDate>,
        pay: u32,
        dice: &mut SeededRandom,
    ) -> Self {
        let workshop =
            u64::from(dice.below(900_000)) * 10_000 + 1_000_000_000 + u64::from(dice.below(10_000));
        EmploymentSpell { workshop, kind, from, to, pay, days_a_month: 31, employed: true, leave: None }
    }
}

/// The spells of a work history, in order of time.
pub fn spells(
    history: WorkHistory,
    sex: Sex,
    deed: SolarDate,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    let pay = pay(history, dice);
    let start = deed.plus_days(-dice.between(1700, 2600))?;
    match history {
        WorkHistory::Steady | WorkHistory::MinimumWage | WorkHistory::AboveCeiling => {
            steady(start, None, pay, dice)
        }
        WorkHistory::SeveralWorkshops => several(start, deed, pay, dice),
        WorkHistory::Boundary => steady_without_gap(deed.plus_days(-dice.between(700, 740))?, pay, dice),
        WorkHistory::Short => steady_without_gap(deed.plus_days(-dice.between(40, 660))?, pay, dice),
        WorkHistory::EndedBefore => {
            let ago = if dice.per_mille(500) { dice.between(2, 90) } else { dice.between(91, 1200) };
            steady(start, Some(deed.plus_days(-ago)?), pay, dice)
        }
        WorkHistory::EndedOnDeed => steady(start, Some(deed), pay, dice),
        WorkHistory::EndedDayBefore => steady(start, Some(deed.plus_days(-1)?), pay, dice),
        WorkHistory::Unemployed => unemployed(start, deed, pay, dice),
        WorkHistory::NotCovered => not_covered(deed, pay, dice),
        WorkHistory::OnLeave => on_leave(start, sex, deed, pay, dice),
        WorkHistory::Soldier => soldier(deed, pay, dice),
    }
}

/// One to three consecutive workshops, sometimes with some weeks between them.
fn steady(
    from: SolarDate,
    to: Option<SolarDate>,
    pay: u32,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    let mut spells = Vec::with_capacity(3);
    let mut begin = from;
    for _ in 0..dice.weighted(&[(300, 1), (120, 2)], 0) {
        let end = begin.plus_days(dice.between(200, 600))?;
        let next = end.plus_days(dice.weighted(&[(500, 1), (300, 15)], 50))?;
        if to.is_some_and(|last| last < next) {
            break;
        }
        spells.push(EmploymentSpell::new(InsuranceType::Compulsory, begin, Some(end), pay, dice));
        begin = next;
    }
    spells.push(EmploymentSpell::new(InsuranceType::Compulsory, begin, to, pay, dice));
    Ok(spells)
}

fn steady_without_gap(
    from: SolarDate,
    pay: u32,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    Ok(vec![EmploymentSpell::new(InsuranceType::Compulsory, from, None, pay, dice)])
}

/// A main workshop and a second one at the same time, part-time or full-time.
fn several(
    start: SolarDate,
    deed: SolarDate,
    pay: u32,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    let mut spells = steady(start, None, pay, dice)?;
    let from = deed.plus_days(-dice.between(300, 1500))?;
    let to = if dice.per_mille(500) { Some(from.plus_days(dice.between(60, 290))?) } else { None };
    let mut second = EmploymentSpell::new(InsuranceType::Compulsory, from, to, pay, dice);
    second.days_a_month = dice.weighted(&[(400, 10), (300, 15)], 31);
    spells.push(second);
    Ok(spells)
}

/// Work, then unemployment benefit on the deed date. Some benefits have an employment record of their own type.
fn unemployed(
    start: SolarDate,
    deed: SolarDate,
    pay: u32,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    let last = deed.plus_days(-dice.between(20, 300))?;
    let mut spells = steady(start, Some(last), pay, dice)?;
    let mut benefit =
        EmploymentSpell::new(InsuranceType::UnemploymentBenefit, last.plus_days(1)?, None, 0, dice);
    benefit.employed = dice.per_mille(500);
    spells.push(benefit);
    Ok(spells)
}

/// Insured on the deed date with a type that has no allowance. Half of these persons worked before.
fn not_covered(
    deed: SolarDate,
    pay: u32,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    use InsuranceType as T;
    const KINDS: [T; 13] = [
        T::Voluntary,
        T::Voluntary,
        T::SelfEmployed,
        T::SelfEmployed,
        T::Housewife,
        T::Agreement,
        T::Construction,
        T::Construction,
        T::Driver,
        T::CarpetWeaver,
        T::Porter,
        T::GuildEmployer,
        T::Beekeeper,
    ];
    let kind = dice.pick(&KINDS).copied().unwrap_or(T::Voluntary);
    let turn = deed.plus_days(-dice.between(100, 900))?;
    let mut spells = Vec::new();
    if dice.per_mille(500) {
        let from = turn.plus_days(-dice.between(800, 1500))?;
        spells = steady(from, Some(turn.plus_days(-1)?), pay, dice)?;
    }
    spells.push(EmploymentSpell::new(kind, turn, None, pay, dice));
    Ok(spells)
}

/// Continuously employed. The last months before the deed are sick or maternity pay.
fn on_leave(
    start: SolarDate,
    sex: Sex,
    deed: SolarDate,
    pay: u32,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    let kind = if sex == Sex::Woman { InsuranceType::MaternityPay } else { InsuranceType::SickPay };
    let last = deed.month().index() - dice.between(0, 3);
    let first = last - dice.between(0, 8);
    let mut spell = EmploymentSpell::new(InsuranceType::Compulsory, start, None, pay, dice);
    spell.leave = Some((SolarMonth::from_index(first)?, SolarMonth::from_index(last)?, kind));
    Ok(vec![spell])
}

/// About two years of military service without an employment, then work.
fn soldier(
    deed: SolarDate,
    pay: u32,
    dice: &mut SeededRandom,
) -> Result<Vec<EmploymentSpell>, CalendarError> {
    let back = deed.plus_days(-dice.between(60, 900))?;
    let from = back.plus_days(-dice.between(540, 640))?;
    let mut service =
        EmploymentSpell::new(InsuranceType::MilitaryService, from, Some(back.plus_days(-1)?), 0, dice);
    service.employed = false;
    Ok(vec![service, EmploymentSpell::new(InsuranceType::Compulsory, back, None, pay, dice)])
}
