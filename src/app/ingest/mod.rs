//! Ingest of a record batch. One transaction writes facts, decisions, receipts, outgoing events and the source offsets.

mod answer_keys;
mod answers;
mod batch_state;
mod bisect;
mod casework;
mod casework_state;
mod consumed_record;
mod decide;
mod file_tally;
mod insured_records;
mod marriages;
mod taken_back;
mod without_deciding;

pub use consumed_record::{ConsumedRecord, DeadLetter};
pub use without_deciding::apply_batch_without_deciding;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::batch_state::{BatchState, SavedBatch};
use self::decide::decide;
use super::AppContext;
use crate::claim::Outcome;
use crate::failpoint::failpoint;
use crate::store::offsets::{self, OffsetAdvance, OffsetOwner, TopicPartition};
use crate::store::{self, Error, PgConnection, Result, dead_letters, outbox};

/// Records of one or more partitions, and how far they advance each partition. Records of one partition are in order.
pub struct RecordBatch {
    pub advances: Vec<OffsetAdvance>,
    pub records: Vec<ConsumedRecord>,
}

impl RecordBatch {
    /// The number of records of each partition that belong in another one.
    pub fn misrouted(&self) -> BTreeMap<TopicPartition, i64> {
        let mut counts = BTreeMap::new();
        for record in self.records.iter().filter(|record| record.is_misrouted) {
            *counts.entry(record.partition).or_default() += 1;
        }
        counts
    }
}

/// What a batch did, for metrics.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct IngestStats {
    pub messages: usize,
    /// Decisions by their outcome.
    pub decisions: BTreeMap<Outcome, usize>,
    pub dead_letters: usize,
}

/// Applies a batch in one transaction: offsets, facts, decisions, dead letters, receipts and outgoing events.
///
/// # Errors
/// On an error nothing of the batch is written. The loss of a partition is an error.
pub async fn apply_batch(ctx: &AppContext, batch: &RecordBatch) -> Result<IngestStats> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("ingest.begin", ctx.pool.begin().await)?;
    store::limit_idle_time(&mut tx).await?;

    // Facts.
    let saved = write_facts(&mut tx, OffsetOwner::Ingest, batch, at).await?;
    let dead_letters = saved.dead_letter_events.len();

    // Decisions.
    let mut decided = decide(&mut tx, ctx, saved.to_decide, at).await?;

    // Events. All slow work is done before the row of a file or the head of a relay shard is locked, because other
    // batches also need these locks.
    decided.events.extend(saved.dead_letter_events);
    let mut packed = decided.packed;
    packed.extend(outbox::pack(decided.events, ctx.shards)?);
    packed.extend(outbox::pack(saved.file_tally.write(&mut tx, at).await?, ctx.shards)?);
    outbox::insert(&mut tx, packed).await?;

    failpoint!("ingest.commit", tx.commit().await).map_err(Error::Database)?;
    Ok(IngestStats { messages: batch.records.len(), decisions: decided.decisions, dead_letters })
}

/// Advances the source offsets, applies the records to the state that they concern, and writes the changed facts and
/// the source positions of dead letters.
async fn write_facts(
    tx: &mut PgConnection,
    owner: OffsetOwner,
    batch: &RecordBatch,
    at: Timestamp,
) -> Result<SavedBatch> {
    offsets::advance(tx, owner, &batch.advances).await?;
    let mut state = BatchState::load(tx, batch).await?;
    for record in &batch.records {
        state.apply(record, at)?;
    }
    let saved = state.save(tx).await?;
    dead_letters::insert(tx, &saved.dead_letter_rows, at).await?;
    offsets::count_misrouted(tx, &batch.misrouted()).await?;
    dead_letters::settle(tx, &saved.settled, at).await?;
    Ok(saved)
}
