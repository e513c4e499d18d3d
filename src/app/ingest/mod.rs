//! Taking in a batch: facts, claims decided anew, receipts, outgoing events and the consumer's offsets, in one transaction.

mod answers;
mod decide;
mod facts;
mod quiet;
mod records;
mod split;
mod stage;
mod taken;

pub use quiet::take_in_quietly;
pub use taken::{Letter, Taken};

use self::decide::{Decided, decide};
use self::stage::Stage;
use super::House;
use crate::boundary::boundary;
use crate::store::inputs::{self, Letter as StoredLetter};
use crate::store::offsets::{self, Advance, Taker};
use crate::store::{Error, Result, outbox};

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
    let mut tx = boundary!("take_in.begin", house.pool.begin().await)?;
    offsets::advance(&mut tx, Taker::Intake, &batch.advances).await?;
    let mut stage = Stage::load(&mut tx, batch).await?;
    for taken in &batch.taken {
        stage.apply(taken, at)?;
    }
    let stage = stage.save(&mut tx).await?;
    let Decided { decisions, mut packed, mut events } = decide(&mut tx, house, stage.to_decide, at).await?;
    let rows: Vec<_> = stage.letters.iter().map(|(row, _)| StoredLetter { ..*row }).collect();
    inputs::save_dead_letters(&mut tx, &rows, at).await?;
    let done = Done { messages: batch.taken.len(), decisions, dead_letters: rows.len() };
    events.extend(stage.letters.into_iter().map(|(_, letter)| letter));
    // Everything that takes long is done before a file's row or a group's head is locked: other batches want them, too.
    packed.extend(outbox::pack(events, house.groups)?);
    packed.extend(outbox::pack(stage.ledger.write(&mut tx, at).await?, house.groups)?);
    outbox::place(&mut tx, packed).await?;
    boundary!("take_in.commit", tx.commit().await).map_err(Error::Database)?;
    Ok(done)
}
