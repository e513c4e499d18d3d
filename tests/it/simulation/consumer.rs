//! The consumer: one task polls and collects, and two tasks write, each for its own partitions; as `kafka::consumer`
//! and its submodules.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use peyvand::app::ingest::{ConsumedRecord, RecordBatch};
use peyvand::store::offsets::{OffsetAdvance, TopicPartition};

use crate::simulation::ingest::ingest_batch;
use crate::simulation::io::{Failed, Io};
use crate::simulation::log::What;
use crate::simulation::world::Defect;
use crate::simulation::writing::AT;

const LANES: usize = 2;
/// Maximum number of records in a batch.
const FULL: usize = 5;

/// State that the polling task and the writing tasks share.
#[derive(Default)]
struct Shared {
    epoch: Cell<u64>,
    rewind: Cell<bool>,
    /// For each writer the batch that waits while another is written.
    waiting: [RefCell<Option<(u64, RecordBatch)>>; LANES],
}

pub async fn run(io: Io) {
    let shared = Rc::new(Shared::default());
    for lane in 0..LANES {
        io.spawn(write_batches(io.clone(), shared.clone(), lane));
    }
    let mut poller = Poller { io, shared, positions: BTreeMap::new(), gathered: Default::default() };
    loop {
        if poller.shared.rewind.take() {
            poller.gathered = Default::default();
            poller.rewind().await;
        }
        poller.rebalance().await;
        poller.io.step("poll").await;
        let found = (0..LANES).any(|lane| poller.gathered[lane].taken.len() < FULL && poller.poll(lane));
        for lane in 0..LANES {
            let is_due =
                poller.gathered[lane].taken.len() >= FULL || !found || poller.io.world().dice.one_in(4);
            if is_due && !poller.hand_over(lane).await {
                poller.restart().await;
                break;
            }
        }
        if !found {
            poller.io.idle(20).await;
        }
    }
}

/// As `kafka::consumer::collector`.
#[derive(Default)]
struct Collector {
    taken: Vec<ConsumedRecord>,
    advances: BTreeMap<TopicPartition, (i64, i64)>,
}

impl Collector {
    /// Returns false if the expected offset of the partition is not the one after the last collected record.
    fn add(&mut self, taken: ConsumedRecord, expected: i64, is_careless: bool) -> bool {
        let (partition, next) = (taken.partition, taken.offset + 1);
        let advance = self.advances.entry(partition).or_insert((expected, expected));
        let agrees = advance.1 == expected || is_careless;
        advance.1 = next;
        self.taken.push(taken);
        agrees
    }

    fn forget(&mut self, partition: TopicPartition) {
        self.taken.retain(|taken| taken.partition != partition);
        self.advances.remove(&partition);
    }

    fn take(&mut self) -> Option<RecordBatch> {
        if self.taken.is_empty() {
            return None;
        }
        let advance = |(partition, (expected, next))| OffsetAdvance { partition, expected, next };
        let advances = std::mem::take(&mut self.advances).into_iter().map(advance).collect();
        Some(RecordBatch { advances, records: std::mem::take(&mut self.taken) })
    }
}

struct Poller {
    io: Io,
    shared: Rc<Shared>,
    /// The next offset of each assigned partition.
    positions: BTreeMap<TopicPartition, i64>,
    gathered: [Collector; LANES],
}

impl Poller {
    /// Drops revoked partitions, and starts newly assigned ones at the offsets in the database. A consumer does not
    /// always notice a rebalance at once.
    async fn rebalance(&mut self) {
        if self.io.world().happens(3) {
            return;
        }
        let service = self.io.service;
        let ours = |(partition, of): (&TopicPartition, &usize)| (*of == service).then_some(*partition);
        let assigned: Vec<_> = self.io.world().assigned.iter().filter_map(ours).collect();
        let is_careless = self.io.has(Defect::GatheredTwice);
        let revoked = self.positions.keys().filter(|partition| !assigned.contains(partition));
        for partition in revoked.copied().collect::<Vec<_>>() {
            self.positions.remove(&partition);
            if !is_careless {
                self.gathered[lane_of(partition)].forget(partition);
            }
        }
        let new: Vec<_> = assigned.into_iter().filter(|p| !self.positions.contains_key(p)).collect();
        if !new.is_empty() {
            self.io.step("take partitions over").await;
            self.stand(new);
        }
    }

