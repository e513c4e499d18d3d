//! The polling half of the intake: gathers the records of its partitions in batches, and hands these to the writers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::SessionState;
use super::assignment::Assignment;
use super::collector::{BatchCollector, BatchLimits};
use super::gap_proof::GapProver;
use crate::app::AppContext;
use crate::app::ingest::{ConsumedRecord, RecordBatch};
use crate::failpoint::{failpoint, is_injected};
use crate::kafka::client::Broker;
use crate::kafka::{Error, Result, reader};
use crate::store::offsets::TopicPartition;
use crate::wire::RawRecord;

pub struct Poller {
    broker: Broker,
    ctx: AppContext,
    shared: Arc<SessionState>,
    lanes: Vec<WriterQueue>,
    prover: GapProver,
}

/// What is gathered for one of the writers.
struct WriterQueue {
    collector: BatchCollector,
    send: mpsc::Sender<(u64, RecordBatch)>,
}

impl Poller {
    /// A lane for each of these writers.
    pub fn new(
        broker: &Broker,
        ctx: &AppContext,
        bounds: BatchLimits,
        shared: Arc<SessionState>,
        writers: Vec<mpsc::Sender<(u64, RecordBatch)>>,
    ) -> Self {
        let lanes =
            writers.into_iter().map(|send| WriterQueue { collector: BatchCollector::new(bounds), send });
        Self {
            broker: broker.clone(),
            ctx: ctx.clone(),
            lanes: lanes.collect(),
            prover: GapProver::new(broker.clone(), shared.stop.clone()),
            shared,
        }
    }

    /// Runs until it is told to stop. An error means that what was gathered is dropped: it is read again.
    pub fn run(mut self, consumer: &BaseConsumer<Assignment>) -> Result<()> {
        while !self.shared.stop.load(Ordering::Acquire) {
            if self.shared.rewind.swap(false, Ordering::AcqRel) && !self.rewind(consumer)? {
                continue;
            }
            let polled = failpoint!("intake.poll", consumer.poll(Duration::from_millis(10)));
            // A rebalance happens within a poll, before the record that it gives: so this comes before that record is taken.
            consumer.context().check()?;
            self.forget_revoked(consumer);
            match polled {
                None => {}
                Some(Ok(message)) => self.take(consumer, &message)?,
                Some(Err(error)) => log_progress(&error)?,
            }
            let now = self.ctx.clock.instant();
            for lane in 0..self.lanes.len() {
                if self.lanes[lane].collector.is_due(now) {
                    self.hand_over(consumer, lane)?;
                }
            }
        }
        (0..self.lanes.len()).try_for_each(|lane| self.hand_over(consumer, lane))
    }

    /// False where the database is away: nothing may be polled before it was asked.
    fn rewind(&mut self, consumer: &BaseConsumer<Assignment>) -> Result<bool> {
        self.lanes.iter_mut().for_each(|lane| lane.collector.clear());
        match consumer.context().rewind(consumer) {
            Ok(()) => Ok(true),
            Err(error) if error.restarts_session() => Err(error),
            Err(error) => {
                tracing::warn!(%error, "it is not known yet where the input stands; trying again");
                self.shared.rewind.store(true, Ordering::Release);
                std::thread::sleep(Duration::from_millis(200));
                Ok(false)
            }
        }
    }

    /// What was gathered of a revoked partition is read by another process, or again by this one.
    fn forget_revoked(&mut self, consumer: &BaseConsumer<Assignment>) {
        for partition in consumer.context().with(|positions| positions.take_revoked()) {
            self.queue_of(partition).collector.forget(partition);
        }
    }

    fn queue_of(&mut self, partition: TopicPartition) -> &mut WriterQueue {
        let lane = usize::try_from(partition.partition).unwrap_or(0) % self.lanes.len();
        &mut self.lanes[lane]
    }

    fn take(&mut self, consumer: &BaseConsumer<Assignment>, message: &BorrowedMessage<'_>) -> Result<()> {
        let Some(topic) = self.broker.topic(message.topic()) else {
            return Ok(());
        };
        if is_injected("intake.take/loses") {
            return Ok(());
        }
        let partition = TopicPartition { topic, partition: message.partition() };
        let position = consumer.context().with(|positions| positions.advance(partition, message.offset()));
        let Some(expected) = position else { return Ok(()) };
        let read = RawRecord {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            key: message.key(),
            headers: reader::headers(message),
            value: message.payload(),
        };
        let of_header = |(name, value): &(&str, &[u8])| name.len() + value.len();
        let weight = read.key.map_or(0, <[u8]>::len) + read.headers.iter().map(of_header).sum::<usize>();
        let is_suspect = self.shared.suspects.is_suspect(partition, message.offset());
        let taken = ConsumedRecord::read(&read, message.topic(), self.ctx.clock.now(), is_suspect);
        let (bytes, now) = (message.payload_len() + weight + 256, self.ctx.clock.instant());
        self.queue_of(partition).collector.add(taken, bytes, expected, now)
    }

    /// Hands the batch to the writer; waits while that has one in hand and one before it: that is the backpressure.
    fn hand_over(&mut self, consumer: &BaseConsumer<Assignment>, lane: usize) -> Result<()> {
        let lane = &mut self.lanes[lane];
        let Some(batch) = lane.collector.take() else {
            return Ok(());
        };
        match self.prover.prove(&batch) {
            // The intake ends: the next one reads the batch again.
            Err(Error::Stopped) => return Ok(()),
            proved => proved?,
        }
        copy_offsets(consumer, &self.broker, &batch);
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        let mut offer = (epoch, batch);
        loop {
            match lane.send.try_send(offer) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(back)) => offer = back,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Kafka's own committed offsets are a copy for lag monitors; where the input stands, the database says.
fn copy_offsets(consumer: &BaseConsumer<Assignment>, broker: &Broker, batch: &RecordBatch) {
    let mut list = TopicPartitionList::new();
    for advance in &batch.advances {
        let name = broker.name(advance.partition.topic);
        // What is being written now is not said to be done: the offset before it is.
        let _ =
            list.add_partition_offset(&name, advance.partition.partition, Offset::Offset(advance.expected));
    }
    let _ = failpoint!("intake.copy_offsets", consumer.commit(&list, CommitMode::Async));
}

/// Passing troubles are librdkafka's to mend; only what it calls fatal ends the intake.
fn log_progress(error: &KafkaError) -> Result<()> {
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
