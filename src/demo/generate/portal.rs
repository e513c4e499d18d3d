//! Self-registrations on the portal: before the registry's file, in agreement with it, or in contradiction to it.

use super::couple::Couple;
use super::dice::SeededRandom;
use super::people::GeneratedPerson;
use super::{GenerateError, GeneratedFiles, GeneratorContext};
use crate::law::SolarDate;

#[derive(Clone, Copy)]
enum RegistrationScenario {
    Nothing,
    AsRegistered,
    OtherDate,
    TwiceFirstWrong,
    NoUndertaking,
}

struct Request<'a> {
    applicant: &'a GeneratedPerson,
    spouse: &'a str,
    deed: SolarDate,
    undertaking: bool,
}

/// Writes self-registrations of a couple that is in the registry's file.
pub fn about(
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    couple: &Couple,
    n: u64,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    let scenario = dice.weighted(
        &[
            (35, RegistrationScenario::AsRegistered),
            (10, RegistrationScenario::OtherDate),
            (6, RegistrationScenario::TwiceFirstWrong),
            (6, RegistrationScenario::NoUndertaking),
        ],
        RegistrationScenario::Nothing,
    );
    let request = request(couple, dice);
    let other = Request { deed: couple.deed.plus_days(-dice.between(1, 30))?, ..request };
    match scenario {
        RegistrationScenario::Nothing => Ok(()),
        RegistrationScenario::AsRegistered => write(files, country, &request, n, 1, dice),
        RegistrationScenario::OtherDate => write(files, country, &other, n, 1, dice),
        RegistrationScenario::TwiceFirstWrong => {
            write(files, country, &other, n, 1, dice)?;
            write(files, country, &request, n, 2, dice)
        }
        RegistrationScenario::NoUndertaking => {
            write(files, country, &Request { undertaking: false, ..request }, n, 1, dice)
        }
    }
}

/// Writes self-registrations of a couple that is not in the file yet. The wife is insured. One of three husbands, who
/// are not insured, registers the marriage too.
pub fn ahead_of_the_file(
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    couple: &Couple,
    n: u64,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    let undertaking = dice.per_mille(900);
    let wife =
        Request { applicant: &couple.wife, spouse: &couple.husband.code, deed: couple.deed, undertaking };
    write(files, country, &wife, n, 5, dice)?;
    if dice.one_in(3) {
        let husband = Request { applicant: &couple.husband, spouse: &couple.wife.code, ..wife };
        write(files, country, &husband, n, 6, dice)?;
    }
    Ok(())
}

fn request<'a>(couple: &'a Couple, dice: &mut SeededRandom) -> Request<'a> {
    let (applicant, spouse) =
        if dice.per_mille(500) { (&couple.husband, &couple.wife) } else { (&couple.wife, &couple.husband) };
    Request { applicant, spouse: &spouse.code, deed: couple.deed, undertaking: true }
}

/// Writes a request. `turn` orders the requests of a couple and is the last digit of the id.
fn write(
    files: &mut GeneratedFiles,
    country: &GeneratorContext,
    request: &Request<'_>,
    n: u64,
    turn: i32,
    dice: &mut SeededRandom,
) -> Result<(), GenerateError> {
    let id = format!("S{:02}{:02}{n:07}{turn}", country.month.year() % 100, country.month.number());
    let days = turn + if turn == 1 { 0 } else { 1 };
    let day = request.deed.plus_days(days)?.min(country.today);
    let (year, month, day) = day.to_gregorian();
    // Tehran has been at +03:30 all year since autumn 2022.
    let at = format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:00+03:30", 9 + turn, dice.below(60));
    let undertaking = if request.undertaking { "true" } else { "false" };
    let deed = request.deed.to_string();
    files.self_registrations.row(&[&id, &at, &request.applicant.code, request.spouse, &deed, undertaking])?;
    if dice.one_in(500) {
        let faulty = format!("{id}9");
        let spouse = if dice.per_mille(500) { "" } else { "1234567890" };
        files.self_registrations.row(&[&faulty, &at, &request.applicant.code, spouse, &deed, undertaking])?;
    }
    Ok(())
}
