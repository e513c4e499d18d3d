//! The effect of a record on the stored facts: as in `app::ingest`, on a transaction's own copy of the rows.

use std::collections::BTreeSet;

use peyvand::app::ingest::{ConsumedRecord, RecordBatch};
use peyvand::claim::codes::{Ownership, PaymentOutcome};
use peyvand::claim::person::{Employment, PersonRecord, SelfRegistration, Wage};
use peyvand::claim::registry_record::RegistryRecord;
use peyvand::ident::NationalCode;
use peyvand::store::offsets::TopicPartition;
use peyvand::store::payments::FinanceAnswer;
use peyvand::wire::finance_payment_outcomes_v1::DocumentOutcome;
use peyvand::wire::insured_records_v1::PersonChanged;
use peyvand::wire::portal_self_registrations_v1::SelfRegistrationSubmitted;
use peyvand::wire::{Input, Outgoing};

use super::rows::{Rows, claim_keys, sides};

/// Every person in a batch, including persons that only the earlier version of a corrected row names.
pub fn named(rows: &Rows, batch: &RecordBatch) -> BTreeSet<NationalCode> {
    let mut named = BTreeSet::new();
    for event in batch.records.iter().filter_map(ConsumedRecord::event) {
        named.extend(event.input.record_of());
        match &event.input {
            Input::Marriage(row) => {
                named.extend(RegistryRecord::from(&**row).codes());
                named.extend(rows.marriages.get(&row.record_id).map(sides).unwrap_or_default());
            }
            Input::SelfRegistration(data) => drop(named.insert(data.applicant_national_code)),
            Input::Objection(objection) => drop(named.insert(objection.national_code())),
            Input::Casework(casework) => drop(named.insert(casework.national_code())),
            Input::Outcome(_, data) => named.extend(rows.documents.get(&data.document_id).map(|d| d.person)),
            _ => {}
        }
    }
    named
}

/// A transaction's copy of the rows, and the changes of this batch.
pub struct BatchState {
    pub rows: Rows,
    pub touched: BTreeSet<NationalCode>,
    pub answered: BTreeSet<String>,
    pub letters: Vec<((TopicPartition, i64), &'static str, Outgoing)>,
}

impl BatchState {
    pub fn new(rows: Rows) -> Self {
        let (touched, answered) = (BTreeSet::new(), BTreeSet::new());
        Self { rows, touched, answered, letters: Vec::new() }
    }

    pub fn apply(&mut self, taken: &ConsumedRecord) {
        let place = (taken.partition, taken.offset);
        let event = match &taken.content {
            Ok(event) => event,
            Err(letter) => return self.letters.push((place, letter.reason, letter.outgoing.clone())),
        };
        match &event.input {
            Input::Marriage(row) => self.marriage(&RegistryRecord::from(&**row)),
            Input::SelfRegistration(data) => self.request(data, taken.offset),
            Input::Person(data) => self.person(data, taken.offset),
            Input::Employment(data) => {
                let new = Employment {
                    source_offset: taken.offset,
                    workshop_code: data.workshop_code.as_str().into(),
                    insurance_type: data.insurance_type,
                    started_on: data.started_on,
                    ended_on: data.ended_on,
                };
                let key = |e: &Employment| (e.workshop_code.clone(), e.insurance_type, e.started_on);
                let dossier = self.rows.persons.get_mut(&data.national_code).unwrap();
                if put(&mut dossier.employments, new, key, |e| &mut e.source_offset) {
                    self.touched.insert(data.national_code);
                }
            }
            Input::Wages(data) => {
                let dossier = self.rows.persons.get_mut(&data.national_code).unwrap();
                for row in &data.rows {
                    let new = Wage {
                        source_offset: taken.offset,
                        month: row.month,
                        workshop_code: row.workshop_code.as_str().into(),
                        insurance_type: row.insurance_type,
                        days: row.days,
                        insurable: row.insurable_rial,
                    };
                    let key = |wage: &Wage| (wage.month, wage.workshop_code.clone(), wage.insurance_type);
                    if put(&mut dossier.wages, new, key, |wage| &mut wage.source_offset) {
                        self.touched.insert(data.national_code);
                    }
                }
            }
            Input::Outcome(outcome, data) => {
                if !self.outcome(*outcome, data, taken.offset) {
                    let letter = taken.if_unknown_document.as_deref().unwrap().clone();
                    self.letters.push((place, peyvand::wire::fault::code::UNKNOWN_DOCUMENT, letter));
                }
            }
            Input::Objection(objection) => self.objection(objection),
            Input::Casework(casework) => self.casework(casework),
            other => panic!("the simulated population does not send {:?}", other.kind()),
        }
    }

