//! The role `intake`: one thread polls and reads messages, and two tasks write batches, each for its own partitions.
//! The next batches are collected while the previous ones commit. Memory is limited to a few batches and librdkafka's
//! queue.

mod assignment;
mod batch_writer;
pub mod bounded;
mod collector;
mod fetch_watch;
pub mod gap_proof;
mod misrouted;
mod poison_isolation;
mod poller;
mod positions;
mod stall_watchdog;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::assignment::Assignment;
use self::batch_writer::write_batches;
use self::fetch_watch::{FailingPartitions, FetchWatch};
use self::poison_isolation::PoisonIsolation;
use self::poller::Poller;
use super::client::Broker;
use super::{Error, Result};
use crate::app::AppContext;
use crate::app::ingest::IngestStats;
use crate::config::MisroutedPolicy;
use crate::failpoint::failpoint;
pub use crate::kafka::consumer::collector::BatchLimits;
use crate::retry::{ShutdownSignal, pause_or_stop};
use crate::store::offsets::PartitionOffset;
use crate::telemetry::Metrics;
use crate::wire::Topic;

/// Is called for every committed batch, with the time that the batch took.
pub type BatchObserver = Arc<dyn Fn(&IngestStats, Duration) + Send + Sync>;

#[derive(Clone)]
pub struct ConsumerRole {
    pub ctx: AppContext,
    pub broker: Broker,
    /// The name for static membership: after a restart the process gets its partitions back at once.
    pub instance: Option<String>,
    pub bounds: BatchLimits,
    pub misrouted: MisroutedPolicy,
    /// How long the collected batches may still take after a shutdown signal.
    pub grace: Duration,
    pub counts: BatchObserver,
    pub failed: Arc<dyn Fn() + Send + Sync>,
}

/// The state that the polling thread and the writers share.
#[derive(Default)]
pub struct SessionState {
    /// Set to end the polling thread.
    pub stop: Arc<AtomicBool>,
    /// Batches of an older epoch are dropped: they were collected before a rewind.
    pub epoch: AtomicU64,
    pub rewind: AtomicBool,
    /// Set when the consumer reports an error of a partition.
    pub fetch_error: Arc<AtomicBool>,
    pub poison_isolation: PoisonIsolation,
}

/// The number of batches written at the same time, each for its own partitions: while one waits for the database,
/// another is planned.
const WRITERS: usize = 2;

/// The pause between two sessions grows while sessions are short.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After a session of this length the pause is `FIRST_PAUSE` again.
const LONG_SESSION: Duration = Duration::from_secs(60);

