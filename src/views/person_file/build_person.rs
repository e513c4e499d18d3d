//! Builds the view of a person from the stored facts.

use std::collections::BTreeMap;

use super::build_claim;
use super::load::LoadedPerson;
use super::person::{
    EarlierPaymentView, EmploymentView, PersonFile, PersonView, RegistryRowView, SelfRegistrationView,
    WageYear,
};
use crate::claim::person::{PersonRecord, Wage};
use crate::claim::registry_record::{RecordedSpouse, RegistryRecord};
use crate::clock::Clock;
use crate::ident::{NationalCode, text};
use crate::law::SolarDate;
use crate::views::format::TehranTime;

pub fn person_file(loaded: &LoadedPerson, clock: &Clock, deeds_from: Option<SolarDate>) -> PersonFile {
    let known = &loaded.known;
    let facts = &known.dossier;
    PersonFile {
        national_code: known.person.to_string(),
        as_of: clock.today().to_string(),
        claims: loaded.claims.iter().map(|claim| build_claim::claim(claim, &loaded.next, clock)).collect(),
        no_claim: loaded.claims.is_empty().then(|| no_claim(loaded, deeds_from)),
        person: facts.record.as_ref().map(person),
        employments: facts
            .employments
            .iter()
            .map(|e| EmploymentView {
                workshop_code: e.workshop_code.to_string(),
                insurance_type: e.insurance_type.as_str(),
                started_on: e.started_on.to_string(),
                ended_on: e.ended_on.map(|day| day.to_string()),
            })
            .collect(),
        wages: wage_years(&facts.wages),
        earlier_payments: facts
            .earlier_payments
            .iter()
            .map(|p| EarlierPaymentView {
                paid_on: p.paid_on.to_string(),
                amount_rial: p.amount.get(),
                source: p.source.clone(),
            })
            .collect(),
        registry_rows: loaded.rows.iter().map(|row| registry_row(row, known.person)).collect(),
        self_registrations: self_registrations(loaded, clock),
        objections: loaded.casework.objections.clone(),
        findings: loaded.casework.findings.clone(),
    }
}

fn no_claim(loaded: &LoadedPerson, deeds_from: Option<SolarDate>) -> &'static str {
    let known = &loaded.known;
    if known.rows.is_empty() && known.self_registrations.is_empty() {
        "No marriage of this person is known."
    } else if known.dossier.record.is_none() {
        "The registry names this person, but there is no insured record: the claim is created when the record arrives."
    } else if deeds_from.is_some() {
        "Every known marriage is before the date of the setting deeds_from: none makes a claim."
    } else {
        "The marriage is known, but not decided yet."
    }
}

fn person(record: &PersonRecord) -> PersonView {
    PersonView {
        insurance_number: record.insurance_number.clone(),
        full_name: record.full_name(),
        birth_date: record.birth_date.to_string(),
        deceased_on: record.deceased_on.map(|day| day.to_string()),
        branch_code: record.branch_code.clone(),
        province_code: record.province_code.clone(),
        sheba: record.sheba.clone(),
        sheba_owner: record.sheba_owner.as_str(),
        mobile: record.mobile.clone(),
        mobile_owner: record.mobile_owner.as_str(),
    }
}

/// Totals by year. `wages` are ordered by month.
fn wage_years(wages: &[Wage]) -> Vec<WageYear> {
    let mut years: BTreeMap<i16, WageYear> = BTreeMap::new();
    let mut last_month = None;
    for wage in wages.iter().filter(|wage| wage.days > 0 || wage.insurable.get() > 0) {
        let year = years.entry(wage.month.year()).or_insert_with(|| WageYear {
            year: wage.month.year(),
            months: 0,
            days: 0,
            insurable_rial: 0,
            insurance_types: Vec::new(),
        });
        if last_month.replace(wage.month) != Some(wage.month) {
            year.months += 1;
        }
        year.days = year.days.saturating_add(u64::from(wage.days));
        year.insurable_rial = year.insurable_rial.saturating_add(wage.insurable.get());
        let insurance_type = wage.insurance_type.as_str();
        if !year.insurance_types.contains(&insurance_type) {
            year.insurance_types.push(insurance_type);
        }
    }
    years.into_values().collect()
}

fn registry_row(row: &RegistryRecord, person: NationalCode) -> RegistryRowView {
    let is_husband = row.husband.national_code == Some(person);
    let (own, other, person_is) =
        if is_husband { (&row.husband, &row.wife, "husband") } else { (&row.wife, &row.husband, "wife") };
    RegistryRowView {
        record_id: row.record_id.clone(),
        record_version: row.record_version,
        status: row.status.as_str(),
        deed_date: row.deed_date.to_string(),
        registered_on: row.registered_on.to_string(),
        office_kind: row.office_kind.as_str(),
        office_code: row.office_code.clone(),
        deed_number: row.deed_number.clone(),
        permanence: row.permanence.as_str(),
        person_is,
        family_name: own.family_name.clone(),
        birth_date: own.birth_date.map(|day| day.to_string()),
        earlier_marriages: own.earlier_marriages,
        spouse_national_code: other.national_code.map(|code| code.to_string()),
        spouse_name: full_name(other),
    }
}

fn full_name(spouse: &RecordedSpouse) -> Option<String> {
    let parts: Vec<_> =
        [&spouse.given_name, &spouse.family_name].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| text::normalise(&parts.join(" ")))
}

fn self_registrations(loaded: &LoadedPerson, clock: &Clock) -> Vec<SelfRegistrationView> {
    let mut all: Vec<_> = loaded.known.self_registrations.iter().collect();
    all.sort_by_key(|own| (own.submitted_at, own.request_id.clone()));
    all.into_iter().map(|own| self_registration(own, clock)).collect()
}

fn self_registration(own: &crate::claim::person::SelfRegistration, clock: &Clock) -> SelfRegistrationView {
    // Peyvand stored this value from a valid instant, so the fallback is never used.
    let submitted_at = jiff::Timestamp::from_microsecond(own.submitted_at).unwrap_or_default();
    SelfRegistrationView {
        request_id: own.request_id.clone(),
        submitted_at: TehranTime::of(clock, submitted_at),
        deed_date: own.deed_date.to_string(),
        spouse_national_code: own.spouse.to_string(),
        first_marriage_undertaking: own.first_marriage_undertaking,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::{InsuranceType, Rial};

    fn wage(month: &str, insurance_type: InsuranceType, days: u32, rial: u64) -> Wage {
        Wage {
            source_offset: 0,
            month: month.parse().unwrap(),
            workshop_code: "w".into(),
            insurance_type,
            days,
            insurable: Rial::new(rial).unwrap(),
        }
    }

    #[test]
    fn a_year_counts_each_month_once_and_omits_revoked_rows() {
        let compulsory = InsuranceType::Compulsory;
        let wages = [
            wage("1403-12", compulsory, 0, 0),
            wage("1404-01", compulsory, 20, 500),
            wage("1404-01", InsuranceType::SickPay, 11, 0),
            wage("1404-02", compulsory, 31, 700),
        ];
        let expected = WageYear {
            year: 1404,
            months: 2,
            days: 62,
            insurable_rial: 1_200,
            insurance_types: vec!["compulsory", "sick_pay"],
        };
        assert_eq!(wage_years(&wages), [expected]);
    }
}
