//! `make bench`: ingest of registry events with their decisions, compared with a raw consume-COPY-produce floor on the
//! same machine in the same run. Only the ratio is comparable with other machines; the absolute figures are printed,
//! too.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark measures time and may fail loudly"
)]

mod floor;

/// The same allocator as in the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use peyvand::app::AppContext;
use peyvand::config::Settings;
use peyvand::demo::generate::{GenerateOptions, write_month};
use peyvand::kafka::consumer;
use peyvand::kafka::consumer::{BatchLimits, ConsumerRole};
use peyvand::kafka::relay::{self, RelayEvent, RelayRole};
use peyvand::kafka::{self, Broker};
use peyvand::service::publish::{Publication, SourceFile};
use peyvand::store::{offsets, outbox};
use peyvand::wire::Topic;
use peyvand::wire::files::{FileKind, RowLimits};
use tokio::sync::watch;

fn env(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn main() {
    // `cargo test --benches` and `cargo bench` both run this; only the latter measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(run());
}

async fn run() {
    let brokers =
        std::env::var("PEYVAND_KAFKA_BROKERS").expect("run `make bench`: it starts a broker and a database");
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
    let ctx = AppContext::open(&settings).await.unwrap();
    let marriages = env("MARRIAGES", 40_000);
    let events = env("EVENTS", 300_000);

    println!("floor: {events} events of 700 bytes, consume → COPY → produce, batches of 5,000, overlapped");
    let before = floor::measure(&brokers, &ctx, events).await;
    println!("  {before:>10.0} events/s");
    let bench = Bench { settings, broker, ctx };
    bench.load_histories(marriages).await;
    let (rows, seconds) = bench.ingest_marriages().await;
    let intake = rows / seconds;
    println!(
        "intake: {rows:.0} registry events with their decisions in {seconds:.2} s\n  {intake:>10.0} events/s"
    );
    let (records, seconds) = bench.relay().await;
    println!("relay: {records:.0} records in {seconds:.2} s\n  {:>10.0} records/s", records / seconds);
    let after = floor::measure(bench.broker.brokers(), &bench.ctx, events).await;
    println!("floor again:\n  {after:>10.0} events/s");
    let floor = f64::midpoint(before, after);
    println!("\nintake / floor = {:.3}   (floor {floor:.0} events/s, the mean of both)", intake / floor);
}

struct Bench {
    settings: Settings,
    broker: Broker,
    ctx: AppContext,
}

impl Bench {
    fn intake(&self, count: Arc<dyn Fn(usize) + Send + Sync>) -> ConsumerRole {
        ConsumerRole {
            ctx: self.ctx.clone(),
            broker: self.broker.clone(),
            instance: Some("bench".to_owned()),
            bounds: BatchLimits {
                events: self.settings.batch_events,
                bytes: self.settings.batch_bytes,
                wait: Duration::from_millis(self.settings.batch_wait_ms),
            },
            misrouted: self.settings.misrouted,
            grace: Duration::from_secs(8),
            counts: Arc::new(move |stats, _| count(stats.messages)),
            failed: Arc::new(|| {}),
        }
    }

    /// Waits until all input has a disposition.
    async fn wait_for_ingest(&self) {
        let broker = self.broker.clone();
        let read = move || kafka::topics::watermarks(&broker, Topic::inputs());
        let watermarks = tokio::task::spawn_blocking(read).await.unwrap().unwrap();
        while !kafka::topics::lag(&watermarks, &offsets::all(&self.ctx.pool).await.unwrap()).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn publish(&self, dir: &Path, kind: FileKind) {
        let (broker, path) = (self.broker.clone(), dir.join(kind.file_name()));
        let limits = RowLimits { today: self.ctx.clock.today(), now: self.ctx.clock.now() };
        let (_end, stop) = watch::channel(false);
        let send = move || {
            let source = SourceFile::open(&path).unwrap();
            let (broker, stop) = (&broker, &stop);
            Publication { broker, kind, source: &source, limits, stop, quiet: true }.send()
        };
        tokio::task::spawn_blocking(send).await.unwrap().unwrap();
    }

    /// Ingests the histories and then publishes the marriages, which stay unread in their topic.
    async fn load_histories(&self, marriages: u32) {
        let dir = tempfile::tempdir().unwrap();
        let plan = GenerateOptions { marriages, seed: 1, today: self.ctx.clock.today() };
        let summary = write_month(&plan, dir.path(), &|_, _| {}).unwrap();
        let began = Instant::now();
        let (end, stop) = watch::channel(false);
        let role = tokio::spawn(consumer::run(self.intake(Arc::new(|_| {})), stop));
        for kind in [FileKind::Persons, FileKind::Employments, FileKind::Wages, FileKind::EarlierPayments] {
            self.publish(dir.path(), kind).await;
        }
        self.wait_for_ingest().await;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "histories: {} persons, {} wage months, published and ingested in {seconds:.1} s",
            summary.persons, summary.wages
        );
        end.send(true).unwrap();
        role.await.unwrap().unwrap();
        self.publish(dir.path(), FileKind::Marriages).await;
        // The deferred work for the histories (vacuum, statistics) runs before the measurement.
        sqlx::query("VACUUM (ANALYZE)").execute(&self.ctx.pool).await.unwrap();
    }

    /// Measures from the end of the first committed batch to the last. Joining the group and the first batch do not
    /// count.
    async fn ingest_marriages(&self) -> (f64, f64) {
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
        let role = tokio::spawn(consumer::run(self.intake(Arc::new(role_count)), stop));
        self.wait_for_ingest().await;
        let seconds = began.lock().unwrap().expect("a batch was ingested").elapsed().as_secs_f64();
        end.send(true).unwrap();
        role.await.unwrap().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a count of events")]
        let rows = counted.load(Ordering::Acquire) as f64;
        (rows, seconds)
    }

    async fn relay(&self) -> (f64, f64) {
        let mut connection = self.ctx.pool.acquire().await.unwrap();
        let depth = outbox::depth(&mut connection).await.unwrap();
        let began: Arc<std::sync::Mutex<Option<Instant>>> = Arc::default();
        let first = began.clone();
        let relay = RelayRole {
            ctx: self.ctx.clone(),
            broker: self.broker.clone(),
            owner: "bench".to_owned(),
            page_bytes: self.settings.relay_page_bytes,
            transaction_permit: tokio::sync::Semaphore::new(1),
            counts: Arc::new(move |event| {
                if matches!(event, RelayEvent::Committed(_)) {
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
