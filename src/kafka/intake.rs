//! The intake role: one thread polls and reads messages, two tasks write batches, each of its own partitions; the next
//! batches are gathered while the last commit. Memory is bounded: a few batches and librdkafka's own queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::assignment::Assignment;
use super::client::Broker;
pub use super::collector::Bounds;
use super::collector::Collector;
use super::suspects::{Next, Suspects};
use super::{Error, Result, reader, standstill};
use crate::boundary::boundary;
use crate::retry::{GaveUp, Policy, Stop, Verdict, retry};
use crate::store;
use crate::store::offsets::Partition;
use crate::telemetry::trace;
use crate::wire::{Message, Topic};
use crate::work::House;
use crate::work::take_in::{Batch, Done, Taken, take_in};

/// Hears of every batch that stands, and how long it took.
pub type Count = Arc<dyn Fn(&Done, Duration) + Send + Sync>;

#[derive(Clone)]
pub struct Intake {
    pub house: House,
    pub broker: Broker,
    /// Static membership: a restart finds its partitions again at once.
    pub instance: Option<String>,
    pub bounds: Bounds,
    /// What the batches in hand may still take after a stop.
    pub grace: Duration,
    pub counts: Count,
    pub failed: Arc<dyn Fn() + Send + Sync>,
}

/// What the polling thread and the writing task tell each other.
#[derive(Default)]
struct Shared {
    /// Raised to end the polling thread.
    stop: Arc<AtomicBool>,
    /// Batches of an older epoch are dropped: they were gathered before a rewind.
    epoch: AtomicU64,
    rewind: AtomicBool,
    suspects: Suspects,
}

/// Batches written at the same time, each of its own partitions: while one waits for the database, another is planned.
const LANES: usize = 2;

/// Runs until told to stop; the batches in hand are finished first.
///
/// Where the input stands still it joins its group anew, and without its name: the broker gives to one whose name it knows
/// what that had before, and shares nothing out anew.
pub async fn run(mut intake: Intake, stop: Stop) -> Result<()> {
    loop {
        match session(Arc::new(intake.clone()), &stop).await {
            Err(error @ Error::StandsStill { .. }) => {
                (intake.failed)();
                tracing::warn!(%error, "the intake joins its group anew");
                intake.instance = None;
            }
            other => return other,
        }
    }
}

async fn session(intake: Arc<Intake>, stop: &Stop) -> Result<()> {
    let shared = Arc::new(Shared::default());
    let assignment =
        Assignment::new(intake.broker.clone(), intake.house.clone(), Handle::current(), shared.stop.clone());
    let consumer = subscribe(&intake, assignment)?;
    let mut lanes = Vec::new();
    let mut writers = JoinSet::new();
    for _ in 0..LANES {
        let (send, receive) = mpsc::channel(1);
        lanes.push(Lane { collector: Collector::new(intake.bounds), send });
        writers.spawn(write_batches(intake.clone(), shared.clone(), receive, stop.clone()));
    }
    let poller =
        Poller { broker: intake.broker.clone(), house: intake.house.clone(), shared: shared.clone(), lanes };
    let polling =
        std::thread::Builder::new().name("intake-poll".to_owned()).spawn(move || poller.run(&consumer));
    let polling = polling.map_err(|_| Error::Stopped)?;
    let watcher = tokio::spawn(until_over(intake.clone(), shared.stop.clone(), stop.clone()));
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
    written.and(polled).and(watcher.await.unwrap_or(Ok(())))
}

/// Ends the polling once the program is told to stop, or the input stands still.
async fn until_over(intake: Arc<Intake>, end: Arc<AtomicBool>, mut stop: Stop) -> Result<()> {
    let over = tokio::select! {
        () = crate::retry::stopped(&mut stop) => Ok(()),
        (partition, next) = standstill::watch(&intake.house, &intake.broker) => {
            let topic = intake.broker.name(partition.topic);
            Err(Error::StandsStill { topic, partition: partition.partition, next })
        }
    };
    end.store(true, Ordering::Release);
    over
}

