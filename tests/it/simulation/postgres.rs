//! The simulated database against PostgreSQL: random sequences of operations go through `peyvand::work` and through the
//! simulation; after each operation both must have given the same answer, and hold the same rows.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use peyvand::clock::Clock;
use peyvand::store::offsets::{self, Advance};
use peyvand::store::{Error, connect, installation, migrate};
use peyvand::wire::{Topic, tables};
use peyvand::work::relay::document_of;
use peyvand::work::take_in::{Batch, Taken};
use peyvand::work::{House, close_month, relay as real_relay, take_in as real_take_in};

use super::io::{Failed, Io};
use super::log::{Sent, What};
use super::outside::{answer, answers_of, day, month};
use super::store::GROUPS;
use super::tables::{of_postgres, of_simulation};
use super::take_in::take_in;
use super::town::Town;
use super::world::{Dice, IDS, World};
use super::writing::AT;
use super::{closer, relay, writer};
use crate::app::TestApp;

/// Sequences of a run of the tests, and operations in each.
const SEQUENCES: u64 = 2;
const OPERATIONS: usize = 150;
const OWNERS: [&str; 2] = ["one", "another"];

#[test]
fn the_simulated_database_does_what_postgresql_does() {
    for seed in 0..SEQUENCES {
        let app = TestApp::without_service("1404-08-01");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut both = Both::begin(&app.database_url, seed).await;
            for place in 0..OPERATIONS {
                let what = both.operation().await;
                let (real, simulated) =
                    (of_postgres(&both.house.pool).await, of_simulation(&both.io.world()));
                for (real, simulated) in real.iter().zip(&simulated) {
                    assert_eq!(real, simulated, "sequence {seed}, operation {place}: {what}");
                }
            }
            let world = both.io.world();
            let rows = &world.store.tables.rows;
            let told = (rows.documents.len(), rows.answers.len(), rows.cases.len(), rows.messages.len());
            eprintln!("sequence {seed}: documents, answers, cases, messages: {told:?}");
            assert!(told.0 > 0 && told.1 > 0 && told.3 > 0, "the sequence is too tame: {told:?}");
        });
        app.end_unborn();
    }
}

/// One operation goes through both.
struct Both {
    house: House,
    io: Io,
    dice: Dice,
    to_come: Vec<Rc<Sent>>,
    /// Messages of the last batch, to be tried again.
    last: Vec<(offsets::Partition, i64)>,
    closing: usize,
}

impl Both {
    async fn begin(url: &str, seed: u64) -> Self {
        let pool = connect(url, 4).unwrap();
        migrate(&pool).await.unwrap();
        let laws = tables::parse(tables::built_in()).unwrap();
        installation::keep_tables(&pool, laws.version(), tables::built_in()).await.unwrap();
        let groups = installation::outbox_groups(&pool, GROUPS.unsigned_abs()).await.unwrap();
        let house = House {
            pool,
            clock: Clock::new(Some(day(0))).unwrap(),
            day: None,
            tables: Arc::new(laws),
            ids: IDS.clone(),
            groups,
            deeds_from: None,
            page_persons: u32::try_from(closer::PAGE).unwrap(),
            brake_percent: 50,
            silence: Duration::from_secs(60),
        };
        let world = World::new(seed, false, None, day(0));
        let io = Io::new(Rc::new(RefCell::new(world)), 0, 0);
        let towns = [Town::of(3 * seed), Town::of(3 * seed + 1)];
        let mut to_come: Vec<_> =
            towns.into_iter().flat_map(|town| [town.first, town.second].concat()).collect();
        to_come.reverse();
        Self { house, io, dice: Dice::new(seed, 2), to_come, last: Vec::new(), closing: 0 }
    }

