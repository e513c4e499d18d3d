//! Taking in a batch: facts, claims decided anew, receipts, outgoing events and the consumer's offsets, in one transaction.

mod answer_keys;
mod answers;
mod batch_state;
mod bisect;
mod consumed_record;
mod decide;
mod file_tally;
mod insured_records;
mod marriages;
mod without_deciding;

pub use consumed_record::{ConsumedRecord, DeadLetter};
pub use without_deciding::apply_batch_without_deciding;

use self::batch_state::BatchState;
use self::decide::{DecisionOutput, decide};
use super::AppContext;
use crate::failpoint::failpoint;
use crate::store::dead_letters::{self, DeadLetterRow as StoredLetter};
use crate::store::offsets::{self, OffsetAdvance, OffsetOwner};
use crate::store::{Error, Result, outbox};

/// Messages of one or more partitions, in the order of each, and how far the partitions advance with them.
pub struct RecordBatch {
    pub advances: Vec<OffsetAdvance>,
    pub records: Vec<ConsumedRecord>,
}

/// What a batch did, for metrics.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct IngestStats {
    pub messages: usize,
    pub decisions: usize,
    pub dead_letters: usize,
}

/// Takes a batch in. All of it stands afterwards, or nothing; a lost partition is an error and commits nothing.
pub async fn apply_batch(ctx: &AppContext, batch: &RecordBatch) -> Result<IngestStats> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("ingest.begin", ctx.pool.begin().await)?;
    offsets::advance(&mut tx, OffsetOwner::Ingest, &batch.advances).await?;
    let mut stage = BatchState::load(&mut tx, batch).await?;
    for taken in &batch.records {
        stage.apply(taken, at)?;
    }
    let stage = stage.save(&mut tx).await?;
    let DecisionOutput { decisions, mut packed, mut events } =
        decide(&mut tx, ctx, stage.to_decide, at).await?;
    let rows: Vec<_> = stage.dead_letters.iter().map(|(row, _)| StoredLetter { ..*row }).collect();
    dead_letters::insert(&mut tx, &rows, at).await?;
    let done = IngestStats { messages: batch.records.len(), decisions, dead_letters: rows.len() };
    events.extend(stage.dead_letters.into_iter().map(|(_, letter)| letter));
    // Everything that takes long is done before a file's row or a group's head is locked: other batches want them, too.
    packed.extend(outbox::pack(events, ctx.groups)?);
    packed.extend(outbox::pack(stage.file_tally.write(&mut tx, at).await?, ctx.groups)?);
    outbox::insert(&mut tx, packed).await?;
    failpoint!("ingest.commit", tx.commit().await).map_err(Error::Database)?;
    Ok(done)
}
