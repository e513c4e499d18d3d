//! `registry.marriages.v1`: rows of the registry's monthly, cumulative file.

use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::fault::Fault;
use super::form::{
    Count, DeedNumber, Object, OfficeCode, OpaqueId, PersonName, Strict, Text, Version, plausibility, reason,
};
use super::masked_debug;
use crate::claim::codes::{OfficeKind, Permanence, Status};
use crate::claim::registry_record::{RecordedSpouse, RegistryRecord};
use crate::ident::NationalCode;
use crate::law::SolarDate;

/// `registry.marriage.recorded`: a marriage, or a correction of it with a higher `record_version`.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MarriageRecorded {
    #[serde_as(as = "Text<OpaqueId>")]
    pub record_id: String,
    #[serde_as(as = "Version")]
    pub record_version: u64,
    #[serde_as(as = "Strict")]
    pub status: Status,
    /// تاریخ عقد, which determines every window and table (R2).
    #[serde_as(as = "Strict")]
    pub deed_date: SolarDate,
    #[serde_as(as = "Strict")]
    pub registered_on: SolarDate,
    #[serde_as(as = "Strict")]
    pub office_kind: OfficeKind,
    /// None only if the office is `acknowledgement` or `none`. The same applies to `deed_number`.
    #[serde_as(as = "Option<Text<OfficeCode>>")]
    #[serde(default)]
    pub office_code: Option<String>,
    #[serde_as(as = "Option<Text<DeedNumber>>")]
    #[serde(default)]
    pub deed_number: Option<String>,
    #[serde_as(as = "Strict")]
    pub permanence: Permanence,
    #[serde_as(as = "Object")]
    pub husband: Spouse,
    #[serde_as(as = "Object")]
    pub wife: Spouse,
}

/// One of the two spouses. A foreigner has no national code, and may have no names and no birth date.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spouse {
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub national_code: Option<NationalCode>,
    #[serde_as(as = "Option<Text<PersonName>>")]
    #[serde(default)]
    pub given_name: Option<String>,
    #[serde_as(as = "Option<Text<PersonName>>")]
    #[serde(default)]
    pub family_name: Option<String>,
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub birth_date: Option<SolarDate>,
    /// Number of earlier marriages of this person, including ended ones (R5).
    #[serde_as(as = "Count")]
    pub earlier_marriages: u32,
}

masked_debug!(Spouse);

impl MarriageRecorded {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        if self.deed_date > self.registered_on {
            return Err(Fault::field("deed_date", reason::DEED_AFTER_REGISTERED));
        }
        if office_is_needed(self.office_kind) {
            present(&self.office_code, "office_code")?;
            present(&self.deed_number, "deed_number")?;
        }
        self.husband.check("husband")?;
        self.wife.check("wife")?;
        match (self.husband.national_code, self.wife.national_code) {
            (None, None) => Err(Fault::field("husband.national_code", reason::NO_SPOUSE)),
            (husband, wife) if husband == wife => {
                Err(Fault::field("wife.national_code", reason::SAME_SPOUSES))
            }
            _ => Ok(()),
        }
    }

    /// Checks the dates against the day of the event's `ce_time` in Tehran, and each birth against the deed.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that cannot be right.
    pub fn check_plausibility(&self, today: SolarDate) -> Result<(), Fault> {
        plausibility::registered_on(self.registered_on, today)
            .map_err(|why| Fault::field("registered_on", why))?;
        for (spouse, field) in [(&self.husband, "husband.birth_date"), (&self.wife, "wife.birth_date")] {
            if let Some(birth_date) = spouse.birth_date {
                plausibility::birth(birth_date, self.deed_date).map_err(|why| Fault::field(field, why))?;
            }
        }
        Ok(())
    }
}

/// Whether office code and deed number are required. An official office numbers its deeds; an acknowledgement (Civil
/// Registration Law, Art. 32) may have neither.
pub(crate) fn office_is_needed(kind: OfficeKind) -> bool {
    matches!(kind, OfficeKind::MarriageOffice | OfficeKind::Consulate)
}

impl Spouse {
    fn check(&self, who: &str) -> Result<(), Fault> {
        if self.national_code.is_some() {
            present(&self.given_name, &format!("{who}.given_name"))?;
            present(&self.family_name, &format!("{who}.family_name"))?;
            present(&self.birth_date, &format!("{who}.birth_date"))?;
        }
        Ok(())
    }
}

fn present<T>(value: &Option<T>, field: &str) -> Result<(), Fault> {
    if value.is_some() { Ok(()) } else { Err(Fault::field(field, reason::MISSING)) }
}

impl From<&MarriageRecorded> for RegistryRecord {
    fn from(row: &MarriageRecorded) -> Self {
        Self {
            record_id: row.record_id.clone(),
            record_version: row.record_version,
            status: row.status,
            deed_date: row.deed_date,
            registered_on: row.registered_on,
            office_kind: row.office_kind,
            office_code: row.office_code.clone(),
            deed_number: row.deed_number.clone(),
            permanence: row.permanence,
            husband: RecordedSpouse::from(&row.husband),
            wife: RecordedSpouse::from(&row.wife),
        }
    }
}

impl From<&Spouse> for RecordedSpouse {
    fn from(spouse: &Spouse) -> Self {
        Self {
            national_code: spouse.national_code,
            given_name: spouse.given_name.clone(),
            family_name: spouse.family_name.clone(),
            birth_date: spouse.birth_date,
            earlier_marriages: spouse.earlier_marriages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The database has stored rows in the form of the event since the first version.
    #[test]
    fn a_record_is_stored_in_the_form_of_its_event() {
        let complete = r#"{"record_id":"1","record_version":2,"status":"divorced","deed_date":"1404-08-03","registered_on":"1404-08-09","office_kind":"marriage_office","office_code":"1001","deed_number":"77","permanence":"permanent","husband":{"national_code":"0499370899","given_name":"علی","family_name":"رضایی","birth_date":"1370-01-31","earlier_marriages":1},"wife":{"national_code":null,"given_name":null,"family_name":null,"birth_date":null,"earlier_marriages":0}}"#;
        let acknowledged = complete
            .replace("marriage_office", "acknowledgement")
            .replace("\"1001\"", "null")
            .replace("\"77\"", "null");
        for json in [complete, acknowledged.as_str()] {
            let event: MarriageRecorded = serde_json::from_str(json).unwrap();
            let record = RegistryRecord::from(&event);
            assert_eq!(serde_json::to_string(&event).unwrap(), json);
            assert_eq!(serde_json::to_string(&record).unwrap(), json);
            assert_eq!(serde_json::from_str::<RegistryRecord>(json).unwrap(), record);
        }
    }
}