    async fn operation(&mut self) -> &'static str {
        match self.dice.below(20) {
            0..=6 => self.batch(true).await,
            7 => self.batch(false).await,
            8 | 9 => self.finance().await,
            10 | 11 => self.lease().await,
            12 => self.expire().await,
            13 => self.release().await,
            14..=17 => self.deliver().await,
            _ => self.close().await,
        }
    }

    /// A batch of what comes next; or the last one again, which the offsets refuse.
    async fn batch(&mut self, is_new: bool) -> &'static str {
        if is_new {
            for _ in 0..=self.dice.below(3) {
                let Some(next) = self.to_come.pop() else { break };
                self.io.world().send(&next);
            }
            self.last = self.next_messages();
            let partitions: Vec<_> = self.last.iter().map(|(partition, _)| (*partition, 0)).collect();
            offsets::begin(&self.house.pool, &partitions).await.unwrap();
            for (partition, _) in partitions {
                self.io.world().store.tables.offsets.entry(partition).or_insert(0);
            }
        }
        if self.last.is_empty() {
            return "no batch";
        }
        let batch = self.read();
        let real = real_take_in::take_in(&self.house, &batch).await;
        let simulated = finish(take_in(&self.io, &batch));
        assert_eq!(real.map(drop).map_err(failed), simulated);
        assert_eq!(simulated.is_ok(), is_new);
        "a batch"
    }

    /// A few messages that the offsets have before them, in the order of each partition.
    fn next_messages(&mut self) -> Vec<(offsets::Partition, i64)> {
        let world = self.io.world();
        let stands = |partition| world.store.tables.offsets.get(&partition).copied().unwrap_or(0);
        let ready =
            world.log.inputs().flat_map(|p| (stands(p)..world.log.end(p)).map(move |offset| (p, offset)));
        ready.take(1 + self.dice.pick(6)).collect()
    }

    fn read(&self) -> Batch {
        let world = self.io.world();
        let mut batch = Batch { advances: Vec::new(), taken: Vec::new() };
        for (partition, offset) in self.last.iter().copied() {
            let (_, entry) = world.log.committed(partition, offset).next().unwrap();
            let What::Input(sent) = &entry.what else { unreachable!() };
            let message = sent.message(partition.partition, offset);
            batch.taken.push(Taken::read(&message, partition.topic.name(), AT, false));
            match batch.advances.iter_mut().find(|advance| advance.partition == partition) {
                Some(advance) => advance.next = offset + 1,
                None => batch.advances.push(Advance { partition, expected: offset, next: offset + 1 }),
            }
        }
        batch
    }

    /// Finance answers a document, or one that nobody issued; the next batch takes it in.
    async fn finance(&mut self) -> &'static str {
        let known: Vec<_> = self.io.world().store.tables.rows.documents.keys().cloned().collect();
        let id = if known.is_empty() || self.dice.one_in(6) {
            "nobody's".to_owned()
        } else {
            known[self.dice.pick(known.len())].clone()
        };
        // The words of any document, so that one is answered in many ways.
        let words = answers_of(&char::from(b'0' + u8::try_from(self.dice.below(8)).unwrap()).to_string());
        for word in words {
            self.io.world().send(&answer(&id, word));
        }
        self.batch(true).await
    }

    async fn lease(&mut self) -> &'static str {
        // Of the time that passes here only `expire` tells.
        self.run("UPDATE relay_groups SET until = now() + interval '1 hour' WHERE until > now()").await;
        self.run("UPDATE relay_members SET until = now() + interval '1 hour' WHERE until > now()").await;
        let owner = OWNERS[self.dice.pick(2)];
        let real = real_relay::lease(&self.house, owner).await.unwrap();
        assert_eq!(real, relay::lease(&mut self.io.world().store.tables, owner, 1));
        "a lease"
    }

    async fn expire(&mut self) -> &'static str {
        let owner = OWNERS[self.dice.pick(2)];
        for table in ["relay_groups", "relay_members"] {
            self.run(&format!(
                "UPDATE {table} SET until = now() - interval '1 hour' WHERE owner = '{owner}'"
            ))
            .await;
        }
        let tables = &mut self.io.world().store.tables;
        tables.members.entry(owner.to_owned()).and_modify(|until| *until = 0);
        let groups = tables.groups.values_mut().filter(|group| group.owner.as_deref() == Some(owner));
        groups.for_each(|group| group.until = 0);
        "an end of leases"
    }

    async fn release(&mut self) -> &'static str {
        let owner = OWNERS[self.dice.pick(2)];
        real_relay::release(&self.house, owner).await.unwrap();
        relay::release(&mut self.io.world().store.tables, owner);
        "a release"
    }

    /// A page of a group, and the note that a part of it was delivered; perhaps by one who may not say so.
    async fn deliver(&mut self) -> &'static str {
        let group = i16::try_from(self.dice.pick(usize::try_from(GROUPS).unwrap())).unwrap();
        let owner = OWNERS[self.dice.pick(2)];
        let delivered = real_relay::delivered(&self.house, group).await.unwrap();
        assert_eq!(delivered, self.io.world().store.tables.groups[&group].delivered);
        let real = real_relay::page(&self.house, group, delivered, 1 << 24).await.unwrap();
        let events = real.iter().flat_map(|segment| segment.events().unwrap());
        let real: Vec<_> = events.filter(|(p, _)| *p > delivered).map(|(p, e)| (p, told(&e))).collect();
        let page = writer::page(&self.io.world().store.tables, group, delivered, 64);
        let simulated: Vec<_> = page.iter().map(|(position, event)| (*position, told(event))).collect();
        assert_eq!(real, simulated);
        let events = &page[..page.len().min(self.dice.pick(8))];
        let last = events.last().map_or(delivered - 1, |(position, _)| *position);
        let documents: Vec<_> = events.iter().filter_map(|(_, event)| document_of(event)).collect();
        let simulated = finish(writer::confirm(&self.io, group, owner, last, &documents));
        let delivered = real_relay::Delivered { upto: last, documents, ends: Vec::new() };
        let real = real_relay::confirm(&self.house, group, owner, &delivered).await;
        assert_eq!(real.map_err(failed), simulated);
        "a note of delivery"
    }

    /// Some pages of a close, or all of it; or a close once more.
    async fn close(&mut self) -> &'static str {
        // The first close has something to close.
        if self.to_come.len() > 8 {
            return self.batch(true).await;
        }
        let (month, pages) = (month(self.closing), 1 + self.dice.pick(3));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let done = std::sync::atomic::AtomicUsize::new(0);
        let progress = |_, _| {
            if done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1 == pages {
                let _ = stop.send(true);
            }
        };
        let real = close_month::close(&self.house, month, "[]", &progress, &stopped).await.unwrap();
        let is_closed = real.is_some_and(|closed| closed.batch.closed);
        finish(closer::close(&self.io, month, pages)).unwrap();
        assert_eq!(is_closed, self.io.world().store.tables.batches[&month].closed);
        if is_closed && self.closing == 0 && self.dice.one_in(2) {
            self.closing = 1;
            self.house.clock = Clock::new(Some(day(1))).unwrap();
            self.io.world().today = day(1);
        }
        "a close"
    }

    async fn run(&self, sql: &str) {
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&self.house.pool).await.unwrap();
    }
}

fn failed(error: Error) -> Failed {
    match error {
        Error::LostPartition => Failed::LostPartition,
        Error::LostGroup => Failed::LostGroup,
        other => panic!("{other}"),
    }
}

fn told(event: &peyvand::wire::Outgoing) -> (Topic, &'static str, String, String) {
    (event.topic(), event.kind.name(), event.key.clone(), event.id.clone())
}

/// Undisturbed, and alone.
fn finish<T>(task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    for _ in 0..10_000 {
        if let Poll::Ready(done) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
    panic!("the simulation waits for itself");
}