/// Runs until shutdown is requested. The collected batches are written first.
///
/// If it becomes unknown which input this process has read, or if the input stalls, the session ends and a new session
/// starts from the offsets in the database.
///
/// # Errors
/// On an error that a new session does not resolve, see [`Error::restarts_session`].
pub async fn run(mut intake: ConsumerRole, mut stop: ShutdownSignal) -> Result<()> {
    let mut pause = FIRST_PAUSE;
    let failing = Arc::<Mutex<FailingPartitions>>::default();
    loop {
        let began = intake.ctx.clock.instant();
        let error = match session(Arc::new(intake.clone()), &failing, &stop).await {
            Err(error) if error.restarts_session() => error,
            other => return other,
        };
        (intake.failed)();
        Metrics::global().intake_restarts.add(1);
        if began.elapsed() >= LONG_SESSION {
            pause = FIRST_PAUSE;
        }
        if let Error::Stalled { .. } = error {
            tracing::warn!(%error, "ingest rejoins its consumer group");
            // The broker would assign the same partitions to a member with a known name, without a rebalance.
            intake.instance = None;
        } else {
            tracing::error!(%error, ?pause, "ingest restarts from the offsets in the database");
        }
        if !pause_or_stop(pause, &mut stop).await {
            return Ok(());
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn session(
    intake: Arc<ConsumerRole>,
    failing: &Arc<Mutex<FailingPartitions>>,
    stop: &ShutdownSignal,
) -> Result<()> {
    let shared = Arc::new(SessionState::default());
    let assignment =
        Assignment::new(intake.broker.clone(), intake.ctx.clone(), Handle::current(), shared.stop.clone());
    let fetches = FetchWatch {
        broker: intake.broker.clone(),
        positions: assignment.positions(),
        failing: failing.clone(),
        noticed: shared.fetch_error.clone(),
        stop: shared.stop.clone(),
    };
    let consumer = subscribe(&intake, assignment)?;
    let mut queues = Vec::new();
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (send, receive) = mpsc::channel(1);
        queues.push(send);
        writers.spawn(write_batches(intake.clone(), shared.clone(), receive, stop.clone()));
    }
    let poller = Poller::new(&intake, shared.clone(), queues);
    let polling =
        std::thread::Builder::new().name("intake-poll".to_owned()).spawn(move || poller.run(&consumer));
    let polling = polling.map_err(|_| Error::Stopped)?;
    let fetches = tokio::spawn(fetches.watch());
    let watcher = tokio::spawn(watch_for_end(intake.clone(), shared.stop.clone(), stop.clone()));
    let mut written = Ok(());
    while let Some(ended) = writers.join_next().await {
        // If one writer cannot continue, the other one ends, too, because nothing more is polled.
        shared.stop.store(true, Ordering::Release);
        written = written.and(ended.unwrap_or(Err(Error::Stopped)));
    }
    let polled = match tokio::task::spawn_blocking(move || polling.join()).await {
        Ok(Ok(result)) => result,
        _ => Err(Error::Stopped),
    };
    fetches.abort();
    watcher.abort();
    // The watcher has ended by itself if shutdown was requested or if it found a stall.
    written.and(watcher.await.unwrap_or(Ok(()))).and(polled)
}

/// Ends the polling when shutdown is requested or the input stalls.
async fn watch_for_end(
    intake: Arc<ConsumerRole>,
    end: Arc<AtomicBool>,
    mut stop: ShutdownSignal,
) -> Result<()> {
    let outcome = tokio::select! {
        () = crate::retry::shutdown_requested(&mut stop) => Ok(()),
        PartitionOffset { partition, offset: next } = stall_watchdog::watch(&intake.ctx, &intake.broker) => {
            let topic = intake.broker.name(partition.topic);
            Err(Error::Stalled { topic, partition: partition.partition, next })
        }
    };
    end.store(true, Ordering::Release);
    outcome
}

fn subscribe(intake: &ConsumerRole, assignment: Assignment) -> Result<BaseConsumer<Assignment>> {
    let mut config = intake.broker.consumer_config();
    config
        .set("group.id", intake.broker.client_name("intake"))
        .set("enable.partition.eof", "false")
        // The batches limit the memory; the queue before them can be small.
        .set("queued.max.messages.kbytes", "4096")
        // By default librdkafka pauses fetching for 1 s when that queue is full, and the collectors run empty
        // meanwhile.
        .set("fetch.queue.backoff.ms", "5")
        // Small fetches alternate between partitions, so the batches of a file stay near each other.
        .set("fetch.message.max.bytes", "49152")
        // A batch on an input topic is stored as lz4, which unpacks to at most 255 times its size. One answer of a broker
        // therefore never unpacks to more than about 256 MiB.
        .set("fetch.max.bytes", "1048576")
        // With the cooperative protocol a new member gets its share without a pause of the others.
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "1000")
        // Records that were deleted from the topic before they were ingested must not be skipped without an error.
        .set("auto.offset.reset", "error");
    if let Some(instance) = &intake.instance {
        config.set("group.instance.id", instance);
    }
    let consumer: BaseConsumer<Assignment> = config.create_with_context(assignment)?;
    let names: Vec<_> = Topic::inputs().map(|topic| intake.broker.name(topic)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    failpoint!("intake.subscribe", consumer.subscribe(&names))?;
    Ok(consumer)
}
