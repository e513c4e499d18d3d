//! Which claims a person has, and the facts of each (R5, R18, R19).

use std::collections::BTreeMap;

use uuid::Uuid;

use super::codes::Status;
use super::contribution_lines::{employment_lines, wage_lines};
use super::facts::{Facts, InsuredFacts, PaidBefore, RegistryFacts, SelfRegistrationFacts};
use super::identity::{ClaimKey, Counterpart};
use super::person::{RegistryRow, SelfRegistration, Side};
use super::person_state::{PersonState, PlanningContext};
use crate::ident::text;
use crate::law::SolarDate;

/// A claim that an input holds, with its facts.
pub struct AssembledClaim {
    pub claim_id: Uuid,
    pub key: ClaimKey,
    pub record_id: Option<String>,
    pub request_id: Option<String>,
    pub facts: Facts,
}

/// Of several rows for one marriage, the one that speaks.
type AuthoritativeRows<'a> = BTreeMap<(SolarDate, Counterpart), &'a RegistryRow>;

/// Every claim that the inputs hold, in the order of deed dates.
pub fn assemble_claims(known: &PersonState, rules: &PlanningContext<'_>) -> Vec<AssembledClaim> {
    let speaking = authoritative_rows(known);
    let registrations = latest_registrations(&known.self_registrations);
    let insured = known.dossier.record.is_some();
    let mut held = Vec::new();
    for (marriage, row) in &speaking {
        // A registry row about somebody we do not insure makes no claim - unless that person registered it too.
        let registration = registration_of(&registrations, marriage);
        if insured || registration.is_some() {
            held.push(assemble(known, rules, &speaking, marriage, Some(row), registration));
        }
    }
    for registration in registrations.values() {
        let marriage = (registration.deed_date, Counterpart::Spouse(registration.spouse));
        if !speaking.contains_key(&marriage) {
            held.push(assemble(known, rules, &speaking, &marriage, None, Some(registration)));
        }
    }
    // What was paid stays a claim, whatever first day the setting names since.
    held.retain(|claim| {
        rules.deeds_from.is_none_or(|from| claim.key.deed_date >= from) || known.is_paid(claim.claim_id)
    });
    held.sort_by(|a, b| a.key.cmp(&b.key));
    held
}

/// Two records of one pair and date are one marriage reported twice: the later registration, then the greater record speaks.
fn authoritative_rows(known: &PersonState) -> AuthoritativeRows<'_> {
    let mut speaking = AuthoritativeRows::new();
    for row in &known.rows {
        let Some((_, other)) = row.sides(known.person) else {
            continue;
        };
        let counterpart = match other.code {
            Some(code) => Counterpart::Spouse(code),
            None => Counterpart::Unnamed { record_id: row.record_id.clone() },
        };
        let place = speaking.entry((row.deed_date, counterpart)).or_insert(row);
        if (row.registered_on, &row.record_id) > (place.registered_on, &place.record_id) {
            *place = row;
        }
    }
    speaking
}

/// Of several by one applicant with the same spouse the latest speaks; the others hold nothing.
fn latest_registrations(all: &[SelfRegistration]) -> BTreeMap<crate::ident::NationalCode, &SelfRegistration> {
    let mut speaking = BTreeMap::new();
    for registration in all {
        let place = speaking.entry(registration.spouse).or_insert(registration);
        if (registration.submitted_at, &registration.request_id) > (place.submitted_at, &place.request_id) {
            *place = registration;
        }
    }
    speaking
}

fn registration_of<'a>(
    registrations: &BTreeMap<crate::ident::NationalCode, &'a SelfRegistration>,
    (deed_date, counterpart): &(SolarDate, Counterpart),
) -> Option<&'a SelfRegistration> {
    let registration = registrations.get(&counterpart.spouse()?)?;
    (registration.deed_date == *deed_date).then_some(*registration)
}

fn assemble(
    known: &PersonState,
    rules: &PlanningContext<'_>,
    speaking: &AuthoritativeRows<'_>,
    (deed_date, counterpart): &(SolarDate, Counterpart),
    row: Option<&RegistryRow>,
    registration: Option<&SelfRegistration>,
) -> AssembledClaim {
    let key = ClaimKey { person: known.person, deed_date: *deed_date, counterpart: counterpart.clone() };
    let claim_id = rules.ids.claim(&key);
    let live: Vec<_> = speaking.iter().filter(|(_, row)| row.status != Status::Annulled).collect();
    // A date mismatch is told as such; the row of the same pair is then no earlier marriage of this one.
    let is_same_pair = |other: &Counterpart| row.is_none() && other == counterpart;
    let other_date =
        live.iter().filter(|((_, other), _)| is_same_pair(other)).map(|((date, _), _)| *date).min();
    let earlier = live.iter().find(|((date, other), _)| date < deed_date && !is_same_pair(other));
    let same_day = live.iter().filter(|((date, _), _)| date == deed_date).count();
    let own_row_is_live = row.is_some_and(|row| row.status != Status::Annulled);
    let facts = Facts {
        deed_date: *deed_date,
        spouse_has_code: counterpart.spouse().is_some(),
        withdrawn: false,
        registry: row.and_then(|row| Some(registry_facts(row, row.sides(known.person)?.0))),
        // Once the registry speaks, its row alone is read.
        self_registration: registration.filter(|_| row.is_none()).map(|registration| SelfRegistrationFacts {
            first_marriage_undertaking: registration.first_marriage_undertaking,
            registry_has_date: other_date,
        }),
        earlier_marriage_on: earlier.map(|((date, _), _)| *date),
        conflicting: own_row_is_live && same_day > 1,
        insured: known.dossier.record.as_ref().map(insured_facts),
        employments: employment_lines(&known.dossier, *deed_date, rules.tables),
        wages: wage_lines(&known.dossier, *deed_date, rules.tables),
        paid_before: paid_before(known, claim_id),
        payment: None,
    };
    AssembledClaim {
        claim_id,
        record_id: row.map(|row| row.record_id.clone()),
        request_id: registration.map(|registration| registration.request_id.clone()),
        key,
        facts,
    }
}

fn registry_facts(row: &RegistryRow, own: &Side) -> RegistryFacts {
    RegistryFacts {
        status: row.status,
        office_kind: row.office_kind,
        permanence: row.permanence,
        earlier_marriages: own.earlier_marriages,
        family_name: own.family_name.as_deref().map(text::comparable_name).unwrap_or_default(),
        birth_date: own.birth_date,
    }
}

fn insured_facts(record: &crate::claim::person::PersonRecord) -> InsuredFacts {
    InsuredFacts {
        family_name: text::comparable_name(&record.family_name),
        birth_date: record.birth_date,
        deceased_on: record.deceased_on,
        sheba: record.sheba.clone(),
        sheba_owner: record.sheba_owner,
        mobile: record.mobile.clone(),
        mobile_owner: record.mobile_owner,
    }
}

fn paid_before(known: &PersonState, claim_id: Uuid) -> Vec<PaidBefore> {
    let by_branch = known.dossier.earlier_payments.iter();
    let mut paid: Vec<_> = by_branch
        .map(|payment| PaidBefore::Branch { paid_on: payment.paid_on, source: payment.source.clone() })
        .collect();
    if let Some(payment) = known.payment.as_ref().filter(|payment| payment.claim_id != claim_id)
        && let Some(first) = payment.documents.first()
    {
        paid.push(PaidBefore::Document { document_id: first.document_id.clone() });
    }
    paid.sort();
    paid
}
