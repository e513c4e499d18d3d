//! Rows and facts about fictitious people, in the form that planning reads.

use peyvand::claim::codes::{OfficeKind, Ownership, Permanence, Status};
use peyvand::claim::person::{Employment, PersonRecord, RegistryRow, SelfRegistration, Side, Wage};
use peyvand::ident::{NationalCode, Sheba};
use peyvand::law::{InsuranceType, Rial, SolarDate, SolarMonth};

pub fn date(text: &str) -> SolarDate {
    text.parse().unwrap()
}

fn month(text: &str) -> SolarMonth {
    text.parse().unwrap()
}

pub fn code(nine: u32) -> NationalCode {
    NationalCode::with_check_digit(nine).unwrap()
}

/// The person whose claims the tests examine.
pub fn me() -> NationalCode {
    code(439_801_308)
}

pub fn spouse() -> NationalCode {
    code(100_000_001)
}

pub fn another() -> NationalCode {
    code(200_000_002)
}

/// A valid Sheba, different for each number, of a bank that still exists.
pub fn sheba(number: u32) -> String {
    sheba_of("012", number)
}

pub fn sheba_of(bank: &str, number: u32) -> String {
    Sheba::with_check_digits(bank, &format!("{number:019}")).unwrap().to_string()
}

/// A registered, permanent first marriage of this person with `other`.
pub fn row(record_id: &str, deed_date: &str, other: impl Into<Option<NationalCode>>) -> RegistryRow {
    let side = |code, name: &str, born| Side {
        code,
        family_name: Some(name.to_owned()),
        birth_date: Some(date(born)),
        earlier_marriages: 0,
    };
    let wife = match other.into() {
        Some(code) => side(Some(code), "رضایی", "1377-02-01"),
        None => Side { code: None, family_name: None, birth_date: None, earlier_marriages: 0 },
    };
    RegistryRow {
        record_id: record_id.to_owned(),
        status: Status::Registered,
        deed_date: date(deed_date),
        registered_on: date(deed_date),
        office_kind: OfficeKind::MarriageOffice,
        permanence: Permanence::Permanent,
        husband: side(Some(me()), "کریمی", "1375-01-01"),
        wife,
    }
}

pub fn with_status(status: Status, row: RegistryRow) -> RegistryRow {
    RegistryRow { status, ..row }
}

pub fn registered_on(day: &str, row: RegistryRow) -> RegistryRow {
    RegistryRow { registered_on: date(day), ..row }
}

/// A self-registration by this person.
pub fn request(
    request_id: &str,
    submitted_at: i64,
    other: NationalCode,
    deed_date: &str,
) -> SelfRegistration {
    SelfRegistration {
        request_id: request_id.to_owned(),
        submitted_at,
        applicant: me(),
        spouse: other,
        deed_date: date(deed_date),
        first_marriage_undertaking: true,
    }
}

pub fn wage(month_text: &str, kind: InsuranceType, days: u32, rials: u64) -> Wage {
    let insurable = Rial::new(rials).unwrap();
    Wage {
        source_offset: 0,
        month: month(month_text),
        workshop_code: "W".into(),
        insurance_type: kind,
        days,
        insurable,
    }
}

pub fn job(kind: InsuranceType, from: &str, to: Option<&str>) -> Employment {
    let workshop_code = format!("{}{from}", kind.as_str()).into();
    Employment {
        source_offset: 0,
        workshop_code,
        insurance_type: kind,
        started_on: date(from),
        ended_on: to.map(date),
    }
}

/// The insured record of a person who meets every condition.
pub fn record() -> PersonRecord {
    PersonRecord {
        source_offset: 0,
        insurance_number: "0012345678".to_owned(),
        given_name: "علی".to_owned(),
        family_name: "کریمی".to_owned(),
        birth_date: date("1375-01-01"),
        deceased_on: None,
        branch_code: "0101".to_owned(),
        province_code: "10".to_owned(),
        sheba: Some(sheba(1)),
        sheba_owner: Ownership::Yes,
        mobile: Some("09121234567".to_owned()),
        mobile_owner: Ownership::Yes,
    }
}
