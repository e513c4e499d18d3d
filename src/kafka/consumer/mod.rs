//! The intake role: one thread polls and reads messages, two tasks write batches, each of its own partitions; the next
//! batches are gathered while the last commit. Memory is bounded: a few batches and librdkafka's own queue.

mod assignment;
mod batch_writer;
pub mod bounded;
mod collector;
pub mod gap_proof;
mod poison_isolation;
mod poller;
mod positions;
mod stall_watchdog;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::assignment::Assignment;
use self::batch_writer::write_batches;
use self::poison_isolation::PoisonIsolation;
use self::poller::Poller;
use super::client::Broker;
use super::{Error, Result};
use crate::app::AppContext;
use crate::app::ingest::IngestStats;
use crate::failpoint::failpoint;
pub use crate::kafka::consumer::collector::BatchLimits;
use crate::retry::{ShutdownSignal, pause_or_stop};
use crate::telemetry::Metrics;
use crate::wire::Topic;

/// Hears of every batch that stands, and how long it took.
pub type BatchObserver = Arc<dyn Fn(&IngestStats, Duration) + Send + Sync>;

#[derive(Clone)]
pub struct ConsumerRole {
    pub ctx: AppContext,
    pub broker: Broker,
    /// Static membership: a restart finds its partitions again at once.
    pub instance: Option<String>,
    pub bounds: BatchLimits,
    /// What the batches in hand may still take after a stop.
    pub grace: Duration,
    pub counts: BatchObserver,
    pub failed: Arc<dyn Fn() + Send + Sync>,
}

/// What the polling thread and the writing task tell each other.
#[derive(Default)]
pub struct SessionState {
    /// Raised to end the polling thread.
    pub stop: Arc<AtomicBool>,
    /// Batches of an older epoch are dropped: they were gathered before a rewind.
    pub epoch: AtomicU64,
    pub rewind: AtomicBool,
    pub suspects: PoisonIsolation,
}

/// Batches written at the same time, each of its own partitions: while one waits for the database, another is planned.
const WRITERS: usize = 2;

/// The pauses between two sessions grow while sessions end soon.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After a session of this length the next pause is a first one.
const LONG_SESSION: Duration = Duration::from_secs(60);

/// Runs until told to stop; the batches in hand are finished first.
///
/// Where this process can no longer tell what it has read - or where the input stands still - it ends its session and
/// begins another one, from where the database stands.
pub async fn run(mut intake: ConsumerRole, mut stop: ShutdownSignal) -> Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        let began = intake.ctx.clock.instant();
        let error = match session(Arc::new(intake.clone()), &stop).await {
            Err(error) if error.restarts_session() => error,
            other => return other,
        };
        (intake.failed)();
        Metrics::global().intake_restarts.add(1);
        if began.elapsed() >= LONG_SESSION {
            pause = FIRST_PAUSE;
        }
        if let Error::Stalled { .. } = error {
            tracing::warn!(%error, "the intake joins its group anew");
            // The broker gives to one whose name it knows what that had before, and shares nothing out anew.
            intake.instance = None;
        } else {
            tracing::error!(%error, ?pause, "the intake begins anew from where the database stands");
        }
        if !pause_or_stop(pause, &mut stop).await {
            return Ok(());
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn session(intake: Arc<ConsumerRole>, stop: &ShutdownSignal) -> Result<()> {
    let shared = Arc::new(SessionState::default());
    let assignment =
        Assignment::new(intake.broker.clone(), intake.ctx.clone(), Handle::current(), shared.stop.clone());
    let consumer = subscribe(&intake, assignment)?;
    let (mut lanes, mut writers) = (Vec::new(), JoinSet::new());
    for _ in 0..WRITERS {
        let (send, receive) = mpsc::channel(1);
        lanes.push(send);
        writers.spawn(write_batches(intake.clone(), shared.clone(), receive, stop.clone()));
    }
    let poller = Poller::new(&intake.broker, &intake.ctx, intake.bounds, shared.clone(), lanes);
    let polling =
        std::thread::Builder::new().name("intake-poll".to_owned()).spawn(move || poller.run(&consumer));
    let polling = polling.map_err(|_| Error::Stopped)?;
    let watcher = tokio::spawn(watch_for_end(intake.clone(), shared.stop.clone(), stop.clone()));
    let mut written = Ok(());
    while let Some(ended) = writers.join_next().await {
        // One writer that cannot go on ends the other, too: without it nothing more is polled.
        shared.stop.store(true, Ordering::Release);
        written = written.and(ended.unwrap_or(Err(Error::Stopped)));
    }
    let polled = match tokio::task::spawn_blocking(move || polling.join()).await {
        Ok(Ok(result)) => result,
        _ => Err(Error::Stopped),
    };
    watcher.abort();
    // It ended by itself where it was told to stop, or found that the input stands still.
    written.and(watcher.await.unwrap_or(Ok(()))).and(polled)
}

/// Ends the polling once the program is told to stop, or the input stands still.
async fn watch_for_end(
    intake: Arc<ConsumerRole>,
    end: Arc<AtomicBool>,
    mut stop: ShutdownSignal,
) -> Result<()> {
    let over = tokio::select! {
        () = crate::retry::shutdown_requested(&mut stop) => Ok(()),
        (partition, next) = stall_watchdog::watch(&intake.ctx, &intake.broker) => {
            let topic = intake.broker.name(partition.topic);
            Err(Error::Stalled { topic, partition: partition.partition, next })
        }
    };
    end.store(true, Ordering::Release);
    over
}

fn subscribe(intake: &ConsumerRole, assignment: Assignment) -> Result<BaseConsumer<Assignment>> {
    let mut config = intake.broker.consumer_config();
    config
        .set("group.id", intake.broker.client_name("intake"))
        .set("enable.partition.eof", "false")
        // Batches bound what is held; the queue before them need not hold more.
        .set("queued.max.messages.kbytes", "4096")
        // By default librdkafka looks away for a second once that queue is full, and the batches run dry meanwhile.
        .set("fetch.queue.backoff.ms", "5")
        // Small pieces: partitions take turns, and batches stay near each other in a file.
        .set("fetch.message.max.bytes", "49152")
        .set("fetch.max.bytes", "4194304")
        // Cooperative: a new member takes its share without a pause of the others.
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "1000")
        // What is gone from the topic before it was taken in must not be passed over in silence.
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
