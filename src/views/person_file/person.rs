//! The view of a person file: plain text and numbers, for people and as JSON. It contains all data about the person,
//! for the branch officer who entered the national code.

use serde::Serialize;

use super::claim::ClaimView;
use crate::views::casework::{FindingView, ObjectionView};
use crate::views::format::TehranTime;

/// All data about one person.
#[derive(Clone, Serialize)]
pub struct PersonFile {
    pub national_code: String,
    /// The business date of the file.
    pub as_of: String,
    /// In order of deed date.
    pub claims: Vec<ClaimView>,
    /// Why there is no claim; none if there is one.
    pub no_claim: Option<&'static str>,
    pub person: Option<PersonView>,
    pub employments: Vec<EmploymentView>,
    pub wages: Vec<WageYear>,
    pub earlier_payments: Vec<EarlierPaymentView>,
    pub registry_rows: Vec<RegistryRowView>,
    pub self_registrations: Vec<SelfRegistrationView>,
    /// In the order of their ids.
    pub objections: Vec<ObjectionView>,
    pub findings: Vec<FindingView>,
}

impl PersonFile {
    /// Whether no input contains data about this person.
    pub fn is_empty(&self) -> bool {
        let no_record = self.person.is_none() && self.employments.is_empty() && self.wages.is_empty();
        let no_marriage = self.registry_rows.is_empty() && self.self_registrations.is_empty();
        let no_casework = self.objections.is_empty() && self.findings.is_empty();
        no_record && no_marriage && no_casework && self.earlier_payments.is_empty() && self.claims.is_empty()
    }
}

#[derive(Clone, Serialize)]
pub struct PersonView {
    pub insurance_number: String,
    pub full_name: String,
    pub birth_date: String,
    pub deceased_on: Option<String>,
    pub branch_code: String,
    pub province_code: String,
    /// As received. The reasons of a claim show whether it is valid.
    pub sheba: Option<String>,
    pub sheba_owner: &'static str,
    pub mobile: Option<String>,
    pub mobile_owner: &'static str,
}

#[derive(Clone, Serialize)]
pub struct EmploymentView {
    pub workshop_code: String,
    pub insurance_type: &'static str,
    pub started_on: String,
    /// None while the employment continues.
    pub ended_on: Option<String>,
}

/// A Solar year of wage lists, without revoked rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WageYear {
    pub year: i16,
    /// Number of months with at least one row.
    pub months: u32,
    /// As listed, for all insurance types and workshops.
    pub days: u64,
    pub insurable_rial: u64,
    pub insurance_types: Vec<&'static str>,
}

#[derive(Clone, Serialize)]
pub struct EarlierPaymentView {
    pub paid_on: String,
    pub amount_rial: u64,
    pub source: String,
}

/// The latest version of a registry row that names the person.
#[derive(Clone, Serialize)]
pub struct RegistryRowView {
    pub record_id: String,
    pub record_version: u64,
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
pub struct SelfRegistrationView {
    pub request_id: String,
    pub submitted_at: TehranTime,
    pub deed_date: String,
    pub spouse_national_code: String,
    pub first_marriage_undertaking: bool,
}
