//! The insured records of a person: profile, employments, wage lists, an earlier payment.

use super::course::draw_work_history;
use super::dice::SeededRandom;
use super::history::{EmploymentSpell, spells};
use super::names::{FAMILIES, in_arabic_letters};
use super::people::{GeneratedPerson, Sex, branch};
use super::{GenerateError, GeneratedFiles, GeneratorContext, contact};
use crate::law::{SolarDate, SolarMonth};

/// Writes the records of an insured person with the deed date `deed`.
pub fn insured(
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    person: &GeneratedPerson,
    sex: Sex,
    deed: SolarDate,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    profile(files, country, person, deed, dice)?;
    let spells = spells(draw_work_history(sex, dice), sex, deed, dice)?;
    employments(files, person, &spells, dice)?;
    // Most lists of the reported month have not arrived yet. A few employers are two months late.
    let months_late = dice.weighted(&[(400, 0), (565, 1)], 2);
    let last_list = SolarMonth::from_index(country.month.index() - months_late)?;
    files.wage_lines.write(&person.code, &spells, last_list, &country.minimum, dice, &mut files.wages)?;
    earlier_payment(files, country, person, deed, dice)
}

fn profile(
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    person: &GeneratedPerson,
    deed: SolarDate,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    let branch = branch(dice);
    let account = contact::account(dice);
    let mobile = contact::mobile(dice);
    let family = family_on_record(person, dice);
    let birth = if dice.per_mille(4) { person.birth.plus_days(dice.between(1, 400))? } else { person.birth };
    let deceased = if dice.per_mille(3) {
        deed.plus_days(dice.between(1, 60))?.min(country.today).to_string()
    } else {
        String::new()
    };
    let mut number = String::with_capacity(10);
    dice.digits(10, &mut number);
    let fields = [
        person.code.as_str(),
        number.as_str(),
        person.given,
        family.as_str(),
        &birth.to_string(),
        deceased.as_str(),
        &format!("{:04}", branch.code),
        &format!("{:02}", branch.province),
        account.text.as_str(),
        account.owner,
        mobile.text.as_str(),
        mobile.owner,
    ];
    files.persons.row(&fields)?;
    if dice.one_in(2000) {
        let mut faulty = fields;
        match dice.below(3) {
            0 => faulty[0] = "1234567890",
            1 => faulty[4] = "1379-12-30",
            _ => faulty[3] = "",
        }
        files.persons.row(&faulty)?;
    }
    Ok(())
}

/// The same name in other letters or spacing, or rarely another name.
fn family_on_record(person: &GeneratedPerson, dice: &mut SeededRandom) -> String {
    match dice.below(1000) {
        0..40 => in_arabic_letters(person.family),
        40..60 => person.family.replace('\u{200C}', ""),
        60..67 => {
            let other = dice.word(&FAMILIES);
            if other == person.family { "ناشناس".to_owned() } else { other.to_owned() }
        }
        _ => person.family.to_owned(),
    }
}

fn employments(
    files: &mut GeneratedFiles,
    person: &GeneratedPerson,
    spells: &[EmploymentSpell],
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    for spell in spells.iter().filter(|spell| spell.employed) {
        let workshop = format!("{:010}", spell.workshop);
        let from = spell.from.to_string();
        let to = spell.to.map_or_else(String::new, |to| to.to_string());
        files.employments.row(&[&person.code, &workshop, spell.kind.as_str(), &from, &to])?;
        if dice.one_in(2000) {
            let (kind, to) =
                if dice.per_mille(500) { ("apprentice", to.as_str()) } else { ("compulsory", "1380-01-01") };
            files.employments.row(&[&person.code, &workshop, kind, &from, to])?;
        }
    }
    Ok(())
}

/// A branch paid a few persons: for this marriage on request, or years ago for another one.
fn earlier_payment(
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    person: &GeneratedPerson,
    deed: SolarDate,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    if !dice.per_mille(8) {
        return Ok(());
    }
    let after = if dice.per_mille(600) { dice.between(1, 40) } else { -dice.between(300, 1500) };
    let paid_on = deed.plus_days(after)?.min(country.today).to_string();
    let amount = (dice.between(40_000, 120_000) * 1000).to_string();
    let source = format!("branch {:04}", dice.between(101, 3112));
    files.earlier_payments.row(&[&person.code, &paid_on, &amount, &source])?;
    if dice.one_in(2000) {
        files.earlier_payments.row(&[&person.code, &paid_on, "-1", &source])?;
    }
    Ok(())
}
