//! The data of one person. A person is the unit that is locked, stored and decided together.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::codes::{OfficeKind, Ownership, Permanence, Status};
use super::compact_form::CompactForm;
use crate::ident::{NationalCode, text};
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// All insured records of a person. Each fact has the offset of the record that contained it (`source_offset`), so a
/// replayed record does not replace a newer fact of the same key.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dossier {
    pub record: Option<PersonRecord>,
    /// Sorted by key: workshop, type, first day.
    pub employments: Vec<Employment>,
    /// Sorted by key: month, workshop, type.
    pub wages: Vec<Wage>,
    /// Sorted by key: day, source.
    pub earlier_payments: Vec<EarlierPayment>,
    /// The keys of facts that were taken back, sorted. No rule reads them.
    #[serde(skip)]
    pub taken_back: Vec<TakenBack>,
}

/// A fact that is gone, with the offset of the record that took it back: an older record that is replayed must not
/// bring it back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TakenBack {
    pub key: TakenBackKey,
    pub source_offset: i64,
}

/// The key of a fact that can be taken back.
#[serde_as]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum TakenBackKey {
    Employment(
        CompactString,
        #[serde_as(as = "CompactForm")] InsuranceType,
        #[serde_as(as = "CompactForm")] SolarDate,
    ),
    EarlierPayment(#[serde_as(as = "CompactForm")] SolarDate, String),
}

/// The insured person's own record. A malformed Sheba or mobile is stored unchanged. It counts as missing, and the
/// reason states that it is malformed.
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

/// `Debug` shows no names and numbers of the person, so that they do not reach a log.
impl std::fmt::Debug for PersonRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonRecord").field("source_offset", &self.source_offset).finish_non_exhaustive()
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
    /// Inlined in the struct, because codes are short and there are many.
    pub workshop_code: CompactString,
    #[serde_as(as = "CompactForm")]
    pub insurance_type: InsuranceType,
    #[serde_as(as = "CompactForm")]
    pub started_on: SolarDate,
    /// The last employed day. `None` while the employment continues.
    #[serde_as(as = "Option<CompactForm>")]
    pub ended_on: Option<SolarDate>,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Wage {
    pub source_offset: i64,
    #[serde_as(as = "CompactForm")]
    pub month: SolarMonth,
    /// Inlined in the struct, because codes are short and there are many.
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

/// One spouse in a registry row. If the code is set, the name and the birth date are also set.
#[derive(Clone, PartialEq, Eq)]
pub struct Side {
    pub code: Option<NationalCode>,
    pub family_name: Option<String>,
    pub birth_date: Option<SolarDate>,
    pub earlier_marriages: u32,
}

/// As for [`PersonRecord`], `Debug` shows no personal data.
impl std::fmt::Debug for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").finish_non_exhaustive()
    }
}

/// The columns of a registry row that the rules read.
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
    /// The side of the person `code` and the other side. `None` if the row does not name this person.
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
    /// In microseconds since 1970. It orders several self-registrations by one applicant.
    pub submitted_at: i64,
    pub applicant: NationalCode,
    pub spouse: NationalCode,
    pub deed_date: SolarDate,
    pub first_marriage_undertaking: bool,
}
