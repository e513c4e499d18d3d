//! One couple: its rows in the registry's file, its records, and what it tells the portal.

use super::dice::Dice;
use super::marriage_row::{Party, Row};
use super::people::{Person, Sex};
use super::story::{STORIES, Story, told};
use super::{Country, Files, GenerateError, portal, record};
use crate::law::{CalendarError, SolarDate, SolarMonth};

/// Persons of a couple that the file does not have, and further spouses, are numbered apart.
const APART: u64 = 5_000_000;
/// So that numbers do not meet.
pub const MOST_COUPLES: u32 = 2_500_000;

pub struct Couple {
    pub husband: Person,
    pub wife: Person,
    pub deed: SolarDate,
    pub registered: SolarDate,
}

/// Writes everything about couple number `n`.
pub fn write(files: &mut Files, country: &Country, n: u64, dice: &mut Dice) -> Result<(), GenerateError> {
    let story = dice.weighted(&STORIES, Story::Plain);
    let couple = couple(country, 2 * n, dice)?;
    registry(files, country, &couple, story, n, dice)?;
    let husband_insured = story != Story::ForeignHusband && dice.per_mille(950);
    let wife_insured = story != Story::ForeignWife && dice.per_mille(900);
    if husband_insured {
        record::insured(files, country, &couple.husband, Sex::Man, couple.deed, dice)?;
    }
    if wife_insured {
        record::insured(files, country, &couple.wife, Sex::Woman, couple.deed, dice)?;
    }
    if !matches!(story, Story::ForeignHusband | Story::ForeignWife) {
        portal::about(files, country, &couple, n, dice)?;
    }
    if dice.per_mille(10) {
        // Married, and quicker than the registry's file.
        let ahead = self::couple(country, APART + 2 * n, dice)?;
        record::insured(files, country, &ahead.wife, Sex::Woman, ahead.deed, dice)?;
        portal::ahead_of_the_file(files, country, &ahead, n, dice)?;
    }
    Ok(())
}

fn couple(country: &Country, number: u64, dice: &mut Dice) -> Result<Couple, CalendarError> {
    let deed = deed_date(country, dice)?;
    let registered = deed.plus_days(dice.between(0, 20))?.min(country.today);
    Ok(Couple {
        husband: country.register.person(number, Sex::Man, deed, dice)?,
        wife: country.register.person(number + 1, Sex::Woman, deed, dice)?,
        deed,
        registered,
    })
}

/// Mostly in the month that is reported; some are told late, a few belong to other years.
fn deed_date(country: &Country, dice: &mut Dice) -> Result<SolarDate, CalendarError> {
    let (least, most) = dice.weighted(
        &[
            (600, (0, 0)),
            (220, (1, 1)),
            (90, (2, 2)),
            (40, (3, 3)),
            (30, (4, 11)),
            (14, (12, 36)),
            (3, (37, 96)),
        ],
        (109, 126),
    );
    let month = SolarMonth::from_index(country.month.index() - dice.between(least, most))?;
    month.first_day().plus_days(dice.between(0, i32::from(month.days()) - 1))
}

fn registry(
    files: &mut Files,
    country: &Country,
    couple: &Couple,
    story: Story,
    n: u64,
    dice: &mut Dice,
) -> Result<(), GenerateError> {
    let row = told(Row::new(country, couple, n, dice), story, dice);
    match story {
        Story::DateCorrected => {
            let wrong = Row { deed: couple.deed.plus_days(-dice.between(1, 12))?, ..row.clone() };
            in_versions(files, wrong, row, dice)?;
        }
        Story::NameCorrected => {
            let mut wrong = row.clone();
            wrong.wife.family = "نامعلوم".to_owned();
            in_versions(files, wrong, row, dice)?;
        }
        Story::TwoRecords => {
            let mut again = row.again(1);
            again.registered = row.registered.plus_days(dice.between(0, 5))?.min(country.today);
            row.write(files)?;
            again.write(files)?;
        }
        Story::EarlierRowToo => {
            let mut earlier = row.again(2);
            earlier.deed = couple.deed.plus_days(-dice.between(400, 2000))?;
            earlier.registered = earlier.deed.plus_days(dice.between(0, 15))?;
            earlier.status = "divorced";
            earlier.wife = another_wife(country, n, couple.deed, dice)?;
            earlier.write(files)?;
            row.write(files)?;
        }
        Story::OtherSpouseSameDay => {
            let mut other = row.again(3);
            other.wife = another_wife(country, n, couple.deed, dice)?;
            row.write(files)?;
            other.write(files)?;
        }
        _ => row.write(files)?,
    }
    Row::new(country, couple, n, dice).perhaps_faulty(files, dice)
}

fn another_wife(country: &Country, n: u64, on: SolarDate, dice: &mut Dice) -> Result<Party, CalendarError> {
    Ok(Party::of(&country.register.person(2 * APART + n, Sex::Woman, on, dice)?))
}

/// A first version and its correction; now and then the older one comes last, and must change nothing.
fn in_versions(
    files: &mut Files,
    first: Row,
    mut corrected: Row,
    dice: &mut Dice,
) -> Result<(), GenerateError> {
    corrected.version = 2;
    if dice.per_mille(200) {
        corrected.write(files)?;
        return first.write(files);
    }
    first.write(files)?;
    corrected.write(files)
}
