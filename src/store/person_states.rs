//! Loads the state of a set of persons, for planning.

use std::collections::{HashMap, HashSet};

use super::{
    PgConnection, Result, cases, claims, decisions, endings, findings, marriages, objections, payments,
    self_registrations,
};
use crate::claim::person::Dossier;
use crate::claim::person_state::{PersonState, StoredPayment};
use crate::claim::registry_record::RegistryRecord;
use crate::ident::NationalCode;

/// Loads everything that planning reads about these persons except their dossiers, with one statement per table. The
/// states are in the order of the persons' codes. `fresh` are registry rows that this transaction is about to write:
/// they replace the stored rows of their records.
pub async fn load(
    tx: &mut PgConnection,
    persons: impl Iterator<Item = NationalCode>,
    fresh: &[RegistryRecord],
) -> Result<Vec<PersonState>> {
    let mut states: HashMap<NationalCode, PersonState> =
        persons.map(|code| (code, PersonState::new(code))).collect();
    let codes: Vec<_> = states.keys().copied().collect();
    let replaced: HashSet<&str> = fresh.iter().map(|row| row.record_id.as_str()).collect();
    let mut rows = marriages::of_persons(tx, &codes).await?;
    rows.retain(|row| !replaced.contains(row.record_id.as_str()));
    rows.extend(fresh.iter().map(RegistryRecord::row));
    for row in rows {
        for code in [row.husband.code, row.wife.code].into_iter().flatten() {
            if let Some(person) = states.get_mut(&code) {
                person.rows.push(row.clone());
            }
        }
    }
    for registration in self_registrations::of_persons(tx, &codes).await? {
        if let Some(person) = states.get_mut(&registration.applicant) {
            person.self_registrations.push(registration);
        }
    }
    for claim in claims::of_persons(tx, &codes).await? {
        if let Some(person) = states.get_mut(&claim.key.person) {
            person.claims.push(claim);
        }
    }
    load_casework(tx, &codes, &mut states).await?;
    load_payments(tx, &codes, &mut states).await?;
    let mut all: Vec<_> = states.into_values().collect();
    all.sort_by_key(|person| person.person);
    Ok(all)
}

/// Like [`load`], with the dossiers.
pub async fn load_with(
    tx: &mut PgConnection,
    mut dossiers: HashMap<NationalCode, Dossier>,
) -> Result<Vec<PersonState>> {
    let mut all = load(tx, dossiers.keys().copied(), &[]).await?;
    for state in &mut all {
        state.dossier = dossiers.remove(&state.person).unwrap_or_default();
    }
    Ok(all)
}

async fn load_casework(
    tx: &mut PgConnection,
    codes: &[NationalCode],
    states: &mut HashMap<NationalCode, PersonState>,
) -> Result<()> {
    for stored in findings::of_persons(tx, codes).await? {
        if let Some(person) = states.get_mut(&stored.person) {
            person.findings.push(stored.finding);
        }
    }
    for stored in objections::of_persons(tx, codes).await? {
        if let Some(person) = states.get_mut(&stored.person) {
            person.objections.push(stored.objection);
        }
    }
    for stored in endings::of_persons(tx, codes).await? {
        if let Some(person) = states.get_mut(&stored.person) {
            person.endings.push(stored.ending);
        }
    }
    Ok(())
}

/// Few of the persons that a batch touches have been paid: most often the first statement finds no row.
async fn load_payments(
    tx: &mut PgConnection,
    codes: &[NationalCode],
    states: &mut HashMap<NationalCode, PersonState>,
) -> Result<()> {
    let payments = payments::of_persons(tx, codes).await?;
    if payments.is_empty() {
        return Ok(());
    }
    let paid: Vec<_> = payments.iter().map(|payment| payment.person).collect();
    let ids: Vec<_> = payments.iter().map(|payment| payment.decision_id).collect();
    let decided = decisions::by_id(tx, &ids).await?;
    let mut facts: HashMap<_, _> = decided.into_iter().map(|d| (d.decision_id, d.facts)).collect();
    let mut documents = payments::documents_of(tx, &paid).await?;
    let mut cases = cases::by_claim(tx, &paid).await?;
    for payment in payments {
        let paid_facts =
            facts.remove(&payment.decision_id).ok_or(crate::store::Error::Unreadable("paid decision"))?;
        let stored = StoredPayment {
            benefit: payment.benefit,
            claim_id: payment.claim_id,
            amount: payment.amount,
            record_id: payment.record_id,
            paid_facts,
            documents: documents.remove(&payment.claim_id).unwrap_or_default(),
            cases: cases.remove(&payment.claim_id).unwrap_or_default(),
        };
        if let Some(person) = states.get_mut(&payment.person) {
            person.payments.push(stored);
        }
    }
    Ok(())
}
