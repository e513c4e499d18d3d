//! One couple: its rows in the registry's file, its insured records, and its self-registrations.

use super::couple::Couple;
use super::dice::SeededRandom;
use super::marriage_row::{MarriageRow, SpouseColumns};
use super::people::Sex;
use super::story::{CoupleScenario, SCENARIOS, apply_scenario};
use super::{GenerateError, GeneratedFiles, GeneratorContext, portal, record};
use crate::law::{CalendarError, SolarDate, SolarMonth};

/// First number of persons of couples that are not in the file, and of additional spouses.
const SEPARATE_NUMBERS: u64 = 5_000_000;
/// Maximum number of couples, so that the ranges of person numbers do not overlap.
pub const MOST_COUPLES: u32 = 2_500_000;

/// Writes everything about couple number `n`.
pub fn write(
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    n: u64,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    let scenario = dice.weighted(&SCENARIOS, CoupleScenario::Plain);
    let couple = couple(country, 2 * n, dice)?;
    registry(files, country, &couple, scenario, n, dice)?;
    let husband_insured = scenario != CoupleScenario::ForeignHusband && dice.per_mille(950);
    let wife_insured = scenario != CoupleScenario::ForeignWife && dice.per_mille(900);
    if husband_insured {
        record::insured(files, country, &couple.husband, Sex::Man, couple.deed, dice)?;
    }
    if wife_insured {
        record::insured(files, country, &couple.wife, Sex::Woman, couple.deed, dice)?;
    }
    if !matches!(scenario, CoupleScenario::ForeignHusband | CoupleScenario::ForeignWife) {
        portal::about(files, country, &couple, n, dice)?;
    }
    if dice.per_mille(10) {
        // A couple that registered itself before it is in the registry's file.
        let ahead = self::couple(country, SEPARATE_NUMBERS + 2 * n, dice)?;
        record::insured(files, country, &ahead.wife, Sex::Woman, ahead.deed, dice)?;
        portal::ahead_of_the_file(files, country, &ahead, n, dice)?;
    }
    Ok(())
}

fn couple(country: &GeneratorContext, number: u64, dice: &mut SeededRandom) -> Result<Couple, CalendarError> {
    let deed = deed_date(country, dice)?;
    let registered = deed.plus_days(dice.between(0, 20))?.min(country.today);
    Ok(Couple {
        husband: country.register.person(number, Sex::Man, deed, dice)?,
        wife: country.register.person(number + 1, Sex::Woman, deed, dice)?,
        deed,
        registered,
    })
}

/// Mostly in the reported month. Some marriages are reported late, and a few are from other years.
fn deed_date(country: &GeneratorContext, dice: &mut SeededRandom) -> Result<SolarDate, CalendarError> {
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
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    couple: &Couple,
    scenario: CoupleScenario,
    n: u64,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    let row = apply_scenario(MarriageRow::new(country, couple, n, dice), scenario, dice);
    match scenario {
        CoupleScenario::DateCorrected => {
            let wrong = MarriageRow { deed: couple.deed.plus_days(-dice.between(1, 12))?, ..row.clone() };
            in_versions(files, wrong, row, dice)?;
        }
        CoupleScenario::NameCorrected => {
            let mut wrong = row.clone();
            wrong.wife.family = "نامعلوم".to_owned();
            in_versions(files, wrong, row, dice)?;
        }
        CoupleScenario::TwoRecords => {
            let mut again = row.again(1);
            again.registered = row.registered.plus_days(dice.between(0, 5))?.min(country.today);
            row.write(files)?;
            again.write(files)?;
        }
        CoupleScenario::EarlierRowToo => {
            let mut earlier = row.again(2);
            earlier.deed = couple.deed.plus_days(-dice.between(400, 2000))?;
            earlier.registered = earlier.deed.plus_days(dice.between(0, 15))?;
            earlier.status = "divorced";
            earlier.wife = another_wife(country, n, couple.deed, dice)?;
            earlier.write(files)?;
            row.write(files)?;
        }
        CoupleScenario::OtherSpouseSameDay => {
            let mut other = row.again(3);
            other.wife = another_wife(country, n, couple.deed, dice)?;
            row.write(files)?;
            other.write(files)?;
        }
        _ => row.write(files)?,
    }
    MarriageRow::new(country, couple, n, dice).perhaps_faulty(files, dice)
}

fn another_wife(
    country: &GeneratorContext,
    n: u64,
    on: SolarDate,
    dice: &mut SeededRandom,
) -> Result<SpouseColumns, CalendarError> {
    Ok(SpouseColumns::of(&country.register.person(2 * SEPARATE_NUMBERS + n, Sex::Woman, on, dice)?))
}

/// Writes a first version and its correction. Sometimes the older version is last, and must change nothing.
fn in_versions(
    files: &mut GeneratedFiles,
    first: MarriageRow,
    mut corrected: MarriageRow,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    corrected.version = 2;
    if dice.per_mille(200) {
        corrected.write(files)?;
        return first.write(files);
    }
    first.write(files)?;
    corrected.write(files)
}
