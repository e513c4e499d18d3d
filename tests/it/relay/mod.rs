//! The relay alone, inside the test process: delivery, takeover, leases, outbox partitions, and refusals.

mod delivery;
mod foreign;
mod leases;
mod outbox_partitions;
mod tails;
mod truncated_topics;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use peyvand::app::AppContext;
use peyvand::config::Settings;
use peyvand::kafka::relay::{self, RelayEvent, RelayRole};
use peyvand::kafka::{self, Broker};
use peyvand::store::{PgConnection, outbox};
use peyvand::wire::{EventType, Outgoing, Topic, partition_for};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::harness::{StoredRecord, TestApp, Watch};

const DECISIONS: &str = "eligibility.decisions.v1";
/// Two for each of the four relay shards.
const PARTITIONS: i32 = 8;

/// An installation without processes; the test appends to its outbox.
struct Installation {
    runtime: Runtime,
    app: TestApp,
    ctx: AppContext,
}

/// A running relay.
struct Deliverer {
    stop: watch::Sender<bool>,
    task: JoinHandle<kafka::Result<()>>,
    committed: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

impl Installation {
    /// Creates the tables, but no topics.
    fn open() -> Self {
        let (runtime, app) = (Runtime::new().unwrap(), TestApp::without_service("1404-08-01"));
        let app = app.with("topic_partitions", &PARTITIONS.to_string());
        let mut ctx = runtime.block_on(AppContext::open(&settings(&app))).unwrap();
        ctx.query_timeout = Duration::from_secs(10);
        Self { runtime, app, ctx }
    }

    /// Creates the tables and the output topics.
    fn delivering() -> Self {
        let installation = Self::open();
        installation.app.make_topics(Topic::outputs());
        installation
    }

    fn relay(&self, owner: &str) -> Deliverer {
        self.relay_with_observer(owner, |_| ())
    }

    /// Runs a relay until everything is delivered. Returns the number of sent events and the number of failures.
    #[track_caller]
    fn deliver(&self, owner: &str) -> (u64, u64) {
        let relay = self.relay(owner);
        self.until_delivered();
        relay.end(self)
    }

    /// Starts a relay whose events also go to the `observer`.
    fn relay_with_observer(
        &self,
        owner: &str,
        observer: impl Fn(RelayEvent) + Send + Sync + 'static,
    ) -> Deliverer {
        let (committed, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (records, failures) = (committed.clone(), failed.clone());
        let counts = move |event| {
            match event {
                RelayEvent::Committed(sent) => records.fetch_add(sent, Ordering::Relaxed),
                RelayEvent::Failed => failures.fetch_add(1, Ordering::Relaxed),
            };
            observer(event);
        };
        let relay = RelayRole {
            ctx: self.ctx.clone(),
            broker: Broker::new(&settings(&self.app)),
            owner: owner.to_owned(),
            page_bytes: 1,
            counts: Arc::new(counts),
            transaction_permit: Semaphore::new(1),
        };
        let (stop, stopped) = watch::channel(false);
        let task = self.runtime.spawn(relay::run(Arc::new(relay), stopped));
        Deliverer { stop, task, committed, failed }
    }

    /// Appends events in one transaction.
    fn append(&self, events: impl IntoIterator<Item = Outgoing>) {
        self.runtime.block_on(async {
            let mut tx = self.ctx.pool.begin().await.unwrap();
            outbox::append(&mut tx, events, self.ctx.shards).await.unwrap();
            tx.commit().await.unwrap();
        });
    }

    fn depth(&self) -> i64 {
        self.runtime.block_on(async { outbox::depth(&mut *self.connection().await).await.unwrap() })
    }

    async fn connection(&self) -> impl std::ops::DerefMut<Target = PgConnection> {
        self.ctx.pool.acquire().await.unwrap()
    }

    #[track_caller]
    fn until_delivered(&self) {
        self.app.wait("everything is delivered", || self.depth() == 0);
    }

    /// All records in the topic of decisions.
    fn stored_records(&self) -> Vec<StoredRecord> {
        self.app.stored_records(DECISIONS)
    }

    /// The ids in each partition of the topic of decisions, in order.
    fn ids(&self) -> BTreeMap<i32, Vec<String>> {
        let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for record in self.stored_records() {
            ids.entry(record.partition).or_default().push(record.header("ce_id"));
        }
        ids
    }

    /// Ends the test without the usual final checks: every relay has ended, and the test has checked the topics itself.
    fn close(self) {
        drop(self.runtime);
        self.app.end_unchecked();
    }
}

impl Deliverer {
    /// Stops the relay. Returns the number of sent events and the number of failures.
    #[track_caller]
    fn end(self, installation: &Installation) -> (u64, u64) {
        self.stop.send_replace(true);
        installation.runtime.block_on(self.task).unwrap().unwrap();
        (self.committed.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    /// Waits until the relay ends by itself, and returns its error.
    #[track_caller]
    fn refusal(self, installation: &Installation) -> kafka::Error {
        // On a recreated topic this takes 50 s on an idle machine, and nothing else makes progress meanwhile.
        let mut watch = Watch::of(Duration::from_secs(180));
        while !self.task.is_finished() {
            let progress = || (installation.app.progress(), self.failed.load(Ordering::Relaxed));
            assert!(!watch.is_over(progress), "the relay does not end: {}", watch.report());
        }
        let ended = installation.runtime.block_on(self.task);
        ended.unwrap().expect_err("the relay ended without an error")
    }
}

pub fn settings(app: &TestApp) -> Settings {
    let flags = [
        ("kafka_brokers", app.brokers.as_str()),
        ("topic_prefix", app.prefix.as_str()),
        ("database_url", app.database_url.as_str()),
    ];
    let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Settings::load_from(&flags, None, []).unwrap().settings
}

/// An event of this key.
fn event(key: &str, id: &str) -> Outgoing {
    event_of_size(key, id, 0)
}

/// An event of this key with `bytes` additional bytes.
fn event_of_size(key: &str, id: &str, bytes: usize) -> Outgoing {
    let data = "x".repeat(bytes);
    Outgoing::new(EventType::DecisionMade, key, id, Timestamp::UNIX_EPOCH, None, &data).unwrap()
}

/// A key whose records go to this partition of the topic of decisions.
fn key_of(partition: i32) -> String {
    let mut keys = (0..).map(|n: u32| format!("key {n}"));
    keys.find(|key| partition_for(key.as_bytes(), PARTITIONS) == partition).unwrap()
}

/// One event for each partition, with ids that start with `prefix`.
fn one_event_per_partition(prefix: &str) -> Vec<Outgoing> {
    (0..PARTITIONS).map(|partition| event(&key_of(partition), &format!("{prefix} {partition}"))).collect()
}
