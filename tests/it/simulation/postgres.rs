//! The simulated database against PostgreSQL: random sequences of operations run through `peyvand::app` and through the
//! simulation. After each operation both must have returned the same result, and contain the same rows.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use peyvand::app::{AppContext, close};
use peyvand::claim::Benefit;
use peyvand::clock::Clock;
use peyvand::store::offsets::PartitionOffset;
use peyvand::store::outbox::RelayShards;
use peyvand::store::{Error, connect, installation, migrate};
use peyvand::wire::{PartitionCounts, RecordKey, tables};

use super::closer;
use super::io::{Failed, Io};
use super::log::Sent;
use super::outside::{day, month};
use super::store::GROUPS;
use super::tables::{of_postgres, of_simulation};
use super::world::{IDS, SeededRandom, World};
use crate::harness::TestApp;
use crate::simulation::population::Population;

/// Sequences in a run of the tests, and operations in each.
const SEQUENCES: u64 = 2;
const OPERATIONS: usize = 150;

#[test]
fn the_simulated_database_does_what_postgresql_does() {
    for seed in 0..SEQUENCES {
        let app = TestApp::without_service("1404-08-01");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut both = Both::begin(&app.database_url, seed).await;
            for place in 0..OPERATIONS {
                let what = both.operation().await;
                let (real, simulated) = (of_postgres(&both.ctx.pool).await, of_simulation(&both.io.world()));
                for (real, simulated) in real.iter().zip(&simulated) {
                    assert_eq!(real, simulated, "sequence {seed}, operation {place}: {what}");
                }
            }
            let world = both.io.world();
            let rows = &world.store.tables.rows;
            let counts = (rows.documents.len(), rows.answers.len(), rows.cases.len(), rows.messages.len());
            eprintln!("sequence {seed}: documents, answers, cases, messages: {counts:?}");
            assert!(
                counts.0 > 0 && counts.1 > 0 && counts.3 > 0,
                "the sequence has too few rows: {counts:?}"
            );
        });
        app.end_without_installation();
    }
}

/// PostgreSQL and the simulation; each operation runs on both.
pub struct Both {
    pub ctx: AppContext,
    pub io: Io,
    pub dice: SeededRandom,
    pub to_come: Vec<Rc<Sent>>,
    /// Records of the last batch, which may be applied again.
    pub last: Vec<PartitionOffset>,
    closing: usize,
}

impl Both {
    async fn begin(url: &str, seed: u64) -> Self {
        let pool = connect(url, 4).unwrap();
        migrate(&pool).await.unwrap();
        let laws = tables::parse(tables::built_in()).unwrap();
        installation::keep_tables(&pool, laws.version(), tables::built_in()).await.unwrap();
        let count = installation::outbox_groups(&pool, GROUPS.unsigned_abs()).await.unwrap();
        let ctx = AppContext {
            pool,
            clock: Clock::new(Some(day(0))).unwrap(),
            fixed_business_date: None,
            tables: Arc::new(laws),
            ids: IDS.clone(),
            record_key: RecordKey::new(b"simulation"),
            benefits: Benefit::RELEASED,
            shards: RelayShards { count, partitions: PartitionCounts::new(8) },
            deeds_from: None,
            sms_quiet_hours: None,
            page_persons: u32::try_from(closer::PAGE).unwrap(),
            brake_percent: 50,
            query_timeout: Duration::from_secs(60),
        };
        let world = World::new(seed, false, None, day(0));
        let io = Io::new(Rc::new(RefCell::new(world)), 0, 0);
        let populations = [Population::of(3 * seed), Population::of(3 * seed + 1)];
        let mut to_come: Vec<_> = populations
            .into_iter()
            .flat_map(|population| [population.first, population.second].concat())
            .collect();
        to_come.reverse();
        Self { ctx, io, dice: SeededRandom::new(seed, 2), to_come, last: Vec::new(), closing: 0 }
    }

    async fn operation(&mut self) -> &'static str {
        match self.dice.below(20) {
            0..=6 => self.batch(true).await,
            7 => self.batch(false).await,
            8 => self.finance().await,
            9 if self.dice.one_in(2) => self.officers().await,
            9 => self.finance().await,
            10 | 11 => self.lease().await,
            12 => self.expire().await,
            13 => self.release().await,
            14..=17 => self.deliver().await,
            _ => self.close().await,
        }
    }

    /// Runs some pages of a close, all of it, or a finished close again.
    async fn close(&mut self) -> &'static str {
        // Most inputs come first, so that the first close has claims to pay.
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
        let real = close::close(&self.ctx, month, "[]", &close::Confirmation::Nothing, &progress, &stopped)
            .await
            .unwrap();
        let is_closed = real.is_some_and(|closed| closed.close.closed);
        finish(closer::close(&self.io, month, pages)).unwrap();
        assert_eq!(is_closed, self.io.world().store.tables.closes[&month].closed);
        if is_closed && self.closing == 0 && self.dice.one_in(2) {
            self.closing = 1;
            self.ctx.clock = Clock::new(Some(day(1))).unwrap();
            self.io.world().today = day(1);
        }
        "a close"
    }
}

pub fn failed(error: Error) -> Failed {
    match error {
        Error::LostPartition => Failed::LostPartition,
        Error::LostGroup => Failed::LostGroup,
        other => panic!("{other}"),
    }
}

/// Runs a task to its end, without faults and without other tasks.
pub fn finish<T>(task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    for _ in 0..10_000 {
        if let Poll::Ready(done) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
    panic!("the simulated task does not end");
}
