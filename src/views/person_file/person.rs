//! The dossier as `explain` shows it: plain texts and numbers, for people and as JSON alike. It names everything of the
//! person, for the branch officer who gave the national code.

use serde::Serialize;

use super::claim::Claim;
use crate::cli::paper::Moment;

/// Everything known of one person.
#[derive(Clone, Serialize)]
pub struct Dossier {
    pub national_code: String,
    /// The business date of this look.
    pub as_of: String,
    /// By deed date.
    pub claims: Vec<Claim>,
    /// Why there is no claim; none where there is one.
    pub no_claim: Option<&'static str>,
    pub person: Option<Person>,
    pub employments: Vec<Employment>,
    pub wages: Vec<WageYear>,
    pub earlier_payments: Vec<EarlierPayment>,
    pub registry_rows: Vec<RegistryRow>,
    pub self_registrations: Vec<SelfRegistration>,
}

impl Dossier {
    /// Has no input ever said anything of this person?
    pub fn is_empty(&self) -> bool {
        let no_record = self.person.is_none() && self.employments.is_empty() && self.wages.is_empty();
        let no_marriage = self.registry_rows.is_empty() && self.self_registrations.is_empty();
        no_record && no_marriage && self.earlier_payments.is_empty() && self.claims.is_empty()
    }
}

#[derive(Clone, Serialize)]
pub struct Person {
    pub insurance_number: String,
    pub full_name: String,
    pub birth_date: String,
    pub deceased_on: Option<String>,
    pub branch_code: String,
    pub province_code: String,
    /// As it came; whether it is valid is said by the grounds.
    pub sheba: Option<String>,
    pub sheba_owner: &'static str,
    pub mobile: Option<String>,
    pub mobile_owner: &'static str,
}

#[derive(Clone, Serialize)]
pub struct Employment {
    pub workshop_code: String,
    pub insurance_type: &'static str,
    pub started_on: String,
    /// None while it goes on.
    pub ended_on: Option<String>,
}

/// A Solar year of wage lists; rows that were taken back are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WageYear {
    pub year: i16,
    /// Months with any row.
    pub months: u32,
    /// As listed, of all types and workshops.
    pub days: u64,
    pub insurable_rial: u64,
    pub insurance_types: Vec<&'static str>,
}

#[derive(Clone, Serialize)]
pub struct EarlierPayment {
    pub paid_on: String,
    pub amount_rial: u64,
    pub source: String,
}

/// The latest version of a row of the registry's file that names the person.
#[derive(Clone, Serialize)]
pub struct RegistryRow {
    pub record_id: String,
    pub record_version: u32,
    pub status: &'static str,
    pub deed_date: String,
    pub registered_on: String,
    pub office_kind: &'static str,
    pub office_code: Option<String>,
    pub deed_number: Option<String>,
    pub permanence: &'static str,
    /// `husband` or `wife`.
    pub person_is: &'static str,
    pub family_name: Option<String>,
    pub birth_date: Option<String>,
    pub earlier_marriages: u32,
    pub spouse_national_code: Option<String>,
    pub spouse_name: Option<String>,
}

#[derive(Clone, Serialize)]
pub struct SelfRegistration {
    pub request_id: String,
    pub submitted_at: Moment,
    pub deed_date: String,
    pub spouse_national_code: String,
    pub first_marriage_undertaking: bool,
}
