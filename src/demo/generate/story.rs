//! What makes a marriage's row special, and how often.

use super::dice::Dice;
use super::marriage_row::{Party, Row};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Story {
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

/// Per mille.
pub const STORIES: [(u32, Story); 16] = [
    (18, Story::Temporary),
    (8, Story::Consulate),
    (10, Story::Acknowledged),
    (8, Story::NoOffice),
    (28, Story::HusbandBefore),
    (18, Story::WifeBefore),
    (8, Story::BothBefore),
    (10, Story::Divorced),
    (6, Story::Annulled),
    (6, Story::ForeignHusband),
    (6, Story::ForeignWife),
    (6, Story::DateCorrected),
    (6, Story::NameCorrected),
    (8, Story::TwoRecords),
    (6, Story::EarlierRowToo),
    (3, Story::OtherSpouseSameDay),
];

/// The row as the story has it.
pub fn told(mut row: Row, story: Story, dice: &mut Dice) -> Row {
    match story {
        Story::Temporary => row.permanence = "temporary",
        Story::Consulate => row.office_kind = "consulate",
        Story::Acknowledged => row.without_office("acknowledgement"),
        Story::NoOffice => row.without_office("none"),
        Story::HusbandBefore => row.husband.earlier = dice.weighted(&[(850, 1)], 2),
        Story::WifeBefore => row.wife.earlier = 1,
        Story::BothBefore => (row.husband.earlier, row.wife.earlier) = (1, 1),
        Story::Divorced => row.status = "divorced",
        Story::Annulled => row.status = "annulled",
        Story::ForeignHusband => row.husband = Party::foreign(&row.husband, dice),
        Story::ForeignWife => row.wife = Party::foreign(&row.wife, dice),
        _ => {}
    }
    row
}
