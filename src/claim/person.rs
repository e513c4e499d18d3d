//! What is known of one person: the unit that is locked, stored and decided together.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::codes::{OfficeKind, Ownership, Permanence, Status};
use super::compact_form::CompactForm;
use crate::ident::{NationalCode, text};
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// Everything the insured-records topic said of a person. Facts carry the offset that brought them (`at`), so that a
/// replayed message that newer facts of the same key have overtaken changes nothing.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dossier {
    pub record: Option<PersonRecord>,
    /// Ordered by key: workshop, type, first day.
    pub employments: Vec<Employment>,
    /// Ordered by key: month, workshop, type.
    pub wages: Vec<Wage>,
    /// Ordered by key: day, source.
    pub earlier_payments: Vec<EarlierPayment>,
}

/// The insured person's own record. A malformed Sheba or mobile is kept as it came: it counts as none, with the fact.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    pub source_offset: i64,
    pub insurance_number: String,
    pub given_name: String,
    pub family_name: String,
    #[serde_as(as = "CompactForm")]
    pub birth_date: SolarDate,
    #[serde_as(as = "Option<CompactForm>")]
    pub deceased_on: Option<SolarDate>,
    /// The cost centre: the branch that last received the person's premium.
    pub branch_code: String,
    pub province_code: String,
    pub sheba: Option<String>,
    pub sheba_owner: Ownership,
    pub mobile: Option<String>,
    pub mobile_owner: Ownership,
}

/// Names and numbers of a person stay out of every log.
impl std::fmt::Debug for PersonRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("at", &self.source_offset).finish_non_exhaustive()
    }
}

impl PersonRecord {
    pub fn full_name(&self) -> String {
        text::normalise(&format!("{} {}", self.given_name, self.family_name))
    }
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Employment {
    pub source_offset: i64,
    /// Short, and many: kept in place.
    pub workshop_code: CompactString,
    #[serde_as(as = "CompactForm")]
    pub insurance_type: InsuranceType,
    #[serde_as(as = "CompactForm")]
    pub started_on: SolarDate,
    /// The last employed day; none while employed.
    #[serde_as(as = "Option<CompactForm>")]
    pub ended_on: Option<SolarDate>,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Wage {
    pub source_offset: i64,
    #[serde_as(as = "CompactForm")]
    pub month: SolarMonth,
    /// Short, and many: kept in place.
    pub workshop_code: CompactString,
    #[serde_as(as = "CompactForm")]
    pub insurance_type: InsuranceType,
    pub days: u32,
    #[serde_as(as = "CompactForm")]
    pub insurable: Rial,
}

/// An allowance that a branch paid before Peyvand.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EarlierPayment {
    pub source_offset: i64,
    #[serde_as(as = "CompactForm")]
    pub paid_on: SolarDate,
    pub source: String,
    #[serde_as(as = "CompactForm")]
    pub amount: Rial,
}

/// One side of a registry row. Names and birth date are there wherever the code is.
#[derive(Clone, PartialEq, Eq)]
pub struct Side {
    pub code: Option<NationalCode>,
    pub family_name: Option<String>,
    pub birth_date: Option<SolarDate>,
    pub earlier_marriages: u32,
}

/// As with `Record`: whose it is stays out of every log.
impl std::fmt::Debug for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").finish_non_exhaustive()
    }
}

/// A row of the registry's file, as far as the rules read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistryRow {
    pub record_id: String,
    pub status: Status,
    pub deed_date: SolarDate,
    pub registered_on: SolarDate,
    pub office_kind: OfficeKind,
    pub permanence: Permanence,
    pub husband: Side,
    pub wife: Side,
}

impl RegistryRow {
    /// The sides as `code` sees them: its own and the other. None where the row is not about this person.
    pub fn sides(&self, code: NationalCode) -> Option<(&Side, &Side)> {
        if self.husband.code == Some(code) {
            Some((&self.husband, &self.wife))
        } else if self.wife.code == Some(code) {
            Some((&self.wife, &self.husband))
        } else {
            None
        }
    }
}

/// A self-registration on the portal (order, clause 2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelfRegistration {
    pub request_id: String,
    /// Microseconds since 1970, for the order of several by one applicant.
    pub submitted_at: i64,
    pub applicant: NationalCode,
    pub spouse: NationalCode,
    pub deed_date: SolarDate,
    pub first_marriage_undertaking: bool,
}
