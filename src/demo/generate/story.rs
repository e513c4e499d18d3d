//! Scenarios of couples and their frequencies.

use super::dice::SeededRandom;
use super::marriage_row::{MarriageRow, SpouseColumns};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CoupleScenario {
    Plain,
    Temporary,
    Consulate,
    Acknowledged,
    NoOffice,
    HusbandBefore,
    WifeBefore,
    BothBefore,
    Divorced,
    Annulled,
    ForeignHusband,
    ForeignWife,
    DateCorrected,
    NameCorrected,
    TwoRecords,
    EarlierRowToo,
    OtherSpouseSameDay,
}

/// Frequencies per mille. All other couples are `Plain`.
pub const SCENARIOS: [(u32, CoupleScenario); 16] = [
    (18, CoupleScenario::Temporary),
    (8, CoupleScenario::Consulate),
    (10, CoupleScenario::Acknowledged),
    (8, CoupleScenario::NoOffice),
    (28, CoupleScenario::HusbandBefore),
    (18, CoupleScenario::WifeBefore),
    (8, CoupleScenario::BothBefore),
    (10, CoupleScenario::Divorced),
    (6, CoupleScenario::Annulled),
    (6, CoupleScenario::ForeignHusband),
    (6, CoupleScenario::ForeignWife),
    (6, CoupleScenario::DateCorrected),
    (6, CoupleScenario::NameCorrected),
    (8, CoupleScenario::TwoRecords),
    (6, CoupleScenario::EarlierRowToo),
    (3, CoupleScenario::OtherSpouseSameDay),
];

/// Changes the row according to the scenario.
pub fn apply_scenario(
    mut row: MarriageRow,
    scenario: CoupleScenario,
    dice: &mut SeededRandom,
) -> MarriageRow {
    match scenario {
        CoupleScenario::Temporary => row.permanence = "temporary",
        CoupleScenario::Consulate => row.office_kind = "consulate",
        CoupleScenario::Acknowledged => row.without_office("acknowledgement"),
        CoupleScenario::NoOffice => row.without_office("none"),
        CoupleScenario::HusbandBefore => row.husband.earlier = dice.weighted(&[(850, 1)], 2),
        CoupleScenario::WifeBefore => row.wife.earlier = 1,
        CoupleScenario::BothBefore => (row.husband.earlier, row.wife.earlier) = (1, 1),
        CoupleScenario::Divorced => row.status = "divorced",
        CoupleScenario::Annulled => row.status = "annulled",
        CoupleScenario::ForeignHusband => row.husband = SpouseColumns::foreign(&row.husband, dice),
        CoupleScenario::ForeignWife => row.wife = SpouseColumns::foreign(&row.wife, dice),
        _ => {}
    }
    row
}
