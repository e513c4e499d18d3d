//! Generated persons and branches.

use super::dice::SeededRandom;
use super::names::{FAMILIES, MEN, WOMEN};
use crate::ident::NationalCode;
use crate::law::{CalendarError, SolarDate, SolarMonth};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    Man,
    Woman,
}

/// A person with the data of the civil registry.
#[derive(Clone)]
pub struct GeneratedPerson {
    /// Ten digits, including leading zeros.
    pub code: String,
    pub given: &'static str,
    pub family: &'static str,
    pub birth: SolarDate,
}

/// Maps person numbers to national codes. For every seed, different numbers have different codes.
#[derive(Clone, Copy)]
pub struct PersonNumbers {
    shift: u64,
    first: u64,
}

/// Number of person numbers reserved for a month, so that the next month has other persons.
const NUMBERS_A_MONTH: u64 = 16_000_000;

/// Coprime to ten, so that multiplication by it permutes the nine-digit numbers.
const SPREAD: u64 = 618_033_989;
const NINE_DIGITS: u64 = 1_000_000_000;

impl PersonNumbers {
    pub fn new(seed: u64, month: SolarMonth) -> Self {
        let month = u64::from(month.index().unsigned_abs());
        PersonNumbers { shift: seed % NINE_DIGITS, first: month * NUMBERS_A_MONTH % NINE_DIGITS }
    }

    /// None for one number in 10⁹ (the code 0000000000).
    fn code(self, number: u64) -> Option<NationalCode> {
        let nine = ((self.first + number) % NINE_DIGITS * SPREAD + self.shift) % NINE_DIGITS;
        NationalCode::with_check_digit(u32::try_from(nine).ok()?)
    }

    /// The person with this number, of marriageable age on `on`.
    pub fn person(
        self,
        number: u64,
        sex: Sex,
        on: SolarDate,
        dice: &mut SeededRandom,
    ) -> Result<GeneratedPerson, CalendarError> {
        // The one number without a code gets the code of a number that no other person has.
        let code =
            self.code(number).or_else(|| self.code(NUMBERS_A_MONTH - 1)).ok_or(CalendarError::OutOfRange)?;
        let (youngest, oldest) = if sex == Sex::Man { (21, 40) } else { (18, 36) };
        // The mean of two numbers, because most persons marry in the middle of this range.
        let age = (dice.between(youngest, oldest) + dice.between(youngest, oldest)) / 2;
        let birth = on.plus_days(-(age * 365 + dice.between(0, 364)))?;
        Ok(GeneratedPerson {
            code: code.to_string(),
            given: dice.word(if sex == Sex::Man { &MEN } else { &WOMEN }),
            family: dice.word(&FAMILIES),
            birth,
        })
    }
}

/// Approximate shares of the population per mille, for provinces 01 to 31 in order of their codes.
const PROVINCE_WEIGHTS: [u32; 31] = [
    18, 32, 41, 49, 41, 25, 59, 61, 40, 80, 64, 35, 20, 22, 12, 22, 7, 9, 15, 13, 9, 14, 22, 166, 16, 16, 16,
    23, 11, 10, 32,
];

/// The branch that last received the premium.
pub struct GeneratedBranch {
    pub province: u32,
    /// Four digits. The country has about four hundred branches.
    pub code: u32,
}

pub fn branch(dice: &mut SeededRandom) -> GeneratedBranch {
    let total: u32 = PROVINCE_WEIGHTS.iter().sum();
    let mut number = dice.below(total);
    let mut province = 1;
    let mut weight = 1;
    for share in PROVINCE_WEIGHTS {
        weight = share;
        if number < share {
            break;
        }
        number -= share;
        province += 1;
    }
    // A province has one branch for each 2.5 per mille of the population, but at least four. Tehran has the most.
    let branches = (weight * 2 / 5).clamp(4, 60);
    GeneratedBranch { province, code: province * 100 + dice.below(branches) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_persons_share_a_code() {
        let register = PersonNumbers::new(42, SolarMonth::new(1404, 7).unwrap());
        let codes: BTreeSet<_> = (0..50_000).map(|n| register.code(n)).collect();
        assert_eq!(codes.len(), 50_000);
    }

    #[test]
    fn every_province_has_branches_and_there_are_several_hundred() {
        let mut dice = SeededRandom::new(1, 1);
        let all: Vec<GeneratedBranch> = (0..50_000).map(|_| branch(&mut dice)).collect();
        let provinces: BTreeSet<u32> = all.iter().map(|b| b.province).collect();
        let codes: BTreeSet<u32> = all.iter().map(|b| b.code).collect();
        assert_eq!(provinces, (1..=31).collect());
        assert!((200..=600).contains(&codes.len()), "{}", codes.len());
        assert!(codes.iter().all(|code| *code <= 9999));
    }
}
