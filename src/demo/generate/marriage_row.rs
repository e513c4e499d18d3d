//! A generated row of the registry's file.

use super::couple::Couple;
use super::dice::SeededRandom;
use super::people::GeneratedPerson;
use super::{GenerateError, GeneratedFiles, GeneratorContext};
use crate::law::SolarDate;

/// The columns of a spouse. A foreigner has an empty code.
#[derive(Clone)]
pub struct SpouseColumns {
    pub code: String,
    pub given: String,
    pub family: String,
    pub birth: String,
    pub earlier: u32,
}

impl SpouseColumns {
    pub fn of(person: &GeneratedPerson) -> Self {
        SpouseColumns {
            code: person.code.clone(),
            given: person.given.to_owned(),
            family: person.family.to_owned(),
            birth: person.birth.to_string(),
            earlier: 0,
        }
    }

    /// Removes the code, and for half of the spouses name and birth date.
    pub fn foreign(spouse: &SpouseColumns, dice: &mut SeededRandom) -> Self {
        let mut foreign = SpouseColumns { code: String::new(), ..spouse.clone() };
        if dice.per_mille(500) {
            (foreign.given, foreign.family, foreign.birth) = (String::new(), String::new(), String::new());
        }
        foreign
    }
}

#[derive(Clone)]
pub struct MarriageRow {
    pub record_id: String,
    pub version: u32,
    pub status: &'static str,
    pub deed: SolarDate,
    pub registered: SolarDate,
    pub office_kind: &'static str,
    pub office_code: String,
    pub deed_number: String,
    pub permanence: &'static str,
    pub husband: SpouseColumns,
    pub wife: SpouseColumns,
}

impl MarriageRow {
    pub fn new(country: &GeneratorContext, couple: &Couple, n: u64, dice: &mut SeededRandom) -> Self {
        let year = country.month.year() % 100;
        let month = country.month.number();
        let mut row = MarriageRow {
            record_id: format!("R{year:02}{month:02}{n:07}0"),
            version: 1,
            status: "registered",
            deed: couple.deed,
            registered: couple.registered,
            office_kind: "marriage_office",
            office_code: String::new(),
            deed_number: String::new(),
            permanence: "permanent",
            husband: SpouseColumns::of(&couple.husband),
            wife: SpouseColumns::of(&couple.wife),
        };
        dice.digits(5, &mut row.office_code);
        dice.digits(8, &mut row.deed_number);
        row
    }

    /// The same row with another record id, which differs in the last digit.
    pub fn again(&self, last: u8) -> Self {
        let mut copy = self.clone();
        copy.record_id.pop();
        copy.record_id.push(char::from(b'0' + last));
        copy
    }

    pub fn without_office(&mut self, kind: &'static str) {
        self.office_kind = kind;
        self.office_code.clear();
        self.deed_number.clear();
    }

    pub fn write(&self, files: &mut GeneratedFiles) -> Result<(), GenerateError> {
        self.write_dated(files, &self.deed.to_string(), &self.registered.to_string())
    }

    fn write_dated(
        &self,
        files: &mut GeneratedFiles,
        deed: &str,
        registered: &str,
    ) -> Result<(), GenerateError> {
        let husband = &self.husband;
        let wife = &self.wife;
        files.marriages.row(&[
            &self.record_id,
            &self.version.to_string(),
            self.status,
            deed,
            registered,
            self.office_kind,
            &self.office_code,
            &self.deed_number,
            self.permanence,
            &husband.code,
            &husband.given,
            &husband.family,
            &husband.birth,
            &husband.earlier.to_string(),
            &wife.code,
            &wife.given,
            &wife.family,
            &wife.birth,
            &wife.earlier.to_string(),
        ])
    }

    /// For one of two thousand rows, writes a faulty copy with its own record id.
    pub fn perhaps_faulty(
        &self,
        files: &mut GeneratedFiles,
        dice: &mut SeededRandom,
    ) -> Result<(), GenerateError> {
        if !dice.one_in(2000) {
            return Ok(());
        }
        let mut row = self.again(9);
        let deed = row.deed.to_string();
        let registered = row.registered.to_string();
        match dice.below(5) {
            0 => row.husband.code = "1234567890".to_owned(),
            1 => return row.write_dated(files, &format!("{}-07-31", row.deed.year()), &registered),
            2 => row.office_kind = "registry_desk",
            3 => return row.write_dated(files, &registered, &row.deed.plus_days(-1)?.to_string()),
            _ => row.wife.code.clone_from(&row.husband.code),
        }
        row.write_dated(files, &deed, &registered)
    }
}
