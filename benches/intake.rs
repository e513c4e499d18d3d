//! `make bench`: the intake of registry events with their decisions, beside a raw consume-COPY-produce floor on the same
//! machine in the same run. Only the ratio means something elsewhere; the absolute figures are told all the same.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark measures time and may fail loudly"
)]

mod floor;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use peyvand::cli::generate::{Plan, write_month};
use peyvand::cli::publish::{Publication, Source};
use peyvand::config::Settings;
use peyvand::kafka::intake::{self, Bounds, Intake};
use peyvand::kafka::relay::{self, Relay, RelayDid};
use peyvand::kafka::{self, Broker};
use peyvand::store::{offsets, outbox};
use peyvand::wire::Topic;
use peyvand::wire::files::FileKind;
use peyvand::work::House;
use tokio::sync::watch;

fn env(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn main() {
    // `cargo test --benches` and `cargo bench` both come here; only the latter measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(run());
}

async fn run() {
    let brokers = std::env::var("PEYVAND_KAFKA_BROKERS")
        .expect("run `make bench`: it brings up a broker and a database");
    let url = std::env::var("PEYVAND_DATABASE_URL").expect("run `make bench`");
    let flags: BTreeMap<_, _> = [
        ("kafka_brokers", brokers.as_str()),
        ("database_url", url.as_str()),
        ("topic_prefix", "bench."),
        ("today", "1404-08-01"),
        ("installation_secret", "a secret for benchmarks"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let settings = Settings::load_from(&flags, None, std::iter::empty()).unwrap().settings;
    let broker = Broker::new(&settings);
    kafka::topics::ensure(&broker, 1).await.unwrap();
    let house = House::open(&settings).await.unwrap();
    let marriages = env("MARRIAGES", 40_000);
    let events = env("EVENTS", 300_000);

    println!("floor: {events} events of 700 bytes, consume → COPY → produce, batches of 5,000, overlapped");
    let before = floor::measure(&brokers, &house, events).await;
    println!("  {before:>10.0} events/s");
    let bench = Bench { settings, broker, house };
    bench.load_histories(marriages).await;
    let (rows, seconds) = bench.take_in_marriages().await;
    let intake = rows / seconds;
    println!(
        "intake: {rows:.0} registry events with their decisions in {seconds:.2} s\n  {intake:>10.0} events/s"
    );
    let (records, seconds) = bench.relay().await;
    println!("relay: {records:.0} records in {seconds:.2} s\n  {:>10.0} records/s", records / seconds);
    let after = floor::measure(bench.broker.brokers(), &bench.house, events).await;
    println!("floor again:\n  {after:>10.0} events/s");
    let floor = f64::midpoint(before, after);
    println!("\nintake / floor = {:.3}   (floor {floor:.0} events/s, the mean of both)", intake / floor);
}

struct Bench {
    settings: Settings,
    broker: Broker,
    house: House,
}

impl Bench {
    fn intake(&self, count: Arc<dyn Fn(usize) + Send + Sync>) -> Intake {
        Intake {
            house: self.house.clone(),
            broker: self.broker.clone(),
            instance: Some("bench".to_owned()),
            bounds: Bounds {
                events: self.settings.batch_events,
                bytes: self.settings.batch_bytes,
                wait: Duration::from_millis(self.settings.batch_wait_ms),
            },
            grace: Duration::from_secs(8),
            counts: Arc::new(move |done, _| count(done.messages)),
            failed: Arc::new(|| {}),
        }
    }

    async fn disposed(&self) {
        let broker = self.broker.clone();
        let marks = tokio::task::spawn_blocking(move || kafka::topics::watermarks(&broker, Topic::inputs()))
            .await
            .unwrap()
            .unwrap();
        while !kafka::topics::lag(&marks, &offsets::all(&self.house.pool).await.unwrap()).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn publish(&self, dir: &Path, kind: FileKind) {
        let (broker, path) = (self.broker.clone(), dir.join(kind.file_name()));
        let at = self.house.clock.now();
        let (_end, stop) = watch::channel(false);
        let send = move || {
            let source = Source::open(&path).unwrap();
            let (broker, stop) = (&broker, &stop);
            Publication { broker, kind, source: &source, at, stop, quiet: true }.send(None).map(drop)
        };
        tokio::task::spawn_blocking(send).await.unwrap().unwrap();
    }

    /// Histories are taken in first; the marriages then lie in their topic, waiting.
    async fn load_histories(&self, marriages: u32) {
        let dir = tempfile::tempdir().unwrap();
        let plan = Plan { marriages, seed: 1, today: self.house.clock.today() };
        let summary = write_month(&plan, dir.path(), &|_, _| {}).unwrap();
        let began = Instant::now();
        let (end, stop) = watch::channel(false);
        let role = tokio::spawn(intake::run(self.intake(Arc::new(|_| {})), stop));
        for kind in [FileKind::Persons, FileKind::Employments, FileKind::Wages, FileKind::EarlierPayments] {
            self.publish(dir.path(), kind).await;
        }
        self.disposed().await;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "histories: {} persons, {} wage months, published and taken in, in {seconds:.1} s",
            summary.persons, summary.wages
        );
        end.send(true).unwrap();
        role.await.unwrap().unwrap();
        self.publish(dir.path(), FileKind::Marriages).await;
        // What the server owes for the histories is paid before the clock starts.
        sqlx::query("VACUUM (ANALYZE)").execute(&self.house.pool).await.unwrap();
    }

    /// From the first batch that stands to the last: joining the group is not counted, nor is that first batch.
    async fn take_in_marriages(&self) -> (f64, f64) {
        let began: Arc<std::sync::Mutex<Option<Instant>>> = Arc::default();
        let counted = Arc::new(AtomicU64::new(0));
        let (first, count) = (began.clone(), counted.clone());
        let role_count = move |messages: usize| {
            let mut first = first.lock().unwrap();
            match *first {
                None => *first = Some(Instant::now()),
                Some(_) => drop(count.fetch_add(messages as u64, Ordering::AcqRel)),
            }
        };
        let (end, stop) = watch::channel(false);
        let role = tokio::spawn(intake::run(self.intake(Arc::new(role_count)), stop));
        self.disposed().await;
        let seconds = began.lock().unwrap().expect("a batch was taken in").elapsed().as_secs_f64();
        end.send(true).unwrap();
        role.await.unwrap().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a count of events")]
        let rows = counted.load(Ordering::Acquire) as f64;
        (rows, seconds)
    }

    async fn relay(&self) -> (f64, f64) {
        let mut connection = self.house.pool.acquire().await.unwrap();
        let depth = outbox::depth(&mut connection).await.unwrap();
        let began: Arc<std::sync::Mutex<Option<Instant>>> = Arc::default();
        let first = began.clone();
        let relay = Relay {
            house: self.house.clone(),
            broker: self.broker.clone(),
            owner: "bench".to_owned(),
            page_bytes: self.settings.relay_page_bytes,
            turn: tokio::sync::Semaphore::new(1),
            counts: Arc::new(move |did| {
                if matches!(did, RelayDid::Committed(_)) {
                    first.lock().unwrap().get_or_insert_with(Instant::now);
                }
            }),
        };
        let (end, stop) = watch::channel(false);
        let role = tokio::spawn(relay::run(Arc::new(relay), stop));
        while outbox::depth(&mut connection).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let seconds = began.lock().unwrap().expect("a page was delivered").elapsed().as_secs_f64();
        end.send(true).unwrap();
        role.await.unwrap().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a count of records")]
        let records = depth as f64;
        (records, seconds)
    }
}
