//! A complete row of the registry. The rules read a part of it, [`RegistryRow`]; the other columns are for people.

use serde::{Deserialize, Serialize};
use serde_with::{DisplayFromStr, serde_as};

use super::codes::{OfficeKind, Permanence, Status};
use super::person::{RegistryRow, Side};
use crate::ident::NationalCode;
use crate::law::SolarDate;

/// A marriage in the registry, in one version. The serialised form is what the database stores, so the names and the
/// order of the fields must not change.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RegistryRecord {
    pub record_id: String,
    pub record_version: u64,
    pub status: Status,
    #[serde_as(as = "DisplayFromStr")]
    pub deed_date: SolarDate,
    #[serde_as(as = "DisplayFromStr")]
    pub registered_on: SolarDate,
    pub office_kind: OfficeKind,
    #[serde(default)]
    pub office_code: Option<String>,
    #[serde(default)]
    pub deed_number: Option<String>,
    pub permanence: Permanence,
    pub husband: RecordedSpouse,
    pub wife: RecordedSpouse,
}

/// One of the two spouses of a [`RegistryRecord`].
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSpouse {
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    pub national_code: Option<NationalCode>,
    #[serde(default)]
    pub given_name: Option<String>,
    #[serde(default)]
    pub family_name: Option<String>,
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    pub birth_date: Option<SolarDate>,
    pub earlier_marriages: u32,
}

/// `Debug` shows no personal data, so that it does not reach a log.
impl std::fmt::Debug for RecordedSpouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordedSpouse").finish_non_exhaustive()
    }
}

impl RegistryRecord {
    /// The part of the record that the rules read.
    pub fn row(&self) -> RegistryRow {
        RegistryRow {
            record_id: self.record_id.clone(),
            status: self.status,
            deed_date: self.deed_date,
            registered_on: self.registered_on,
            office_kind: self.office_kind,
            permanence: self.permanence,
            husband: self.husband.side(),
            wife: self.wife.side(),
        }
    }

    /// The national codes of the spouses that have one.
    pub fn codes(&self) -> impl Iterator<Item = NationalCode> {
        [self.husband.national_code, self.wife.national_code].into_iter().flatten()
    }
}

impl RecordedSpouse {
    fn side(&self) -> Side {
        Side {
            code: self.national_code,
            family_name: self.family_name.clone(),
            birth_date: self.birth_date,
            earlier_marriages: self.earlier_marriages,
        }
    }
}