    async fn rewind(&mut self) {
        self.io.step("read again from where the database stands").await;
        self.stand(self.positions.keys().copied().collect());
    }

    /// Discards the collected records: the next session starts all partitions at the offsets in the database.
    async fn restart(&mut self) {
        self.io.step("begin anew from where the database stands").await;
        self.gathered = Default::default();
        self.positions.clear();
    }

    fn stand(&mut self, partitions: Vec<TopicPartition>) {
        let offsets = &mut self.io.world().store.tables.offsets;
        self.positions.extend(partitions.into_iter().map(|p| (p, *offsets.entry(p).or_insert(0))));
    }

    /// Collects the next record of one of the lane's partitions. Returns false if there is none.
    fn poll(&mut self, lane: usize) -> bool {
        let mut world = self.io.world();
        let ours = |(p, next): (&TopicPartition, &i64)| {
            (lane_of(*p) == lane && world.log.end(*p) > *next).then_some((*p, *next))
        };
        let ready: Vec<_> = self.positions.iter().filter_map(ours).collect();
        if ready.is_empty() {
            return false;
        }
        let (partition, expected) = ready[world.dice.pick(ready.len())];
        // A fault: the consumer skips a record, if another one follows.
        let skip =
            usize::from(world.happens(20) && world.log.committed(partition, expected).nth(1).is_some());
        let next = world.log.committed(partition, expected).nth(skip);
        let Some((offset, entry)) = next else { return false };
        let What::Input(sent) = &entry.what else { panic!("an input partition contains only inputs") };
        let message = sent.message(partition.partition, offset);
        let taken = ConsumedRecord::read(
            &message,
            partition.topic.name(),
            &peyvand::wire::RecordKey::new(b"simulation"),
            AT,
            false,
        );
        self.positions.insert(partition, offset + 1);
        let is_careless = world.defect == Some(Defect::GatheredTwice);
        if !self.gathered[lane].add(taken, expected, is_careless) {
            world.broken(format!("{partition:?}: the collected offsets do not continue at {expected}"));
        }
        true
    }

    /// Returns false if the batch has a gap that contains a record.
    async fn hand_over(&mut self, lane: usize) -> bool {
        let Some(batch) = self.gathered[lane].take() else { return true };
        if !self.has_all(&batch) && !self.io.has(Defect::GapsBelieved) {
            return false;
        }
        let epoch = self.shared.epoch.get();
        while self.shared.waiting[lane].borrow().is_some() {
            self.io.step("wait for the writer").await;
            self.io.idle(4).await;
        }
        *self.shared.waiting[lane].borrow_mut() = Some((epoch, batch));
        true
    }

    /// As `kafka::consumer::gap_proof`: a second reader finds no record that the batch skips.
    fn has_all(&self, batch: &RecordBatch) -> bool {
        let world = self.io.world();
        batch.advances.iter().all(|advance| {
            let read = world.log.committed(advance.partition, advance.expected).map(|(offset, _)| offset);
            let is_taken = |taken: &ConsumedRecord, offset| {
                (taken.partition, taken.offset) == (advance.partition, offset)
            };
            read.take_while(|offset| *offset < advance.next)
                .all(|offset| batch.records.iter().any(|taken| is_taken(taken, offset)))
        })
    }
}

fn lane_of(partition: TopicPartition) -> usize {
    usize::try_from(partition.partition).unwrap() % LANES
}

/// The writing task: a batch with a transient error is tried again; after any other error the input is read again.
async fn write_batches(io: Io, shared: Rc<Shared>, lane: usize) {
    loop {
        io.idle(8).await;
        let Some((epoch, batch)) = shared.waiting[lane].take() else { continue };
        if epoch != shared.epoch.get() {
            continue;
        }
        loop {
            match ingest_batch(&io, &batch).await {
                Ok(()) => break,
                Err(Failed::Connection) => io.idle(10).await,
                Err(error) => {
                    if let Failed::Key(key) = error {
                        io.world().broken(format!("the unique key of {key} refused a batch"));
                    }
                    shared.epoch.set(shared.epoch.get() + 1);
                    shared.rewind.set(true);
                    io.idle(10).await;
                    break;
                }
            }
        }
    }
}
