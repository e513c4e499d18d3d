//! The own file of a person, from which every view is built.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::app::portal::objections::{Draft, MyObjection, ObjectionState};
use crate::claim::conditions::{ConditionFinding, conditions};
use crate::claim::{Decision, decide};
use crate::law::tables::LegalParameters;
use crate::law::{Rial, SolarDate, Tables};
use crate::store::decisions::DecisionRow;
use crate::store::my::{OwnClaim, OwnRows};
use crate::store::payments::FinanceAnswer;
use crate::store::person_file::{CaseRow, DocumentRow, MessageRow};
use crate::store::portal_objections::OpenObjection;

/// The versions of the tables of the law that decisions were made with. A version never changes, so it is kept once
/// read; a later version of the service may add one while this process runs.
#[derive(Default)]
pub struct LawTables {
    by_version: RwLock<BTreeMap<String, Arc<Tables>>>,
}

impl LawTables {
    pub fn new(versions: impl IntoIterator<Item = Tables>) -> Self {
        let tables = Self::default();
        for version in versions {
            tables.keep(version);
        }
        tables
    }

    pub fn of_version(&self, version: &str) -> Option<Arc<Tables>> {
        self.by_version.read().unwrap_or_else(PoisonError::into_inner).get(version).cloned()
    }

    pub(super) fn keep(&self, tables: Tables) {
        let mut known = self.by_version.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(tables.version().to_owned(), Arc::new(tables));
    }
}

pub struct OwnFile {
    pub today: SolarDate,
    /// The latest deed date first.
    pub claims: Vec<OwnClaimFile>,
}

/// A claim with everything that its person may see.
pub struct OwnClaimFile {
    pub claim: OwnClaim,
    /// Ascending by revision.
    pub decisions: Vec<DecisionRow>,
    /// `None` if the facts of the decision in force were lost with a database, or if its tables are not known.
    pub again: Option<Recomputed>,
    /// Ascending by attempt.
    pub documents: Vec<OwnDocument>,
    pub messages: Vec<MessageRow>,
    pub cases: Vec<CaseRow>,
    /// Empty unless [`OwnFile::add_objections`] was called.
    pub objections: ClaimObjections,
}

/// The objections to a claim.
#[derive(Clone, Debug, Default)]
pub struct ClaimObjections {
    pub draft: Option<Draft>,
    /// The latest first.
    pub sent: Vec<MyObjection>,
    /// Whether one that came from another portal has no answer yet.
    pub is_open_elsewhere: bool,
}

impl ClaimObjections {
    pub fn is_open(&self) -> bool {
        self.is_open_elsewhere || self.sent.iter().any(|objection| objection.state == ObjectionState::Open)
    }
}

pub struct OwnDocument {
    pub row: DocumentRow,
    /// In the order in which they count; the last one is in force.
    pub answers: Vec<FinanceAnswer>,
}

/// The decision in force, decided again from its stored facts.
pub struct Recomputed {
    pub decision: Decision,
    pub conditions: Vec<ConditionFinding>,
    /// The parameters and the minimum daily wage on the deed date.
    pub parameters: Option<LegalParameters>,
    pub daily_wage: Option<Rial>,
    /// Whether it is the stored decision, as `peyvand recompute` checks it.
    pub equal: bool,
}

impl OwnFile {
    pub fn new(rows: OwnRows, tables: &LawTables, today: SolarDate) -> Self {
        let OwnRows { claims, mut decisions, documents, answers, messages, cases } = rows;
        let mut files = Vec::with_capacity(claims.len());
        for claim in claims {
            let id = claim.claim_id;
            let own: Vec<_> = decisions.extract_if(.., |decision| decision.claim_id == id).collect();
            let documents = documents.iter().filter(|document| document.claim_id == id).map(|row| {
                let answers = answers.iter().filter(|answer| answer.document_id == row.document_id);
                OwnDocument { row: row.clone(), answers: answers.cloned().collect() }
            });
            files.push(OwnClaimFile {
                again: own.last().and_then(|decision| again(decision, tables)),
                documents: documents.collect(),
                messages: messages.iter().filter(|message| message.claim_id == id).cloned().collect(),
                cases: cases.iter().filter(|case| case.claim_id == id).cloned().collect(),
                objections: ClaimObjections::default(),
                decisions: own,
                claim,
            });
        }
        Self { today, claims: files }
    }

    /// Adds the person's objections to their claims.
    pub fn add_objections(&mut self, drafts: &[Draft], sent: &[MyObjection], open: &[OpenObjection]) {
        for file in &mut self.claims {
            let id = file.claim.claim_id;
            file.objections = ClaimObjections {
                draft: drafts.iter().find(|draft| draft.row.claim_id == id).cloned(),
                sent: sent.iter().filter(|objection| objection.sent.claim_id == id).cloned().collect(),
                is_open_elsewhere: open.iter().any(|open| open.claim_id == id && open.tracking.is_none()),
            };
        }
    }

    pub fn claim(&self, claim_id: uuid::Uuid) -> Option<&OwnClaimFile> {
        self.claims.iter().find(|file| file.claim.claim_id == claim_id)
    }
}

fn again(stored: &DecisionRow, tables: &LawTables) -> Option<Recomputed> {
    let facts = stored.facts.as_ref()?;
    let tables = tables.of_version(&stored.tables_version)?;
    let decision = decide(facts, stored.business_date, &tables);
    Some(Recomputed {
        equal: decision.content_digest().as_slice() == stored.content_digest,
        conditions: conditions(facts, stored.business_date, &tables),
        parameters: tables.parameters(facts.deed_date),
        daily_wage: tables.minimum_daily_wage(facts.deed_date),
        decision,
    })
}
