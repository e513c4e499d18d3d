//! Taking inputs in up to given places, and no further: for commands that read again what was read before.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::collector::{BatchCollector, BatchLimits};
use super::gap_proof::GapProver;
use crate::app::AppContext;
use crate::app::ingest::{ConsumedRecord, RecordBatch};
use crate::clock::Clock;
use crate::kafka::client::Broker;
use crate::kafka::reader::{self, TopicRecord};
use crate::kafka::{Error, Result, topics};
use crate::store;
use crate::store::offsets::{self, TopicPartition};
use crate::wire::{RawRecord, Topic};

/// A partition, where it is read from, and the offset before which the reading ends.
type ReadRange = (TopicPartition, i64, i64);

/// Places, as topic's name on the broker, partition and offset.
pub type DeadLetterPositions = HashSet<(String, i32, i64)>;

/// Takes everything in, by `take`, that lies between where the database stands and `upto`. What lies at the places of
/// `letters` became a dead letter when it was first taken in, and does so again.
pub async fn ingest_up_to(
    ctx: &AppContext,
    broker: &Broker,
    upto: &[(TopicPartition, i64)],
    bounds: BatchLimits,
    letters: Arc<DeadLetterPositions>,
    take: impl AsyncFn(RecordBatch) -> store::Result<()>,
) -> Result<()> {
    let stood: HashMap<_, _> = offsets::all(&ctx.pool).await?.into_iter().collect();
    if upto.iter().all(|(partition, to)| stood.get(partition).is_some_and(|next| next >= to)) {
        // Most pages of a close saw what the page before them saw.
        return Ok(());
    }
    let asked = broker.clone();
    let lows = tokio::task::spawn_blocking(move || topics::watermarks(&asked, Topic::inputs()));
    let lows: Vec<_> =
        lows.await.map_err(|_| Error::Stopped)??.into_iter().map(|(p, low, _)| (p, low)).collect();
    let stands: HashMap<_, _> = offsets::begin(&ctx.pool, &lows).await?.into_iter().collect();
    if lows.iter().any(|(partition, low)| stands.get(partition).is_some_and(|at| at < low)) {
        return Err(Error::InputGone);
    }
    let range = |(partition, to): &(TopicPartition, i64)| Some((*partition, *stands.get(partition)?, *to));
    let ranges: Vec<ReadRange> = upto.iter().filter_map(range).filter(|(_, from, to)| from < to).collect();
    let (send, mut batches) = mpsc::channel(2);
    let (broker, clock) = (broker.clone(), ctx.clock.clone());
    let reading =
        tokio::task::spawn_blocking(move || read(&broker, &clock, &ranges, bounds, &letters, &send));
    while let Some(batch) = batches.recv().await {
        take(batch).await?;
    }
    reading.await.map_err(|_| Error::Stopped)?
}

/// Topic by topic: order between topics never matters to the end state.
fn read(
    broker: &Broker,
    clock: &Clock,
    ranges: &[ReadRange],
    bounds: BatchLimits,
    letters: &DeadLetterPositions,
    send: &mpsc::Sender<RecordBatch>,
) -> Result<()> {
    let mut collector = BatchCollector::new(bounds);
    let mut prover = GapProver::new(broker.clone(), Arc::default());
    let mut places: HashMap<TopicPartition, i64> = ranges.iter().map(|(p, from, _)| (*p, *from)).collect();
    for topic in Topic::inputs() {
        let own: Vec<_> = ranges.iter().filter(|(partition, ..)| partition.topic == topic).copied().collect();
        if own.is_empty() {
            continue;
        }
        reader::read_between(broker, &own, &mut |record| {
            let place = places.entry(record.partition).or_insert(record.offset);
            let expected = std::mem::replace(place, record.offset + 1);
            let now = clock.instant();
            let weight = record.value.map_or(0, <[u8]>::len) + 512;
            collector.add(consumed_record(broker, clock, record, letters), weight, expected, now)?;
            let full = if collector.is_due(now) { collector.take() } else { None };
            let Some(batch) = full else { return Ok(true) };
            prover.prove(&batch)?;
            Ok(send.blocking_send(batch).is_ok())
        })?;
    }
    if let Some(batch) = collector.take() {
        prover.prove(&batch)?;
        // Nobody listens only where a batch could not be written: that error is told.
        let _ = send.blocking_send(batch);
    }
    Ok(())
}

fn consumed_record(
    broker: &Broker,
    clock: &Clock,
    record: TopicRecord<'_>,
    letters: &DeadLetterPositions,
) -> ConsumedRecord {
    let TopicRecord { partition, offset, key, headers, value, .. } = record;
    let name = broker.name(partition.topic);
    let is_letter = letters.contains(&(name.clone(), partition.partition, offset));
    let message =
        RawRecord { topic: partition.topic, partition: partition.partition, offset, key, headers, value };
    let mut taken = ConsumedRecord::read(&message, &name, clock.now(), is_letter);
    if is_letter {
        taken.make_first_dead_letter();
    }
    taken
}
