//! The state that a batch needs in memory, and how each record changes it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use jiff::Timestamp;

use super::answer_keys::{AnswerKey, answer_key};
use super::casework_state::CaseworkState;
use super::decide::{BatchChanges, DecisionWork, LockedDossier, TouchedPerson, TouchedPersons};
use super::file_tally::{Disposition, FileTally};
use super::{ConsumedRecord, RecordBatch};
use crate::claim::person::Dossier;
use crate::claim::registry_record::RegistryRecord;
use crate::ident::NationalCode;
use crate::store::dead_letters::{DeadLetterRow, LetterPlace, LetterState};
use crate::store::offsets::TopicPartition;
use crate::store::payments::{self, FinanceAnswer};
use crate::store::persons::{self, PackedDossier};
use crate::store::self_registrations::{self, StoredRegistration};
use crate::store::{Error, PgConnection, Result, dead_letters, marriages, messages};
use crate::wire::fault::code::UNKNOWN_DOCUMENT;
use crate::wire::{Event, FileRef, Input, Outgoing};

#[derive(Default)]
pub struct BatchState<'a> {
    /// Dossiers of the persons whose insured records the batch changes.
    pub dossiers: HashMap<NationalCode, Dossier>,
    /// Dossiers of the other persons that the batch names.
    pub packed_dossiers: HashMap<NationalCode, PackedDossier>,
    pub changed_dossiers: HashSet<NationalCode>,
    pub marriages: HashMap<String, RegistryRecord>,
    pub changed_marriages: BTreeSet<String>,
    pub registrations: HashMap<self_registrations::RegistrationKey, StoredRegistration>,
    pub changed_registrations: BTreeSet<self_registrations::RegistrationKey>,
    /// The person of each document.
    pub documents: HashMap<String, NationalCode>,
    pub answers: HashMap<AnswerKey, FinanceAnswer>,
    /// A set, because one statement writes all answers of a batch and must contain each key once.
    pub changed_answers: BTreeSet<AnswerKey>,
    /// Documents with a new answer of finance.
    pub answered: HashSet<String>,
    pub casework: CaseworkState<'a>,
    pub messages: HashSet<String>,
    pub known_reports: HashSet<messages::ReportKey>,
    pub reports: Vec<messages::DeliveryReportRow<'a>>,
    /// Persons to plan, with the trace of the last input that touched each.
    pub touched_persons: HashMap<NationalCode, Option<String>>,
    pub file_tally: FileTally,
    pub dead_letters: Vec<(DeadLetterRow, Outgoing)>,
    /// The offset at which each moved letter was first replayed.
    pub moved_letters: HashMap<LetterPlace, i64>,
    pub new_moved_letters: Vec<(LetterPlace, i64)>,
    /// The new states of dead letters whose message was sent again. The later record counts.
    pub settled: HashMap<LetterPlace, LetterState>,
}

/// The work that remains after the facts are written.
pub struct SavedBatch {
    pub to_decide: DecisionWork,
    pub file_tally: FileTally,
    pub dead_letter_rows: Vec<DeadLetterRow>,
    pub dead_letter_events: Vec<Outgoing>,
    pub settled: Vec<(LetterPlace, LetterState)>,
}

/// The keys that a batch names.
#[derive(Default)]
struct NamedIdentities<'a> {
    records: Vec<&'a str>,
    requests: Vec<self_registrations::RegistrationKey>,
    documents: Vec<&'a str>,
    messages: Vec<&'a str>,
    files: Vec<&'a FileRef>,
    persons: BTreeSet<NationalCode>,
    /// Those of `persons` whom objections and findings concern.
    casework: BTreeSet<NationalCode>,
    /// Those of `persons` whose insured records change.
    changing: HashSet<NationalCode>,
}

impl<'a> NamedIdentities<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        let mut named = Self::default();
        for record in &batch.records {
            named.files.extend(match &record.content {
                Ok(event) => event.file.as_ref(),
                Err(dead_letter) => dead_letter.file.as_ref(),
            });
        }
        for event in batch.records.iter().filter_map(ConsumedRecord::event) {
            named.add(event);
        }
        named
    }

    fn add(&mut self, event: &'a Event) {
        if let Some(code) = event.input.record_of() {
            self.changing.insert(code);
            self.persons.insert(code);
        }
        match &event.input {
            Input::Marriage(row) => {
                self.records.push(&row.record_id);
                self.persons.extend(row.husband.national_code);
                self.persons.extend(row.wife.national_code);
            }
            Input::SelfRegistration(data) => {
                self.requests.push(self_registrations::RegistrationKey {
                    applicant: data.applicant_national_code,
                    request_id: data.request_id.clone(),
                });
                self.persons.insert(data.applicant_national_code);
            }
            Input::Outcome(_, data) => self.documents.push(&data.document_id),
            Input::Delivery(_, data) => self.messages.push(&data.sms_id),
            Input::Objection(objection) => {
                self.casework.insert(objection.national_code());
                self.persons.insert(objection.national_code());
            }
            Input::Casework(casework) => {
                self.casework.insert(casework.national_code());
                self.persons.insert(casework.national_code());
            }
            _ => {}
        }
    }
}

