//! The facts of one claim, as the rules read them and as a decision stores them (R23).
//!
//! Facts contain only values that a rule reads. An input that changes none of them does not change the digest, and
//! therefore does not change the claim.

use serde::{Deserialize, Serialize};
use serde_with::{DisplayFromStr, serde_as};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::benefit::Benefit;
use super::codes::{OfficeKind, Ownership, Permanence, Status, Verdict};
use super::compact_form::CompactForm;
use super::identity::ClaimKey;
use super::reason::ReasonCode;
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth, marriage_allowance as art85};

/// The version of the stored form, its first byte. The rest is postcard, which identifies fields and enum variants by
/// their order. A change of that order needs a new version. `recompute` must read every version that was ever written.
///
/// The second form adds `findings` at the end. Facts without findings are written in the first form, so that their
/// digests and their decisions stay as they are.
const FORM: u8 = 2;
const FORM_WITHOUT_FINDINGS: u8 = 1;
/// An empty list in postcard.
const NO_FINDINGS: u8 = 0;

#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub benefit: Benefit,
    #[serde_as(as = "CompactForm")]
    pub deed_date: SolarDate,
    pub spouse_has_code: bool,
    /// No input states this marriage any more.
    pub withdrawn: bool,
    /// `None` if there is no registry row of this marriage.
    pub registry: Option<RegistryFacts>,
    /// `None` without a self-registration by this person, or if there is a registry row.
    pub self_registration: Option<SelfRegistrationFacts>,
    /// The earliest deed date of another marriage before this one, unless annulled; a divorced one counts (R5).
    #[serde_as(as = "Option<CompactForm>")]
    pub earlier_marriage_on: Option<SolarDate>,
    /// The row of this claim and another one, neither annulled, have the same deed date and different spouses.
    pub conflicting: bool,
    /// `None` for a person who is not insured.
    pub insured: Option<InsuredFacts>,
    /// Those that cover the deed date, and eligible ones that ended before it, sorted.
    pub employments: Vec<EmploymentLine>,
    /// Summed over the workshops, ascending by month and type. Contains only months and types that a rule reads.
    pub wages: Vec<WageLine>,
    pub paid_before: Vec<PaidBefore>,
    /// Set once a document was issued for this claim. The other facts are then frozen as they were at its issue; after a
    /// return, account and mobile are the current ones.
    pub payment: Option<PaymentFacts>,
    /// The approved findings that speak about grounds of this claim, one for each ground, in the order of the grounds.
    pub findings: Vec<FindingFacts>,
}

/// An approved finding about a ground of this claim.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingFacts {
    pub finding_id: Uuid,
    /// Stored as its code.
    #[serde_as(as = "DisplayFromStr")]
    pub ground: ReasonCode,
    pub verdict: Verdict,
    /// The tables of this day say whether the finding has an effect.
    #[serde_as(as = "CompactForm")]
    pub approved_on: SolarDate,
    pub standing: Standing,
}

/// Whether the values of the ground are those that the officers saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Standing {
    Stands,
    /// The values have changed since. The finding has no effect until they are the same again.
    FactsMoved,
    /// Only for `CONFLICTING_RECORDS`: findings set the conflict aside on two claims with the same deed date. At most one
    /// marriage can stand, so neither finding has an effect.
    Contradicted,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
/// This person's side of the authoritative registry row.
pub struct RegistryFacts {
    pub status: Status,
    pub office_kind: OfficeKind,
    pub permanence: Permanence,
    pub earlier_marriages: u32,
    /// Normalised: forms of letters, spaces and ZWNJ make no difference.
    pub family_name: String,
    #[serde_as(as = "Option<CompactForm>")]
    pub birth_date: Option<SolarDate>,
}

#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfRegistrationFacts {
    pub first_marriage_undertaking: bool,
    /// If no row confirms this registration: the earliest other deed date of a row of the same pair that is not annulled.
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

/// Month, insurance type, days, insurable rials.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WageLine(
    #[serde_as(as = "CompactForm")] pub SolarMonth,
    #[serde_as(as = "CompactForm")] pub InsuranceType,
    pub u32,
    pub u64,
);

/// An earlier payment, which excludes another one (R15).
#[serde_as]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PaidBefore {
    /// A payment by a branch, before Peyvand: its day and the source of the information.
    Branch {
        #[serde_as(as = "CompactForm")]
        paid_on: SolarDate,
        source: String,
    },
    /// A payment document of Peyvand for another claim of the person.
    Document { document_id: String },
}

/// The payment of this claim and its state.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFacts {
    /// Frozen when the first document is issued.
    pub amount_rial: u64,
    pub document_id: String,
    /// Set if the latest answer of finance about the latest document is a return that permits another attempt.
    pub returned: Option<ReturnFacts>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnFacts {
    pub code: String,
    /// The account that the returned document named.
    pub sheba: String,
}

/// Facts in the stored form, with their digest.
pub struct EncodedFacts {
    pub bytes: Vec<u8>,
    pub digest: [u8; 32],
}

impl Facts {
    /// The facts of a claim that no input states any more.
    pub fn withdrawn(key: &ClaimKey) -> Self {
        Self {
            benefit: key.benefit,
            deed_date: key.deed_date,
            spouse_has_code: key.counterpart.spouse().is_some(),
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
            findings: Vec::new(),
        }
    }

    /// Encodes the facts. The encoding is canonical, because `assemble` sorts every list and every field is always written.
    pub fn encode(&self) -> EncodedFacts {
        let mut bytes = Vec::with_capacity(1024);
        bytes.push(if self.findings.is_empty() { FORM_WITHOUT_FINDINGS } else { FORM });
        // Serialising numbers and codes to memory cannot fail.
        let mut bytes = postcard::to_extend(self, bytes).unwrap_or_default();
        if self.findings.is_empty() {
            // The first form ends before the list.
            bytes.pop();
        }
        EncodedFacts { digest: digest(&bytes), bytes }
    }

    /// Decodes stored facts. `None` if the bytes are not in any form that was ever written.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&FORM_WITHOUT_FINDINGS, packed) => postcard::from_bytes(&[packed, &[NO_FINDINGS]].concat()).ok(),
            // Facts without findings have only the first form.
            (&FORM, packed) => {
                postcard::from_bytes(packed).ok().filter(|facts: &Self| !facts.findings.is_empty())
            }
            _ => None,
        }
    }

    /// The employments as input of the assessment of Article 85.
    pub fn art85_employments(&self) -> Vec<art85::EmploymentPeriod> {
        let mut periods = Vec::with_capacity(self.employments.len());
        for &EmploymentLine(insurance_type, started_on, ended_on) in &self.employments {
            periods.push(art85::EmploymentPeriod { insurance_type, started_on, ended_on });
        }
        periods
    }

    /// The wage lists as input of the assessment of Article 85.
    pub fn art85_wages(&self) -> Vec<art85::MonthlyWage> {
        let mut wages = Vec::with_capacity(self.wages.len());
        for &WageLine(month, insurance_type, days, rials) in &self.wages {
            let insurable = Rial::new(rials).unwrap_or(Rial::MAX);
            wages.push(art85::MonthlyWage { month, insurance_type, days, insurable });
        }
        wages
    }
}

/// The SHA-256 digest of `bytes`.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
