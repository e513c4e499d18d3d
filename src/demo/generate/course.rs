//! The sorts of working lives and how often they occur.

use super::dice::Dice;
use super::people::Sex;

/// What sort of working life, seen from the deed date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    Steady,
    SeveralWorkshops,
    MinimumWage,
    AboveCeiling,
    /// 700 to 740 days: around the 720 of Art. 85(2).
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

pub fn course(sex: Sex, dice: &mut Dice) -> Course {
    let soldier = if sex == Sex::Man { 35 } else { 0 };
    let choices = [
        (soldier, Course::Soldier),
        (110, Course::SeveralWorkshops),
        (110, Course::MinimumWage),
        (30, Course::AboveCeiling),
        (60, Course::Boundary),
        (85, Course::Short),
        (75, Course::EndedBefore),
        (8, Course::EndedOnDeed),
        (8, Course::EndedDayBefore),
        (14, Course::Unemployed),
        (60, Course::NotCovered),
        (30, Course::OnLeave),
    ];
    dice.weighted(&choices, Course::Steady)
}

/// Pay as a share of the minimum wage, per mille.
pub fn pay(course: Course, dice: &mut Dice) -> u32 {
    let (low, high) = match course {
        Course::MinimumWage => (1000, 1000),
        Course::AboveCeiling => (7100, 12_000),
        _ => dice.weighted(&[(250, (1000, 1000)), (420, (1000, 1600)), (270, (1600, 3500))], (3500, 6900)),
    };
    dice.between(low, high).unsigned_abs()
}
