//! Taking in a batch: facts, claims decided anew, receipts, outgoing events and the consumer's offsets, in one transaction.

mod answers;
mod facts;
mod records;
mod split;
mod stage;
mod taken;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

pub use taken::{Letter, Taken};

use self::stage::Stage;
use super::House;
use super::write::{Planned, write};
use crate::claim::ClaimKey;
use crate::claim::known::Known;
use crate::claim::person::Dossier;
use crate::claim::plan::{Occasion, plan};
use crate::ident::NationalCode;
use crate::store::inputs::{self, Letter as StoredLetter};
use crate::store::offsets::{self, Advance};
use crate::store::{Error, PgConnection, Result, known, outbox, persons};
use crate::wire::Outgoing;

/// Messages of one or more partitions, in the order of each, and how far the partitions advance with them.
pub struct Batch {
    pub advances: Vec<Advance>,
    pub taken: Vec<Taken>,
}

/// What a batch did, for metrics.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Done {
    pub messages: usize,
    pub decisions: usize,
    pub dead_letters: usize,
}

/// Takes a batch in. All of it stands afterwards, or nothing; a lost partition is an error and commits nothing.
pub async fn take_in(house: &House, batch: &Batch) -> Result<Done> {
    let at = house.clock.now();
    let mut tx = house.pool.begin().await?;
    offsets::advance(&mut tx, &batch.advances).await?;
    let mut stage = Stage::load(&mut tx, batch).await?;
    for taken in &batch.taken {
        stage.apply(taken, at);
    }
    let stage = stage.save(&mut tx).await?;
    let (decisions, mut events) = decide(&mut tx, house, stage.touched, stage.news, at).await?;
    let letters = stage.letters;
    events.extend(stage.ledger.write(&mut tx, at).await?);
    let rows: Vec<_> = letters.iter().map(|(row, _)| StoredLetter { ..*row }).collect();
    inputs::save_dead_letters(&mut tx, &rows, at).await?;
    let done = Done { messages: batch.taken.len(), decisions, dead_letters: letters.len() };
    events.extend(letters.into_iter().map(|(_, letter)| letter));
    outbox::append(&mut tx, events, house.groups).await?;
    tx.commit().await.map_err(Error::Database)?;
    Ok(done)
}

type Touched = HashMap<NationalCode, (Dossier, Option<String>)>;

/// What only this batch knows of its persons: it is not in the facts that it leaves behind.
struct News {
    moved: HashMap<NationalCode, Vec<ClaimKey>>,
    answered: HashSet<String>,
}

impl News {
    fn tell(&mut self, known: &mut Known) {
        known.moved = self.moved.remove(&known.person).unwrap_or_default();
        let documents =
            known.payment.iter().flat_map(|payment| &payment.documents).map(|document| &document.document_id);
        known.answered = documents.filter(|id| self.answered.contains(*id)).cloned().collect();
    }
}

/// Persons planned and written at a time: what is held in memory meanwhile is bounded by it.
const PLANNED_AT_ONCE: usize = 1000;

/// Plans every person whom the batch touched, and writes what changed; gives the events and the number of decisions.
async fn decide(
    tx: &mut PgConnection,
    house: &House,
    touched: Touched,
    mut news: News,
    at: Timestamp,
) -> Result<(usize, Vec<Outgoing>)> {
    let rules = house.rules_at(at);
    let (mut decisions, mut events) = (0, Vec::new());
    let mut touched = touched.into_iter().peekable();
    while touched.peek().is_some() {
        let mut traces = HashMap::new();
        let mut dossiers = HashMap::new();
        for (code, (dossier, trace)) in touched.by_ref().take(PLANNED_AT_ONCE) {
            traces.insert(code, trace);
            dossiers.insert(code, dossier);
        }
        let planned = known::load(tx, dossiers).await?.into_iter().filter_map(|mut known: Known| {
            news.tell(&mut known);
            let plan = plan(&known, &rules, Occasion::Intake);
            let trace = traces.remove(&known.person).flatten();
            (!plan.is_empty()).then_some(Planned { known, plan, trace })
        });
        let planned: Vec<_> = planned.collect();
        decisions +=
            planned.iter().flat_map(|planned| &planned.plan.updates).filter(|u| u.revision.is_some()).count();
        events.extend(write(tx, house, &planned, at).await?);
    }
    Ok((decisions, events))
}

/// Dossiers of changed persons go back in one statement.
async fn save_dossiers(tx: &mut PgConnection, stage: &Stage<'_>) -> Result<()> {
    let changed: Vec<_> = stage
        .changed_dossiers
        .iter()
        .filter_map(|code| stage.dossiers.get(code).map(|dossier| (*code, dossier)))
        .collect();
    persons::save(tx, &changed).await
}
