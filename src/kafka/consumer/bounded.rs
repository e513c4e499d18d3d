//! Ingests inputs up to given offsets and no further, for commands that read inputs again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::collector::{BatchCollector, BatchLimits};
use super::gap_proof::GapProver;
use crate::app::AppContext;
use crate::app::ingest::{ConsumedRecord, RecordBatch};
use crate::clock::Clock;
use crate::config::MisroutedPolicy;
use crate::kafka::client::Broker;
use crate::kafka::reader::{self, TopicRecord};
use crate::kafka::topics::PartitionRange;
use crate::kafka::{Error, Result, topics};
use crate::store;
use crate::store::offsets::{self, PartitionOffset, TopicPartition, by_partition};
use crate::wire::{RawRecord, RecordKey, SourcePosition, Topic};

/// What is known of the first ingestion of these records.
pub struct FirstIngest {
    /// Records that became dead letters.
    pub dead_letters: HashSet<SourcePosition>,
    /// Records that became dead letters because they were misrouted.
    pub misrouted: HashSet<SourcePosition>,
    /// What happens to the other misrouted records.
    pub other_misrouted: MisroutedPolicy,
}

impl FirstIngest {
    fn policy(&self, position: &SourcePosition) -> MisroutedPolicy {
        if self.misrouted.contains(position) {
            MisroutedPolicy::DeadLetter
        } else if self.dead_letters.contains(position) {
            MisroutedPolicy::Accept
        } else {
            self.other_misrouted
        }
    }
}

/// Reads all inputs from the offsets in the database up to `upto`, and passes them to `apply` in batches. A record that
/// became a dead letter when it was first ingested becomes one again.
///
/// # Errors
/// [`Error::InputGone`] if a topic no longer contains records that are not ingested. Errors of `apply` are returned as
/// they are.
pub async fn ingest_up_to(
    ctx: &AppContext,
    broker: &Broker,
    upto: &[PartitionOffset],
    bounds: BatchLimits,
    first: Arc<FirstIngest>,
    apply: impl AsyncFn(RecordBatch) -> store::Result<()>,
) -> Result<()> {
    let stored: HashMap<_, _> = by_partition(offsets::all(&ctx.pool).await?);
    if upto.iter().all(|to| stored.get(&to.partition).is_some_and(|next| *next >= to.offset)) {
        // Most pages of a close read the same inputs as the page before them, so there is nothing to ingest.
        return Ok(());
    }
    let reader = broker.clone();
    let lows = tokio::task::spawn_blocking(move || topics::watermarks(&reader, Topic::inputs()));
    let lows = lows.await.map_err(|_| Error::Stopped)??;
    let lows: Vec<_> = lows.iter().map(PartitionRange::first_offset).collect();
    let starts: HashMap<_, _> = by_partition(offsets::begin(&ctx.pool, &lows).await?);
    if lows.iter().any(|low| starts.get(&low.partition).is_some_and(|next| *next < low.offset)) {
        return Err(Error::InputGone);
    }
    let mut ranges = Vec::new();
    for &PartitionOffset { partition, offset: end } in upto {
        let start = starts.get(&partition).map(|first| PartitionRange { partition, first: *first, end });
        ranges.extend(start.filter(|range| !range.is_empty()));
    }
    let (send, mut batches) = mpsc::channel(2);
    let source =
        InputSource { broker: broker.clone(), clock: ctx.clock.clone(), key: ctx.record_key.clone(), first };
    let reading = tokio::task::spawn_blocking(move || read(&source, &ranges, bounds, &send));
    while let Some(batch) = batches.recv().await {
        apply(batch).await?;
    }
    reading.await.map_err(|_| Error::Stopped)?
}

/// What reading needs, on a thread of its own.
struct InputSource {
    broker: Broker,
    clock: Clock,
    key: RecordKey,
    first: Arc<FirstIngest>,
}

/// Reads topic by topic: the order between topics does not change the final state.
fn read(
    source: &InputSource,
    ranges: &[PartitionRange],
    bounds: BatchLimits,
    send: &mpsc::Sender<RecordBatch>,
) -> Result<()> {
    let broker = &source.broker;
    let mut collector = BatchCollector::new(bounds);
    let mut prover = GapProver::new(broker.clone(), Arc::default());
    let mut positions: HashMap<TopicPartition, i64> =
        by_partition(ranges.iter().map(PartitionRange::first_offset));
    for topic in Topic::inputs() {
        let own: Vec<_> = ranges.iter().filter(|range| range.partition.topic == topic).copied().collect();
        if own.is_empty() {
            continue;
        }
        reader::read_between(broker, &own, &mut |record| {
            let position = positions.entry(record.partition).or_insert(record.offset);
            let expected = std::mem::replace(position, record.offset + 1);
            let now = source.clock.instant();
            let headers = record.headers.iter().map(|(name, value)| name.len() + value.len());
            let key = record.key.map_or(0, <[u8]>::len);
            let weight = record.value.map_or(0, <[u8]>::len) + key + headers.sum::<usize>() + 512;
            collector.add(consumed_record(source, record), weight, expected, now)?;
            let full = if collector.is_due(now) { collector.take() } else { None };
            let Some(batch) = full else { return Ok(true) };
            prover.prove(&batch)?;
            Ok(send.blocking_send(batch).is_ok())
        })?;
    }
    if let Some(batch) = collector.take() {
        prover.prove(&batch)?;
        // The receiver is gone only if a batch could not be applied; the caller returns that error.
        let _ = send.blocking_send(batch);
    }
    Ok(())
}

fn consumed_record(source: &InputSource, record: TopicRecord<'_>) -> ConsumedRecord {
    let name = source.broker.name(record.partition.topic);
    let TopicRecord { partition: TopicPartition { partition, .. }, offset, .. } = record;
    let position = SourcePosition { topic: name.clone(), partition, offset };
    let is_dead_letter = source.first.dead_letters.contains(&position);
    let message = RawRecord::from(record);
    let at = source.clock.now();
    let mut consumed = ConsumedRecord::read(&message, &name, &source.key, at, is_dead_letter);
    let policy = source.first.policy(&position);
    consumed.check_partition(&message, &name, at, source.broker.partition_counts(), policy);
    if is_dead_letter {
        consumed.make_first_dead_letter();
    }
    consumed
}
