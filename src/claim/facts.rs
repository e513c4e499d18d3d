//! The facts of one claim, as the rules read them and as a decision stores them (R23).
//!
//! Only what a rule reads stands here: an input that changes none of it leaves the digest, and so the claim, alone.

use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use sha2::{Digest, Sha256};

use super::codes::{OfficeKind, Ownership, Permanence, Status};
use super::compact_form::CompactForm;
use crate::law::{InsuranceType, SolarDate, SolarMonth, marriage_allowance as art85};

/// The stored form that is written: a byte for it, then postcard, which knows fields and words by their places. It is
/// raised when either changes, and `recompute` reads every form that was ever written.
const FORM: u8 = 1;

#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    #[serde_as(as = "CompactForm")]
    pub deed_date: SolarDate,
    pub spouse_has_code: bool,
    /// No input holds this marriage any more.
    pub withdrawn: bool,
    /// None until a registry row of this marriage speaks.
    pub registry: Option<RegistryFacts>,
    /// None without a self-registration by this person.
    pub self_registration: Option<SelfRegistrationFacts>,
    /// The earliest deed date of another live marriage before this one (R5).
    #[serde_as(as = "Option<CompactForm>")]
    pub earlier_marriage_on: Option<SolarDate>,
    /// Two live rows of the person name this deed date and different spouses.
    pub conflicting: bool,
    /// None for a person whom we do not insure.
    pub insured: Option<InsuredFacts>,
    pub employments: Vec<EmploymentLine>,
    /// Added over workshops, ascending; only months and types that a rule reads.
    pub wages: Vec<WageLine>,
    pub paid_before: Vec<PaidBefore>,
    /// Set once a document was issued for this claim: the rest of the facts is then as it was paid.
    pub payment: Option<PaymentFacts>,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryFacts {
    pub status: Status,
    pub office_kind: OfficeKind,
    pub permanence: Permanence,
    pub earlier_marriages: u32,
    /// Folded: letters, spaces and ZWNJ do not count.
    pub family_name: String,
    #[serde_as(as = "Option<CompactForm>")]
    pub birth_date: Option<SolarDate>,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfRegistrationFacts {
    pub first_marriage_undertaking: bool,
    /// A live row of the same pair with another date, where no row confirms this one.
    #[serde_as(as = "Option<CompactForm>")]
    pub registry_has_date: Option<SolarDate>,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsuredFacts {
    pub family_name: String,
    #[serde_as(as = "CompactForm")]
    pub birth_date: SolarDate,
    #[serde_as(as = "Option<CompactForm>")]
    pub deceased_on: Option<SolarDate>,
    pub sheba: Option<String>,
    pub sheba_owner: Ownership,
    pub mobile: Option<String>,
    pub mobile_owner: Ownership,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EmploymentLine(
    #[serde_as(as = "CompactForm")] pub InsuranceType,
    #[serde_as(as = "CompactForm")] pub SolarDate,
    #[serde_as(as = "Option<CompactForm>")] pub Option<SolarDate>,
);

/// Month, type, days, insurable rials: there are sixty in a claim, hence so plain.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WageLine(
    #[serde_as(as = "CompactForm")] pub SolarMonth,
    #[serde_as(as = "CompactForm")] pub InsuranceType,
    pub u32,
    pub u64,
);

/// A payment that stands in the way (R15).
#[serde_as]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PaidBefore {
    /// By a branch, before Peyvand: the day and who says so.
    Branch {
        #[serde_as(as = "CompactForm")]
        paid_on: SolarDate,
        source: String,
    },
    /// A document of Peyvand's own, for another claim of the person.
    Document { document_id: String },
}

/// Where the payment of this claim stands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFacts {
    /// Frozen when the first document was issued.
    pub amount_rial: u64,
    pub document_id: String,
    /// Set where finance's latest word on the latest document is a return that may be tried again.
    pub returned: Option<ReturnFacts>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnFacts {
    pub code: String,
    /// The account that the returned document named.
    pub sheba: String,
}

/// Facts as they are stored, and by what they are recognised.
pub struct EncodedFacts {
    pub bytes: Vec<u8>,
    pub digest: [u8; 32],
}

impl Facts {
    /// The facts of a claim that no input holds any more.
    pub fn withdrawn(deed_date: SolarDate, spouse_has_code: bool) -> Self {
        Self {
            deed_date,
            spouse_has_code,
            withdrawn: true,
            registry: None,
            self_registration: None,
            earlier_marriage_on: None,
            conflicting: false,
            insured: None,
            employments: Vec::new(),
            wages: Vec::new(),
            paid_before: Vec::new(),
            payment: None,
        }
    }

    /// The stored form with its digest. It is canonical: every list here is sorted, every field is always written.
    pub fn encode(&self) -> EncodedFacts {
        let mut bytes = Vec::with_capacity(1024);
        bytes.push(FORM);
        // Numbers and words written to memory cannot fail.
        let bytes = postcard::to_extend(self, bytes).unwrap_or_default();
        EncodedFacts { digest: digest(&bytes), bytes }
    }

    /// None where the bytes are none of the forms that were ever written.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&FORM, packed) => postcard::from_bytes(packed).ok(),
            _ => None,
        }
    }

    /// The employments as Article 85 reads them.
    pub fn art85_employments(&self) -> Vec<art85::EmploymentPeriod> {
        let line = |e: &EmploymentLine| art85::EmploymentPeriod {
            insurance_type: e.0,
            started_on: e.1,
            ended_on: e.2,
        };
        self.employments.iter().map(line).collect()
    }

    /// The wage lists as Article 85 reads them.
    pub fn art85_wages(&self) -> Vec<art85::MonthlyWage> {
        let insurable = |rials| crate::law::Rial::new(rials).unwrap_or(crate::law::Rial::MAX);
        let line = |w: &WageLine| art85::MonthlyWage {
            month: w.0,
            insurance_type: w.1,
            days: w.2,
            insurable: insurable(w.3),
        };
        self.wages.iter().map(line).collect()
    }
}

/// SHA-256.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