impl<'a> BatchState<'a> {
    /// Reads the state that the records of the batch concern, and locks the persons of the batch. Registry records,
    /// requests and documents are keys of their topics, so no other writer changes them. Persons are named by several
    /// topics, so they need locks.
    pub async fn load(tx: &mut PgConnection, batch: &'a RecordBatch) -> Result<Self> {
        let mut named = NamedIdentities::of(batch);
        let file_tally = FileTally::load(tx, &named.files).await?;
        let moved: Vec<_> = batch.records.iter().filter_map(ConsumedRecord::moved_from).collect();
        let moved_letters = dead_letters::first_moves(tx, &moved).await?;
        let marriages = if named.records.is_empty() {
            HashMap::new()
        } else {
            marriages::by_record(tx, &named.records).await?
        };
        let registrations = if named.requests.is_empty() {
            HashMap::new()
        } else {
            self_registrations::by_request(tx, &named.requests).await?
        };
        let mut documents = HashMap::new();
        let mut answers = Vec::new();
        if !named.documents.is_empty() {
            documents = payments::persons_of_documents(tx, &named.documents).await?;
            answers = payments::finance_answers(tx, &named.documents).await?;
        }
        let mut messages = Vec::new();
        let mut reports = Vec::new();
        if !named.messages.is_empty() {
            messages = messages::known(tx, &named.messages).await?;
            reports = messages::reports(tx, &named.messages).await?;
        }
        named.persons.extend(marriages.values().flat_map(RegistryRecord::codes));
        named.persons.extend(documents.values());
        let codes: Vec<_> = named.persons.into_iter().collect();
        let mut packed_dossiers =
            if codes.is_empty() { HashMap::new() } else { persons::lock_packed(tx, &codes).await? };
        // Two topics write the casework of a person, so it is read under the lock.
        let casework = CaseworkState::load(tx, &named.casework).await?;
        let dossiers = read_dossiers(named.changing, &mut packed_dossiers)?;
        Ok(Self {
            dossiers,
            packed_dossiers,
            marriages,
            registrations,
            documents,
            answers: answers.into_iter().map(|answer| (answer_key(&answer), answer)).collect(),
            casework,
            messages: messages.into_iter().collect(),
            known_reports: reports.into_iter().collect(),
            file_tally,
            moved_letters,
            ..Self::default()
        })
    }

    /// Applies one record. Every record has exactly one disposition.
    ///
    /// # Errors
    /// Fails if `load` has not read the state that the record concerns.
    pub fn apply(&mut self, record: &'a ConsumedRecord, at: Timestamp) -> Result<()> {
        let event = match &record.content {
            Ok(event) => event,
            Err(dead_letter) => {
                self.add_dead_letter(record, dead_letter.reason, &dead_letter.outgoing);
                if let Some(file) = &dead_letter.file
                    && !self.file_tally.is_repeat(file)
                {
                    self.file_tally.open(&file.file_id, "unknown", at);
                    self.file_tally.count_dead(file);
                }
                return Ok(());
            }
        };
        if self.is_repeated_move(record) {
            return Ok(());
        }
        // A replayed dead letter was counted as dead when its file arrived.
        let file = event.file.as_ref().filter(|_| !record.is_replay());
        // A repeated line is not counted. Its content is in the topic, so it is applied.
        let file = file.filter(|file| !self.file_tally.is_repeat(file));
        if let Some(file) = file {
            self.file_tally.open(&file.file_id, kind_of(event), at);
        }
        let unknown = self.apply_input(record, event, &mut |tally, disposition| {
            if let Some(file) = file {
                tally.count(file, disposition);
            }
        })?;
        if unknown && let Some(dead_letter) = &record.if_unknown_document {
            self.add_dead_letter(record, UNKNOWN_DOCUMENT, dead_letter);
            if let Some(file) = file {
                self.file_tally.count_dead(file);
            }
            return Ok(());
        }
        if let Some(first) = first_of(record) {
            self.settled.insert(first, LetterState::Applied);
        }
        Ok(())
    }

