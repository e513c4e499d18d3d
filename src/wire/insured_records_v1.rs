//! `insured.records.v1`: what the insured-persons system knows of a person: profile, employments, wage lists, earlier payments.

use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::fault::Fault;
use super::form::{FreeText, Object, Rials, Strict, reason};
use super::masked_debug;
use crate::claim::codes::Ownership;
use crate::ident::{InsuranceNumber, NationalCode};
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// Most rows that one `insured.wages.posted` carries.
pub const MAX_WAGE_ROWS: usize = 200;

/// `insured.person.changed`: replaces what was known of the person.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonChanged {
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub insurance_number: InsuranceNumber,
    #[serde_as(as = "Strict")]
    pub given_name: String,
    #[serde_as(as = "Strict")]
    pub family_name: String,
    #[serde_as(as = "Strict")]
    pub birth_date: SolarDate,
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub deceased_on: Option<SolarDate>,
    /// The branch that last received the person's premium: the cost centre.
    #[serde_as(as = "Strict")]
    pub branch_code: String,
    #[serde_as(as = "Strict")]
    pub province_code: String,
    /// As recorded: a malformed one counts as none and does not spoil the event.
    #[serde_as(as = "Option<FreeText>")]
    #[serde(default)]
    pub sheba: Option<String>,
    /// None says the same as `unknown`.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub sheba_owner: Option<Ownership>,
    /// As recorded: a malformed one counts as none and does not spoil the event.
    #[serde_as(as = "Option<FreeText>")]
    #[serde(default)]
    pub mobile: Option<String>,
    /// None says the same as `unknown`.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub mobile_owner: Option<Ownership>,
}

masked_debug!(PersonChanged);

/// `insured.employment.changed`: the same (person, workshop, type, first day) again replaces.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EmploymentChanged {
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub workshop_code: String,
    #[serde_as(as = "Strict")]
    pub insurance_type: InsuranceType,
    #[serde_as(as = "Strict")]
    pub started_on: SolarDate,
    /// The last employed day; none while still employed.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub ended_on: Option<SolarDate>,
}

impl EmploymentChanged {
    /// The rules that span fields.
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

/// One line of a wage list: the same (month, workshop, type) again replaces; 0 days and 0 rials take it back.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WageEventRow {
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    #[serde_as(as = "Strict")]
    pub workshop_code: String,
    #[serde_as(as = "Strict")]
    pub insurance_type: InsuranceType,
    /// As listed; more than the month has is good, and capped when counted (R8).
    pub days: u32,
    /// Pay on which premium is due, whether or not it was paid (R13).
    #[serde_as(as = "Rials")]
    pub insurable_rial: Rial,
}

impl WagesPosted {
    /// The rules that span fields.
    pub fn check(&self) -> Result<(), Fault> {
        if (1..=MAX_WAGE_ROWS).contains(&self.rows.len()) {
            Ok(())
        } else {
            Err(Fault::field("rows", reason::WRONG_LENGTH))
        }
    }
}

/// `insured.earlier-payment.recorded`: an allowance that a branch paid before Peyvand.
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
}
