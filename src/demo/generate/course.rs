//! Work histories and their frequencies.

use super::dice::SeededRandom;
use super::people::Sex;

/// A kind of work history, relative to the deed date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorkHistory {
    Steady,
    SeveralWorkshops,
    MinimumWage,
    AboveCeiling,
    /// 700 to 740 days, around the 720 days of Art. 85(2).
    Boundary,
    Short,
    EndedBefore,
    EndedOnDeed,
    EndedDayBefore,
    Unemployed,
    NotCovered,
    OnLeave,
    Soldier,
}

pub fn draw_work_history(sex: Sex, dice: &mut SeededRandom) -> WorkHistory {
    let soldier = if sex == Sex::Man { 35 } else { 0 };
    let choices = [
        (soldier, WorkHistory::Soldier),
        (110, WorkHistory::SeveralWorkshops),
        (110, WorkHistory::MinimumWage),
        (30, WorkHistory::AboveCeiling),
        (60, WorkHistory::Boundary),
        (85, WorkHistory::Short),
        (75, WorkHistory::EndedBefore),
        (8, WorkHistory::EndedOnDeed),
        (8, WorkHistory::EndedDayBefore),
        (14, WorkHistory::Unemployed),
        (60, WorkHistory::NotCovered),
        (30, WorkHistory::OnLeave),
    ];
    dice.weighted(&choices, WorkHistory::Steady)
}

/// Pay as a share of the minimum wage, per mille.
pub fn pay(history: WorkHistory, dice: &mut SeededRandom) -> u32 {
    let (low, high) = match history {
        WorkHistory::MinimumWage => (1000, 1000),
        WorkHistory::AboveCeiling => (7100, 12_000),
        _ => dice.weighted(&[(250, (1000, 1000)), (420, (1000, 1600)), (270, (1600, 3500))], (3500, 6900)),
    };
    dice.between(low, high).unsigned_abs()
}