    /// True if the record is a misrouted dead letter that was replayed before. Its original offset says nothing about
    /// its age in this partition, so a second replay would overwrite newer facts.
    fn is_repeated_move(&mut self, record: &ConsumedRecord) -> bool {
        let Some(moved) = record.moved_from() else { return false };
        let first = *self.moved_letters.entry(moved).or_insert_with(|| {
            self.new_moved_letters.push((moved, record.offset));
            record.offset
        });
        first != record.offset
    }

    fn add_dead_letter(&mut self, record: &ConsumedRecord, reason: &'static str, event: &Outgoing) {
        let first = first_of(record);
        let row = DeadLetterRow {
            partition: record.partition,
            offset: record.offset,
            reason,
            first_offset: first.filter(|first| first.partition == record.partition).map(|first| first.offset),
        };
        self.dead_letters.push((row, event.clone()));
        if let Some(first) = first {
            self.settled.insert(first, LetterState::FailedAgain);
        }
    }

    /// True if the input concerns a document or message that was never issued.
    fn apply_input(
        &mut self,
        record: &'a ConsumedRecord,
        event: &'a Event,
        count: &mut dyn FnMut(&mut FileTally, Disposition),
    ) -> Result<bool> {
        let disposition = match &event.input {
            Input::Marriage(row) => self.marriage(event, RegistryRecord::from(&**row)),
            Input::SelfRegistration(data) => self.self_registration(record, event, data),
            Input::Person(data) => self.person(record, event, data)?,
            Input::Employment(data) => self.employment(record, event, data)?,
            Input::EarlierPayment(data) => self.earlier_payment(record, event, data)?,
            Input::Wages(data) => {
                self.wages(record, event, data, count)?;
                return Ok(false);
            }
            Input::FileOpened(data) => {
                self.file_tally.open(&data.file_id, data.kind.as_str(), data.opened_at);
                return Ok(false);
            }
            Input::FileClosed(data) => {
                self.file_tally.close(data.clone(), event.traceparent.clone());
                return Ok(false);
            }
            Input::Outcome(outcome, data) => match self.outcome(record, event, *outcome, data) {
                Some(disposition) => disposition,
                None => return Ok(true),
            },
            Input::Delivery(status, data) => match self.delivery(*status, data) {
                Some(disposition) => disposition,
                None => return Ok(true),
            },
            Input::Objection(objection) => self.objection(event, objection),
            Input::Casework(casework) => self.casework(event, casework),
        };
        count(&mut self.file_tally, disposition);
        Ok(false)
    }

    /// Marks a person to be planned because of this event.
    pub fn mark_touched(&mut self, code: NationalCode, event: &Event) {
        self.touched_persons.insert(code, event.traceparent.clone());
    }

    /// The dossier of a person whose insured records a message changes.
    pub fn dossier(&mut self, code: NationalCode) -> Result<&mut Dossier> {
        self.dossiers
            .get_mut(&code)
            .ok_or(Error::Invariant("every person whose records a message changes was locked and read"))
    }

    /// Writes all facts except the registry rows. Returns the decisions to make, the file tally and the dead letters.
    pub async fn save(mut self, tx: &mut PgConnection) -> Result<SavedBatch> {
        let dossiers =
            self.changed_dossiers.iter().map(|code| Ok((*code, changed_fact(&self.dossiers, code)?)));
        persons::save(tx, &dossiers.collect::<Result<Vec<_>>>()?).await?;
        let rows = self.changed_registrations.iter().map(|key| changed_fact(&self.registrations, key));
        self_registrations::save(tx, &rows.collect::<Result<Vec<_>>>()?).await?;
        let rows = self.changed_answers.iter().map(|key| changed_fact(&self.answers, key));
        payments::save_finance_answers(tx, &rows.collect::<Result<Vec<_>>>()?).await?;
        messages::save_reports(tx, &self.reports).await?;
        let wrote_casework = self.casework.save(tx).await?;
        let touched = self.take_touched()?;
        let rows =
            self.changed_marriages.iter().map(|id| self.marriages.remove(id).ok_or(MISSING_CHANGED_FACT));
        dead_letters::insert_moves(tx, &self.new_moved_letters).await?;
        let to_decide = DecisionWork {
            touched,
            fresh: rows.collect::<Result<_>>()?,
            changes: BatchChanges { answered: self.answered },
            wrote_facts: wrote_casework
                || !(self.changed_registrations.is_empty() && self.changed_answers.is_empty()),
        };
        let (dead_letter_rows, dead_letter_events) = self.dead_letters.into_iter().unzip();
        let settled = self.settled.into_iter().collect();
        Ok(SavedBatch {
            to_decide,
            file_tally: self.file_tally,
            dead_letter_rows,
            dead_letter_events,
            settled,
        })
    }

