//! `insured.records.v1`: the insured records of a person: profile, employments, wage lists, earlier payments.

use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::fault::Fault;
use super::form::{
    BranchCode, Count, FreeText, Object, PersonName, ProvinceCode, Rials, Strict, Text, WorkshopCode, reason,
};
use super::masked_debug;
use crate::claim::codes::Ownership;
use crate::ident::{InsuranceNumber, NationalCode};
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// Maximum number of rows in one `insured.wages.posted`.
pub const MAX_WAGE_ROWS: usize = 200;

/// `insured.person.changed`: replaces the earlier profile of the person.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonChanged {
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub insurance_number: InsuranceNumber,
    #[serde_as(as = "Text<PersonName>")]
    pub given_name: String,
    #[serde_as(as = "Text<PersonName>")]
    pub family_name: String,
    #[serde_as(as = "Strict")]
    pub birth_date: SolarDate,
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub deceased_on: Option<SolarDate>,
    /// The branch that last received the person's premium: the cost centre.
    #[serde_as(as = "Text<BranchCode>")]
    pub branch_code: String,
    #[serde_as(as = "Text<ProvinceCode>")]
    pub province_code: String,
    /// As recorded. A malformed value counts as none and does not make the event unreadable.
    #[serde_as(as = "Option<Text<FreeText>>")]
    #[serde(default)]
    pub sheba: Option<String>,
    /// None means `unknown`.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub sheba_owner: Option<Ownership>,
    /// As recorded. A malformed value counts as none and does not make the event unreadable.
    #[serde_as(as = "Option<Text<FreeText>>")]
    #[serde(default)]
    pub mobile: Option<String>,
    /// None means `unknown`.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub mobile_owner: Option<Ownership>,
}

masked_debug!(PersonChanged);

/// `insured.employment.changed`: replaces an earlier employment with the same person, workshop, type and first day.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EmploymentChanged {
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Text<WorkshopCode>")]
    pub workshop_code: String,
    #[serde_as(as = "Strict")]
    pub insurance_type: InsuranceType,
    #[serde_as(as = "Strict")]
    pub started_on: SolarDate,
    /// The last day of employment; none if it continues.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub ended_on: Option<SolarDate>,
    /// True if the employment was recorded in error: the row of this key is gone. None means false.
    #[serde(default)]
    pub taken_back: Option<bool>,
}

impl EmploymentChanged {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        match self.ended_on {
            Some(end) if end < self.started_on => Err(Fault::field("ended_on", reason::ENDED_BEFORE_START)),
            _ => Ok(()),
        }
    }
}

/// `insured.wages.posted`: 1 to 200 wage rows of one person.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WagesPosted {
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Vec<Object>")]
    pub rows: Vec<WageEventRow>,
}

/// One line of a wage list. It replaces an earlier line with the same month, workshop and type. A line with 0 days and
/// 0 rials revokes the earlier one.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WageEventRow {
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    #[serde_as(as = "Text<WorkshopCode>")]
    pub workshop_code: String,
    #[serde_as(as = "Strict")]
    pub insurance_type: InsuranceType,
    /// As listed. More days than the month has are valid, and are capped when they are counted (R8).
    #[serde_as(as = "Count")]
    pub days: u32,
    /// Pay on which premium is due, whether or not the premium was paid (R13).
    #[serde_as(as = "Rials")]
    pub insurable_rial: Rial,
}

impl WagesPosted {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        if (1..=MAX_WAGE_ROWS).contains(&self.rows.len()) {
            Ok(())
        } else {
            Err(Fault::field("rows", reason::WRONG_LENGTH))
        }
    }
}

/// `insured.earlier-payment.recorded`: an allowance that a branch paid before Peyvand existed. It replaces an earlier one
/// with the same person, day and source.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EarlierPaymentRecorded {
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub paid_on: SolarDate,
    #[serde_as(as = "Rials")]
    pub amount_rial: Rial,
    #[serde_as(as = "Strict")]
    pub source: String,
    /// True if the payment was recorded in error: the row of this key is gone. None means false.
    #[serde(default)]
    pub taken_back: Option<bool>,
}
