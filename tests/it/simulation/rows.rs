//! Rows about persons, as in the tables of `migrations/0001_peyvand.sql`, in the types that planning reads.

use std::collections::{BTreeMap, BTreeSet};

use peyvand::claim::case::StoredCase;
use peyvand::claim::case_ending::CaseEnding;
use peyvand::claim::document::{DocumentAnswer, StoredDocument};
use peyvand::claim::facts::Facts;
use peyvand::claim::finding::Finding;
use peyvand::claim::objection::Objection;
use peyvand::claim::person::{Dossier, SelfRegistration};
use peyvand::claim::person_state::{PersonState, StoredClaim, StoredPayment};
use peyvand::claim::registry_record::RegistryRecord;
use peyvand::claim::{Benefit, ClaimKey, Counterpart};
use peyvand::ident::NationalCode;
use peyvand::law::{Rial, SolarMonth};
use peyvand::store::payments::{FinanceAnswer, PaymentRow, day_in_tehran};
use uuid::Uuid;

#[derive(Clone)]
pub struct Document {
    pub person: NationalCode,
    pub claim_id: Uuid,
    pub month: SolarMonth,
    pub amount: Rial,
    pub cost_centre: String,
    pub superseded: bool,
    pub stored: StoredDocument,
}

#[derive(Clone)]
pub struct Message {
    pub document_id: String,
    pub claim_id: Uuid,
    pub kind: &'static str,
    pub released: bool,
}

#[derive(Clone)]
pub struct Decided {
    pub claim_id: Uuid,
    pub revision: i32,
    pub facts: Vec<u8>,
}

#[derive(Default)]
pub struct Rows {
    /// A row for every code that any input named.
    pub persons: BTreeMap<NationalCode, Dossier>,
    pub marriages: BTreeMap<String, RegistryRecord>,
    pub requests: BTreeMap<(NationalCode, String), (SelfRegistration, i64)>,
    pub findings: BTreeMap<(NationalCode, Uuid), Finding>,
    pub objections: BTreeMap<(NationalCode, Uuid), Objection>,
    pub endings: BTreeMap<(NationalCode, Uuid), CaseEnding>,
    pub claims: BTreeMap<(NationalCode, Uuid), StoredClaim>,
    pub decisions: BTreeMap<Uuid, Decided>,
    pub payments: BTreeMap<NationalCode, PaymentRow>,
    pub documents: BTreeMap<String, Document>,
    pub answers: BTreeMap<(String, i64, &'static str), FinanceAnswer>,
    pub cases: BTreeMap<Uuid, (NationalCode, StoredCase)>,
    pub messages: BTreeMap<String, Message>,
}

impl Rows {
    /// A transaction's own copy of the rows that the locks of these persons protect.
    pub fn of(&self, persons: &BTreeSet<NationalCode>) -> Self {
        let ours = |person: &NationalCode| persons.contains(person);
        let named = |row: &RegistryRecord| sides(row).iter().any(ours);
        let documents: BTreeMap<_, _> = pick(&self.documents, |_, document| ours(&document.person));
        let payments: BTreeMap<_, _> =
            persons.iter().filter_map(|person| Some((*person, self.payments.get(person)?.clone()))).collect();
        let paid: BTreeSet<_> = payments.values().map(|payment| payment.decision_id).collect();
        Self {
            persons: persons
                .iter()
                .map(|person| (*person, self.persons.get(person).cloned().unwrap_or_default()))
                .collect(),
            marriages: pick(&self.marriages, |_, row| named(row)),
            requests: pick(&self.requests, |(applicant, _), _| ours(applicant)),
            findings: pick(&self.findings, |(person, _), _| ours(person)),
            objections: pick(&self.objections, |(person, _), _| ours(person)),
            endings: pick(&self.endings, |(person, _), _| ours(person)),
            claims: pick(&self.claims, |(person, _), _| ours(person)),
            decisions: pick(&self.decisions, |id, _| paid.contains(id)),
            answers: pick(&self.answers, |(document, ..), _| documents.contains_key(document)),
            cases: pick(&self.cases, |_, (person, _)| ours(person)),
            messages: pick(&self.messages, |_, message| documents.contains_key(&message.document_id)),
            documents,
            payments,
        }
    }

    /// Writes a transaction's copy back.
    pub fn put(&mut self, mut copy: Self) {
        self.persons.append(&mut copy.persons);
        self.marriages.append(&mut copy.marriages);
        self.requests.append(&mut copy.requests);
        self.findings.append(&mut copy.findings);
        self.objections.append(&mut copy.objections);
        self.endings.append(&mut copy.endings);
        self.claims.append(&mut copy.claims);
        self.decisions.append(&mut copy.decisions);
        self.payments.append(&mut copy.payments);
        self.documents.append(&mut copy.documents);
        self.answers.append(&mut copy.answers);
        self.cases.append(&mut copy.cases);
        // Messages are written once. Only the relay changes them, and not under the person's lock.
        for (id, message) in copy.messages {
            self.messages.entry(id).or_insert(message);
        }
    }

