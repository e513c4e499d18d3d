//! `portal.self-registrations.v1`: an insured person reports his or her marriage on the portal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::fault::Fault;
use super::form::{OpaqueId, Strict, Text, reason};
use crate::ident::NationalCode;
use crate::law::SolarDate;

/// `portal.self-registration.submitted` (R18).
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SelfRegistrationSubmitted {
    #[serde_as(as = "Text<OpaqueId>")]
    pub request_id: String,
    #[serde_as(as = "Strict")]
    pub submitted_at: Timestamp,
    #[serde_as(as = "Strict")]
    pub applicant_national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub spouse_national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub deed_date: SolarDate,
    /// The applicant's own statement that it is the first marriage.
    pub first_marriage_undertaking: bool,
}

impl SelfRegistrationSubmitted {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        if self.applicant_national_code == self.spouse_national_code {
            return Err(Fault::field("spouse_national_code", reason::SAME_SPOUSES));
        }
        Ok(())
    }
}