    fn marriage(&mut self, row: &RegistryRecord) {
        let old = self.rows.marriages.get(&row.record_id);
        if old.is_some_and(|old| row.record_version <= old.record_version) {
            return;
        }
        let (old_keys, new_keys) = (old.map(claim_keys).unwrap_or_default(), claim_keys(row));
        for key in old_keys.into_iter().filter(|key| !new_keys.contains(key)) {
            self.touched.insert(key.person);
        }
        self.touched.extend(new_keys.iter().map(|key| key.person));
        self.rows.marriages.insert(row.record_id.clone(), row.clone());
    }

    fn request(&mut self, data: &SelfRegistrationSubmitted, offset: i64) {
        let request = SelfRegistration {
            request_id: data.request_id.clone(),
            submitted_at: data.submitted_at.as_microsecond(),
            applicant: data.applicant_national_code,
            spouse: data.spouse_national_code,
            deed_date: data.deed_date,
            first_marriage_undertaking: data.first_marriage_undertaking,
        };
        let (applicant, key) = (request.applicant, (request.applicant, data.request_id.clone()));
        let old = self.rows.requests.insert(key, (request.clone(), offset));
        if old.is_none_or(|(old, _)| old != request) {
            self.touched.insert(applicant);
        }
    }

    fn person(&mut self, data: &PersonChanged, offset: i64) {
        let mut new = PersonRecord {
            source_offset: offset,
            insurance_number: data.insurance_number.to_string(),
            given_name: data.given_name.clone(),
            family_name: data.family_name.clone(),
            birth_date: data.birth_date,
            deceased_on: data.deceased_on,
            branch_code: data.branch_code.clone(),
            province_code: data.province_code.clone(),
            sheba: data.sheba.clone(),
            sheba_owner: data.sheba_owner.unwrap_or(Ownership::Unknown),
            mobile: data.mobile.clone(),
            mobile_owner: data.mobile_owner.unwrap_or(Ownership::Unknown),
        };
        let dossier = self.rows.persons.get_mut(&data.national_code).unwrap();
        let old = dossier.record.replace(new.clone());
        if old.is_none_or(|old| {
            new.source_offset = old.source_offset;
            old != new
        }) {
            self.touched.insert(data.national_code);
        }
    }

    /// Returns false if no such document was issued.
    fn outcome(&mut self, outcome: PaymentOutcome, data: &DocumentOutcome, offset: i64) -> bool {
        let Some(document) = self.rows.documents.get(&data.document_id) else { return false };
        let person = document.person;
        let (document_id, at, code) = (data.document_id.clone(), data.at, data.code.clone());
        let old = self.rows.answers.get(&(document_id.clone(), at.as_microsecond(), outcome.as_str()));
        if old.is_none_or(|old| old.code != code) {
            self.answered.insert(document_id.clone());
        }
        self.rows.answer(FinanceAnswer {
            document_id,
            answered_at: at,
            outcome,
            code,
            source_offset: offset,
        });
        self.touched.insert(person);
        true
    }
}

/// Inserts or replaces a fact by its key. Returns true if its content is new.
fn put<T: PartialEq, K: Ord>(
    list: &mut Vec<T>,
    mut new: T,
    key: impl Fn(&T) -> K,
    at: impl Fn(&mut T) -> &mut i64,
) -> bool {
    let wanted = key(&new);
    match list.binary_search_by(|old| key(old).cmp(&wanted)) {
        Err(place) => {
            list.insert(place, new);
            true
        }
        Ok(place) => {
            *at(&mut list[place]) = *at(&mut new);
            let is_new = list[place] != new;
            list[place] = new;
            is_new
        }
    }
}