    /// As `peyvand::store::person_states::load_with`.
    pub fn known(&self, person: NationalCode) -> PersonState {
        let own = |row: &&RegistryRecord| sides(row).contains(&person);
        let claims = self.claims.range((person, Uuid::nil())..=(person, Uuid::max()));
        let requests = self.requests.iter().filter(|((applicant, _), _)| *applicant == person);
        PersonState {
            findings: of_person(&self.findings, person),
            objections: of_person(&self.objections, person),
            endings: of_person(&self.endings, person),
            person,
            dossier: self.persons.get(&person).cloned().unwrap_or_default(),
            rows: self.marriages.values().filter(own).map(RegistryRecord::row).collect(),
            self_registrations: requests.map(|(_, (request, _))| request.clone()).collect(),
            claims: claims.map(|(_, claim)| claim.clone()).collect(),
            payments: self.payments.get(&person).map(|payment| self.payment(payment)).into_iter().collect(),
            answered: Vec::new(),
        }
    }

    fn payment(&self, payment: &PaymentRow) -> StoredPayment {
        let own = self.documents.values().filter(|document| document.person == payment.person);
        let mut documents: Vec<_> = own.map(|document| document.stored.clone()).collect();
        documents.sort_by_key(|document| document.attempt);
        let cases = self.cases.values().filter(|(person, _)| *person == payment.person);
        StoredPayment {
            benefit: payment.benefit,
            claim_id: payment.claim_id,
            amount: payment.amount,
            record_id: payment.record_id.clone(),
            paid_facts: Facts::decode(&self.decisions[&payment.decision_id].facts),
            documents,
            cases: cases.map(|(_, case)| case.clone()).collect(),
        }
    }

    /// As `peyvand::store::payments::save_answers`: the answer with the latest instant counts, and of equal instants
    /// the later one in the topic.
    pub fn answer(&mut self, answer: FinanceAnswer) {
        let id = answer.document_id.clone();
        self.answers
            .insert((id.clone(), answer.answered_at.as_microsecond(), answer.outcome.as_str()), answer);
        let all = || self.answers.values().filter(|answer| answer.document_id == id);
        let mut answers: Vec<_> = all().collect();
        answers.sort_by_key(|answer| (answer.answered_at, answer.source_offset));
        let spoken = answers.into_iter().map(|answer| DocumentAnswer {
            at: answer.answered_at.as_microsecond(),
            on: day_in_tehran(answer.answered_at),
            outcome: answer.outcome,
            code: answer.code.clone(),
        });
        self.documents.get_mut(&id).unwrap().stored.answers = spoken.collect();
    }

    /// As `peyvand::store::batches::persons_after`.
    pub fn persons_after(&self, cursor: i64, limit: usize) -> Vec<NationalCode> {
        let is_open = |claim: &StoredClaim| {
            let paid = self.payments.get(&claim.key.person).filter(|paid| paid.claim_id == claim.claim_id);
            let returned = |document: &Document| {
                document.claim_id == claim.claim_id && !document.superseded && document.stored.is_returned()
            };
            match paid {
                None => !claim.withdrawn,
                Some(_) => claim.review_waits || self.documents.values().any(returned),
            }
        };
        let open = self.claims.values().filter(|claim| claim.key.person.to_i64() > cursor && is_open(claim));
        let mut persons: Vec<_> = open.map(|claim| claim.key.person).collect();
        persons.dedup();
        persons.truncate(limit);
        persons
    }
}

fn of_person<V: Clone>(all: &BTreeMap<(NationalCode, Uuid), V>, person: NationalCode) -> Vec<V> {
    all.range((person, Uuid::nil())..=(person, Uuid::max())).map(|(_, value)| value.clone()).collect()
}

pub fn sides(row: &RegistryRecord) -> Vec<NationalCode> {
    row.codes().collect()
}

/// The keys of the claims of a row: one for each side with a national code.
pub fn claim_keys(row: &RegistryRecord) -> Vec<ClaimKey> {
    let (husband, wife) = (row.husband.national_code, row.wife.national_code);
    let key = |person, other: Option<NationalCode>| {
        let unnamed = || Counterpart::Unnamed { record_id: row.record_id.clone() };
        let counterpart = other.map_or_else(unnamed, Counterpart::Spouse);
        ClaimKey { benefit: Benefit::MarriageAllowance, person, deed_date: row.deed_date, counterpart }
    };
    [husband.map(|code| key(code, wife)), wife.map(|code| key(code, husband))].into_iter().flatten().collect()
}

fn pick<K: Ord + Clone, V: Clone>(all: &BTreeMap<K, V>, wanted: impl Fn(&K, &V) -> bool) -> BTreeMap<K, V> {
    let picked = all.iter().filter(|(key, value)| wanted(key, value));
    picked.map(|(key, value)| (key.clone(), value.clone())).collect()
}