    /// The persons to plan, with their dossiers.
    fn take_touched(&mut self) -> Result<TouchedPersons> {
        let mut touched = TouchedPersons::with_capacity(self.touched_persons.len());
        for (code, trace) in self.touched_persons.drain() {
            let dossier = match self.dossiers.remove(&code) {
                Some(dossier) => LockedDossier::Decoded(Box::new(dossier)),
                None => LockedDossier::Packed(remove_packed(&mut self.packed_dossiers, code)?),
            };
            touched.insert(code, TouchedPerson { dossier, trace });
        }
        Ok(touched)
    }
}

/// The first dead letter of a message that was sent again. A message is sent again to its own partition.
fn first_of(record: &ConsumedRecord) -> Option<LetterPlace> {
    let place = record.replay_of.as_ref()?;
    let partition = TopicPartition { partition: place.partition, ..record.partition };
    Some(LetterPlace { partition, offset: place.offset })
}

/// Decodes the dossiers of these persons. They must be among the locked persons.
fn read_dossiers(
    persons: HashSet<NationalCode>,
    packed_dossiers: &mut HashMap<NationalCode, PackedDossier>,
) -> Result<HashMap<NationalCode, Dossier>> {
    let mut dossiers = HashMap::with_capacity(persons.len());
    for code in persons {
        dossiers.insert(code, persons::decode(remove_packed(packed_dossiers, code)?.as_deref())?);
    }
    Ok(dossiers)
}

fn remove_packed(
    packed_dossiers: &mut HashMap<NationalCode, PackedDossier>,
    code: NationalCode,
) -> Result<PackedDossier> {
    packed_dossiers.remove(&code).ok_or(Error::Invariant("every person whom a batch names was locked"))
}

const MISSING_CHANGED_FACT: Error = Error::Invariant("every fact that a batch has changed is in memory");

/// A fact that a message has changed.
fn changed_fact<'s, K: Eq + Hash, V>(facts: &'s HashMap<K, V>, key: &K) -> Result<&'s V> {
    facts.get(key).ok_or(MISSING_CHANGED_FACT)
}

/// The kind of file that contains an event's rows, as the name that `publish` uses.
fn kind_of(event: &Event) -> &'static str {
    use crate::wire::files::FileKind as K;
    let kind = match &event.input {
        Input::Marriage(_) => K::Marriages,
        Input::SelfRegistration(_) => K::SelfRegistrations,
        Input::Person(_) => K::Persons,
        Input::Employment(_) => K::Employments,
        Input::Wages(_) => K::Wages,
        Input::EarlierPayment(_) => K::EarlierPayments,
        Input::Outcome(..) => K::PaymentOutcomes,
        Input::Delivery(..) => K::DeliveryReports,
        Input::FileOpened(data) => data.kind,
        Input::FileClosed(data) => data.kind,
        Input::Objection(_) | Input::Casework(_) => return event.input.kind().name(),
    };
    kind.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> NationalCode {
        "0012345679".parse().unwrap()
    }

    #[track_caller]
    fn violates_an_invariant<T>(result: Result<T>) {
        let Err(Error::Invariant(invariant)) = result else { panic!("expected a violated invariant") };
        assert!(!invariant.contains(char::is_numeric), "the error contains a national code: {invariant}");
    }

    #[test]
    fn a_person_who_was_not_locked_is_an_error() {
        violates_an_invariant(read_dossiers([person()].into(), &mut HashMap::new()));
        violates_an_invariant(BatchState::default().dossier(person()));
        let mut state = BatchState { touched_persons: [(person(), None)].into(), ..BatchState::default() };
        violates_an_invariant(state.take_touched());
    }

    #[test]
    fn a_missing_changed_fact_is_an_error() {
        violates_an_invariant(changed_fact(
            &HashMap::<String, FinanceAnswer>::new(),
            &"a document".to_owned(),
        ));
    }

    #[test]
    fn a_locked_person_is_planned_with_the_dossier() {
        let mut packed_dossiers = HashMap::from([(person(), None)]);
        let dossiers = read_dossiers([person()].into(), &mut packed_dossiers).unwrap();
        let mut state =
            BatchState { touched_persons: [(person(), None)].into(), dossiers, ..BatchState::default() };
        assert!(state.dossier(person()).is_ok());
        assert!(matches!(
            state.take_touched().unwrap().remove(&person()),
            Some(TouchedPerson { dossier: LockedDossier::Decoded(_), trace: None })
        ));
    }
}
