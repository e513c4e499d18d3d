//! Taking in a batch: facts, claims decided anew, receipts, outgoing events and the consumer's offsets, in one transaction.

mod answers;
mod facts;
mod records;
mod stage;
mod taken;

use std::collections::HashMap;

use jiff::Timestamp;

pub use taken::{Letter, Taken};

use self::stage::Stage;
use super::House;
use super::write::{Planned, write};
use crate::claim::known::Known;
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
    let (planned, mut events) = decide(&mut tx, house, stage.touched, stage.moved, at).await?;
    let letters = stage.letters;
    events.extend(stage.ledger.write(&mut tx, at).await?);
    let rows: Vec<_> = letters.iter().map(|(row, _)| StoredLetter { ..*row }).collect();
    inputs::save_dead_letters(&mut tx, &rows, at).await?;
    let done = Done {
        messages: batch.taken.len(),
        decisions: planned.iter().flat_map(|planned| &planned.plan.updates).filter(|u| u.revision.is_some()).count(),
        dead_letters: letters.len(),
    };
    events.extend(letters.into_iter().map(|(_, letter)| letter));
    outbox::append(&mut tx, events, house.groups).await?;
    tx.commit().await.map_err(Error::Database)?;
    Ok(done)
}

type Touched = HashMap<NationalCode, (crate::claim::person::Dossier, Option<String>)>;

/// Plans every person whom the batch touched, and writes what changed.
async fn decide(
    tx: &mut PgConnection,
    house: &House,
    touched: Touched,
    mut moved: HashMap<NationalCode, Vec<crate::claim::ClaimKey>>,
    at: Timestamp,
) -> Result<(Vec<Planned>, Vec<Outgoing>)> {
    if touched.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut traces = HashMap::with_capacity(touched.len());
    let mut dossiers = HashMap::with_capacity(touched.len());
    for (code, (dossier, trace)) in touched {
        traces.insert(code, trace);
        dossiers.insert(code, dossier);
    }
    let rules = house.rules();
    let planned: Vec<_> = known::load(tx, dossiers)
        .await?
        .into_iter()
        .filter_map(|mut known: Known| {
            known.moved = moved.remove(&known.person).unwrap_or_default();
            let plan = plan(&known, &rules, Occasion::Intake);
            let trace = traces.remove(&known.person).flatten();
            (!plan.is_empty()).then_some(Planned { known, plan, trace })
        })
        .collect();
    let events = write(tx, house, &planned, at).await?;
    Ok((planned, events))
}

/// Dossiers of changed persons go back in one statement.
async fn save_dossiers(tx: &mut PgConnection, stage: &Stage<'_>) -> Result<()> {
    let changed: Vec<_> =
        stage.changed_dossiers.iter().filter_map(|code| stage.dossiers.get(code).map(|dossier| (*code, dossier))).collect();
    persons::save(tx, &changed).await
}
