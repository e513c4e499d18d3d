//! Reads a row of the registry's file of marriages.

use super::RowFault;
use super::fields::Fields;
use crate::claim::codes::Permanence;
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::wire::form::{DeedNumber, OfficeCode, plausibility, reason};
use crate::wire::registry_marriages_v1::{MarriageRecorded, Spouse, office_is_needed};

pub(super) fn marriage(f: &mut Fields<'_>, today: SolarDate) -> Result<MarriageRecorded, RowFault> {
    let record_id = f.opaque_id("record_id")?;
    let record_version = f.version("record_version")?;
    let status = f.value("status")?;
    let deed_date: SolarDate = f.value("deed_date")?;
    // A deed date after the registration date is a fault of `deed_date`, the earlier column. An invalid registration
    // date is a fault of `registered_on`.
    let registered_on: Result<SolarDate, _> = f.value("registered_on");
    if registered_on.as_ref().is_ok_and(|day| deed_date > *day && *day <= today) {
        return Err(f.fault("deed_date", reason::DEED_AFTER_REGISTERED));
    }
    let registered_on = registered_on?;
    plausibility::registered_on(registered_on, today).map_err(|why| f.fault("registered_on", why))?;
    let office_kind = f.value("office_kind")?;
    let has_office = office_is_needed(office_kind);
    let office_code = f.text_if::<OfficeCode>(has_office, "office_code")?;
    let deed_number = f.text_if::<DeedNumber>(has_office, "deed_number")?;
    let permanence: Permanence = f.value("permanence")?;
    let husband =
        spouse(f, &HUSBAND, deed_date, |f, code| match (code, f.optional_code("wife_national_code")) {
            (None, Ok(None)) => Err(f.fault("husband_national_code", reason::NO_SPOUSE)),
            _ => Ok(()),
        })?;
    let wife = spouse(f, &WIFE, deed_date, |f, code| {
        if code.is_some() && code == husband.national_code {
            return Err(f.fault("wife_national_code", reason::SAME_SPOUSES));
        }
        Ok(())
    })?;
    Ok(MarriageRecorded {
        record_id,
        record_version,
        status,
        deed_date,
        registered_on,
        office_kind,
        office_code,
        deed_number,
        permanence,
        husband,
        wife,
    })
}

/// The columns of a spouse.
struct SpouseColumns {
    national_code: &'static str,
    given_name: &'static str,
    family_name: &'static str,
    birth_date: &'static str,
    earlier_marriages: &'static str,
}

const HUSBAND: SpouseColumns = SpouseColumns {
    national_code: "husband_national_code",
    given_name: "husband_given_name",
    family_name: "husband_family_name",
    birth_date: "husband_birth_date",
    earlier_marriages: "husband_earlier_marriages",
};
const WIFE: SpouseColumns = SpouseColumns {
    national_code: "wife_national_code",
    given_name: "wife_given_name",
    family_name: "wife_family_name",
    birth_date: "wife_birth_date",
    earlier_marriages: "wife_earlier_marriages",
};

fn spouse(
    f: &mut Fields<'_>,
    columns: &SpouseColumns,
    deed_date: SolarDate,
    check: impl FnOnce(&mut Fields<'_>, Option<NationalCode>) -> Result<(), RowFault>,
) -> Result<Spouse, RowFault> {
    let national_code = f.optional_code(columns.national_code)?;
    check(f, national_code)?;
    // Name and birth date may be missing only for a foreigner.
    let is_known = national_code.is_some();
    let given_name = f.name_if(is_known, columns.given_name)?;
    let family_name = f.name_if(is_known, columns.family_name)?;
    let birth_date: Option<SolarDate> = f.value_if(is_known, columns.birth_date)?;
    if let Some(birth_date) = birth_date {
        plausibility::birth(birth_date, deed_date).map_err(|why| f.fault(columns.birth_date, why))?;
    }
    let earlier_marriages = f.count(columns.earlier_marriages)?;
    Ok(Spouse { national_code, given_name, family_name, birth_date, earlier_marriages })
}
