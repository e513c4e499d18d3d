//! Reads a row of the registry's file of marriages.

use super::RowFault;
use super::fields::Fields;
use crate::claim::codes::{OfficeKind, Permanence};
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::wire::form::{DeedNumber, OfficeCode, OpaqueId, PersonName, TextForm, reason};
use crate::wire::registry_marriages_v1::{MarriageRecorded, Spouse, office_is_needed};

pub(super) fn marriage(f: &mut Fields<'_>) -> Result<MarriageRecorded, RowFault> {
    let record_id = f.text::<OpaqueId>("record_id")?;
    let record_version = f.version("record_version")?;
    let status = f.value("status")?;
    let deed_date: SolarDate = f.value("deed_date")?;
    // A deed date after the registration date is a fault of `deed_date`, the earlier column. An invalid registration
    // date is a fault of `registered_on`.
    if f.value::<SolarDate>("registered_on").is_ok_and(|registered_on| deed_date > registered_on) {
        return Err(f.fault("deed_date", reason::DEED_AFTER_REGISTERED));
    }
    let registered_on = f.value("registered_on")?;
    let office_kind = f.value("office_kind")?;
    let office_code = office::<OfficeCode>(f, office_kind, "office_code")?;
    let deed_number = office::<DeedNumber>(f, office_kind, "deed_number")?;
    let permanence: Permanence = f.value("permanence")?;
    let husband = spouse(f, HUSBAND, |f, code| match (code, f.optional_code("wife_national_code")) {
        (None, Ok(None)) => Err(f.fault("husband_national_code", reason::NO_SPOUSE)),
        _ => Ok(()),
    })?;
    let wife = spouse(f, WIFE, |f, code| {
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

fn office<F: TextForm>(
    f: &mut Fields<'_>,
    kind: OfficeKind,
    column: &'static str,
) -> Result<Option<String>, RowFault> {
    if office_is_needed(kind) { f.text::<F>(column).map(Some) } else { f.optional_text::<F>(column) }
}

/// The five columns of a spouse: code, given name, family name, birth date, earlier marriages.
type SpouseColumns = [&'static str; 5];

const HUSBAND: SpouseColumns = [
    "husband_national_code",
    "husband_given_name",
    "husband_family_name",
    "husband_birth_date",
    "husband_earlier_marriages",
];
const WIFE: SpouseColumns = [
    "wife_national_code",
    "wife_given_name",
    "wife_family_name",
    "wife_birth_date",
    "wife_earlier_marriages",
];

fn spouse(
    f: &mut Fields<'_>,
    [code, given, family, birth, earlier]: SpouseColumns,
    check: impl FnOnce(&mut Fields<'_>, Option<NationalCode>) -> Result<(), RowFault>,
) -> Result<Spouse, RowFault> {
    let national_code = f.optional_code(code)?;
    check(f, national_code)?;
    // Name and birth date may be missing only for a foreigner.
    let known = national_code.is_some();
    let name = |f: &mut Fields<'_>, column| {
        if known { f.text::<PersonName>(column).map(Some) } else { f.optional_text::<PersonName>(column) }
    };
    Ok(Spouse {
        national_code,
        given_name: name(f, given)?,
        family_name: name(f, family)?,
        birth_date: if known { Some(f.value(birth)?) } else { f.optional(birth)? },
        earlier_marriages: f.count(earlier)?,
    })
}