fn subscribe(intake: &Intake, assignment: Assignment) -> Result<BaseConsumer<Assignment>> {
    let mut config = intake.broker.reading();
    config
        .set("group.id", intake.broker.own("intake"))
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
    boundary!("intake.subscribe", consumer.subscribe(&names))?;
    Ok(consumer)
}

/// The writing half. Errors that may pass are tried until they do: a batch is never skipped.
async fn write_batches(
    intake: Arc<Intake>,
    shared: Arc<Shared>,
    mut receive: mpsc::Receiver<(u64, Batch)>,
    stop: Stop,
) -> Result<()> {
    // A stop ends the gathering; what was gathered is still written, unless the database is away for too long.
    let (end, grace) = tokio::sync::watch::channel(false);
    let (mut stopping, allowed) = (stop.clone(), intake.grace);
    let ending = tokio::spawn(async move {
        crate::retry::stopped(&mut stopping).await;
        tokio::time::sleep(allowed).await;
        let _ = end.send(true);
    });
    while let Some((epoch, batch)) = receive.recv().await {
        if epoch != shared.epoch.load(Ordering::Acquire) {
            continue;
        }
        if let Err(error) = write_in_parts(&intake, &shared.suspects, batch, &grace).await {
            (intake.failed)();
            if let GaveUp::Rejected(error @ store::Error::Silent(_)) = error {
                return Err(error.into());
            }
            tracing::warn!(%error, "a batch was given back; the input is read again from where the database stands");
            shared.epoch.fetch_add(1, Ordering::AcqRel);
            shared.rewind.store(true, Ordering::Release);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    ending.abort();
    Ok(())
}

/// Writes a batch. One that the database refuses for what it holds is taken apart, down to the message that is refused
/// alone: that becomes a dead letter, and no other message waits for it.
async fn write_in_parts(
    intake: &Intake,
    suspects: &Suspects,
    batch: Batch,
    grace: &Stop,
) -> std::result::Result<(), GaveUp<store::Error>> {
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        let began = intake.house.clock.instant();
        let write = || intake.house.patiently(take_in(&intake.house, &part));
        let classify = |error: &store::Error| {
            if error.may_pass() { Verdict::Retry } else { Verdict::Reject }
        };
        let notify = |error: &store::Error, pause: Duration| {
            (intake.failed)();
            tracing::warn!(%error, ?pause, "a batch could not be written; trying again");
        };
        let span = span_of(&intake.broker, &part);
        let outcome = retry(Policy::FOREVER, grace, write, classify, notify).instrument(span.clone()).await;
        let error = match outcome {
            Ok(done) => {
                (intake.counts)(&done, began.elapsed());
                continue;
            }
            Err(error) => error,
        };
        trace::failed(&span);
        match error {
            GaveUp::Rejected(told) if told.is_of_data() => match suspects.part(part) {
                Next::Write(smaller) => parts.extend(smaller.into_iter().rev()),
                Next::ReadAgain => return Err(GaveUp::Rejected(told)),
            },
            error => return Err(error),
        }
    }
    Ok(())
}

fn span_of(broker: &Broker, batch: &Batch) -> tracing::Span {
    let topics = || batch.advances.iter().map(|advance| advance.partition.topic);
    let first = topics().next();
    let topic = first.filter(|first| topics().all(|topic| topic == *first)).map(|topic| broker.name(topic));
    let threads = batch.taken.iter().filter_map(|taken| taken.event()?.traceparent.as_deref());
    trace::process(topic.as_deref(), &broker.own("intake"), batch.taken.len(), threads)
}

struct Poller {
    broker: Broker,
    house: House,
    shared: Arc<Shared>,
    lanes: Vec<Lane>,
}

/// What is gathered for one of the writers.
struct Lane {
    collector: Collector,
    send: mpsc::Sender<(u64, Batch)>,
}

impl Poller {
    fn run(mut self, consumer: &BaseConsumer<Assignment>) -> Result<()> {
        while !self.shared.stop.load(Ordering::Acquire) {
            if self.shared.rewind.swap(false, Ordering::AcqRel) {
                self.lanes.iter_mut().for_each(|lane| lane.collector.clear());
                if let Err(error) = consumer.context().rewind(consumer) {
                    tracing::warn!(%error, "the input could not be read again yet; trying again");
                    self.shared.rewind.store(true, Ordering::Release);
                    std::thread::sleep(Duration::from_millis(200));
                    continue;
                }
            }
            match boundary!("intake.poll", consumer.poll(Duration::from_millis(10))) {
                None => {}
                Some(Ok(message)) => self.take(consumer, &message),
                Some(Err(error)) => tell(&error)?,
            }
            let now = self.house.clock.instant();
            for lane in 0..self.lanes.len() {
                if self.lanes[lane].collector.is_due(now) {
                    self.hand_over(consumer, lane);
                }
            }
        }
        (0..self.lanes.len()).for_each(|lane| self.hand_over(consumer, lane));
        Ok(())
    }

    fn take(&mut self, consumer: &BaseConsumer<Assignment>, message: &BorrowedMessage<'_>) {
        let Some(topic) = self.broker.topic(message.topic()) else {
            return;
        };
        let partition = Partition { topic, partition: message.partition() };
        // What librdkafka still held of a partition that was given up or rewound is not ours to take.
        let expected = consumer.context().with(|positions| {
            let position = positions.get_mut(&partition)?;
            let expected = *position;
            (message.offset() >= expected).then(|| {
                *position = message.offset() + 1;
                expected
            })
        });
        let Some(expected) = expected else { return };
        let read = Message {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            key: message.key(),
            headers: reader::headers(message),
            value: message.payload(),
        };
        let of_header = |(name, value): &(&str, &[u8])| name.len() + value.len();
        let weight = read.key.map_or(0, <[u8]>::len) + read.headers.iter().map(of_header).sum::<usize>();
        let is_suspect = self.shared.suspects.has(partition, message.offset());
        let taken = Taken::read(&read, message.topic(), self.house.clock.now(), is_suspect);
        let lane = usize::try_from(partition.partition).unwrap_or(0) % self.lanes.len();
        self.lanes[lane].collector.add(
            taken,
            message.payload_len() + weight + 256,
            expected,
            self.house.clock.instant(),
        );
    }

    /// Hands the batch to the writer; waits while that has one in hand and one before it: that is the backpressure.
    fn hand_over(&mut self, consumer: &BaseConsumer<Assignment>, lane: usize) {
        let lane = &mut self.lanes[lane];
        lane.collector
            .keep(|partition| consumer.context().with(|positions| positions.contains_key(partition)));
        let Some(batch) = lane.collector.take() else {
            return;
        };
        copy_offsets(consumer, &self.broker, &batch);
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        let mut offer = (epoch, batch);
        loop {
            match lane.send.try_send(offer) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(back)) => offer = back,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Kafka's own committed offsets are a copy for lag monitors; where the input stands, the database says.
fn copy_offsets(consumer: &BaseConsumer<Assignment>, broker: &Broker, batch: &Batch) {
    let mut list = TopicPartitionList::new();
    for advance in &batch.advances {
        let name = broker.name(advance.partition.topic);
        // What is being written now is not said to be done: the offset before it is.
        let _ =
            list.add_partition_offset(&name, advance.partition.partition, Offset::Offset(advance.expected));
    }
    let _ = boundary!("intake.copy_offsets", consumer.commit(&list, CommitMode::Async));
}

/// Passing troubles are librdkafka's to mend; only what it calls fatal ends the intake.
fn tell(error: &KafkaError) -> Result<()> {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::FencedInstanceId) => {
            return Err(error.clone().into());
        }
        Some(RDKafkaErrorCode::AutoOffsetReset) => return Err(Error::InputGone),
        _ => {}
    }
    tracing::debug!(%error, "the broker told of trouble");
    Ok(())
}
