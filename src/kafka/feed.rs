//! Taking inputs in up to given places, and no further: for commands that read again what was read before.

use std::collections::HashMap;

use tokio::sync::mpsc;

use super::client::Broker;
use super::collector::{Bounds, Collector};
use super::reader::{self, Record};
use super::{Error, Result, topics};
use crate::clock::Clock;
use crate::store::offsets::{self, Partition};
use crate::wire::{Message, Topic};
use crate::work::House;
use crate::work::take_in::{Batch, Taken, take_in};

/// A partition, where it is read from, and the offset before which the reading ends.
type Range = (Partition, i64, i64);

/// Takes everything in that lies between where the database stands and `upto`. `told` hears of every batch.
pub async fn feed(
    house: &House,
    broker: &Broker,
    upto: &[(Partition, i64)],
    bounds: Bounds,
    told: &(dyn Fn(usize) + Sync),
) -> Result<()> {
    let asked = broker.clone();
    let lows = tokio::task::spawn_blocking(move || topics::watermarks(&asked, Topic::inputs()));
    let lows: Vec<_> =
        lows.await.map_err(|_| Error::Stopped)??.into_iter().map(|(p, low, _)| (p, low)).collect();
    let stands: HashMap<_, _> = offsets::begin(&house.pool, &lows).await?.into_iter().collect();
    if lows.iter().any(|(partition, low)| stands.get(partition).is_some_and(|at| at < low)) {
        return Err(Error::InputGone);
    }
    let range = |(partition, to): &(Partition, i64)| Some((*partition, *stands.get(partition)?, *to));
    let ranges: Vec<Range> = upto.iter().filter_map(range).filter(|(_, from, to)| from < to).collect();
    let (send, mut batches) = mpsc::channel(2);
    let (broker, clock) = (broker.clone(), house.clock.clone());
    let reading = tokio::task::spawn_blocking(move || read(&broker, &clock, &ranges, bounds, &send));
    while let Some(batch) = batches.recv().await {
        let done = take_in(house, &batch).await?;
        told(done.messages);
    }
    reading.await.map_err(|_| Error::Stopped)?
}

/// Topic by topic: order between topics never matters to the end state.
fn read(
    broker: &Broker,
    clock: &Clock,
    ranges: &[Range],
    bounds: Bounds,
    send: &mpsc::Sender<Batch>,
) -> Result<()> {
    let mut collector = Collector::new(bounds);
    let mut places: HashMap<Partition, i64> = ranges.iter().map(|(p, from, _)| (*p, *from)).collect();
    for topic in Topic::inputs() {
        let own: Vec<_> = ranges.iter().filter(|(partition, ..)| partition.topic == topic).copied().collect();
        reader::read_between(broker, &own, &mut |record| {
            let place = places.entry(record.partition).or_insert(record.offset);
            let expected = std::mem::replace(place, record.offset + 1);
            let now = clock.instant();
            let weight = record.value.map_or(0, <[u8]>::len) + 512;
            collector.add(taken(broker, clock, record), weight, expected, now);
            let full = if collector.is_due(now) { collector.take() } else { None };
            Ok(full.is_none_or(|batch| send.blocking_send(batch).is_ok()))
        })?;
    }
    if let Some(batch) = collector.take() {
        // Nobody listens only where a batch could not be written: that error is told.
        let _ = send.blocking_send(batch);
    }
    Ok(())
}

fn taken(broker: &Broker, clock: &Clock, record: Record<'_>) -> Taken {
    let Record { partition, offset, key, headers, value } = record;
    let message =
        Message { topic: partition.topic, partition: partition.partition, offset, key, headers, value };
    Taken::read(&message, &broker.name(partition.topic), clock.now(), false)
}
