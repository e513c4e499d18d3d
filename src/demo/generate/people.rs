//! Invented persons: who they are for the registry, and what the insurance records hold of them.

use super::dice::SeededRandom;
use super::names::{FAMILIES, MEN, WOMEN};
use crate::ident::NationalCode;
use crate::law::{CalendarError, SolarDate, SolarMonth};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    Man,
    Woman,
}

/// A person as the civil registry knows him or her.
#[derive(Clone)]
pub struct GeneratedPerson {
    /// Ten digits, leading zeros kept.
    pub code: String,
    pub given: &'static str,
    pub family: &'static str,
    pub birth: SolarDate,
}

/// Persons are numbered; no two numbers share a code, whatever the seed.
#[derive(Clone, Copy)]
pub struct PersonNumbers {
    shift: u64,
    first: u64,
}

/// So many numbers are set aside for a month, so that the next month's persons are others.
const NUMBERS_A_MONTH: u64 = 16_000_000;

/// Prime to ten, so that multiplying by it permutes the nine-digit numbers.
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

    /// The person of this number, of marriageable age on `on`.
    pub fn person(
        self,
        number: u64,
        sex: Sex,
        on: SolarDate,
        dice: &mut SeededRandom,
    ) -> Result<GeneratedPerson, CalendarError> {
        // The one number without a code takes that of a number nobody else has.
        let code =
            self.code(number).or_else(|| self.code(NUMBERS_A_MONTH - 1)).ok_or(CalendarError::OutOfRange)?;
        let (youngest, oldest) = if sex == Sex::Man { (21, 40) } else { (18, 36) };
        // Two throws: most marry in the middle of that span.
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

/// Shares of the population, roughly per mille: provinces 01 to 31 in the order of their codes.
const PROVINCE_WEIGHTS: [u32; 31] = [
    18, 32, 41, 49, 41, 25, 59, 61, 40, 80, 64, 35, 20, 22, 12, 22, 7, 9, 15, 13, 9, 14, 22, 166, 16, 16, 16,
    23, 11, 10, 32,
];

/// Where the premium was last received.
pub struct GeneratedBranch {
    pub province: u32,
    /// Some four hundred in the country; four digits.
    pub code: u32,
}

pub fn branch(dice: &mut SeededRandom) -> GeneratedBranch {
    let total: u32 = PROVINCE_WEIGHTS.iter().sum();
    let mut throw = dice.below(total);
    let mut province = 1;
    let mut weight = 1;
    for share in PROVINCE_WEIGHTS {
        weight = share;
        if throw < share {
            break;
        }
        throw -= share;
        province += 1;
    }
    // A province has a branch per 2.5 per mille of the population, at least four; Tehran the most.
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
    fn branches_are_several_hundred_in_all_provinces() {
        let mut dice = SeededRandom::new(1, 1);
        let all: Vec<GeneratedBranch> = (0..50_000).map(|_| branch(&mut dice)).collect();
        let provinces: BTreeSet<u32> = all.iter().map(|b| b.province).collect();
        let codes: BTreeSet<u32> = all.iter().map(|b| b.code).collect();
        assert_eq!(provinces, (1..=31).collect());
        assert!((200..=600).contains(&codes.len()), "{}", codes.len());
        assert!(codes.iter().all(|code| *code <= 9999));
    }
}
