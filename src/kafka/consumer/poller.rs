//! The polling half of ingest: collects records in batches, and passes the batches to the writers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::assignment::Assignment;
use super::collector::BatchCollector;
use super::gap_proof::GapProver;
use super::{ConsumerRole, SessionState};
use crate::app::AppContext;
use crate::app::ingest::{ConsumedRecord, RecordBatch};
use crate::config::MisroutedPolicy;
use crate::failpoint::{failpoint, is_injected};
use crate::kafka::client::Broker;
use crate::kafka::{Error, Result, fetch_errors, reader};
use crate::store::offsets::TopicPartition;
use crate::wire::RawRecord;

pub struct Poller {
    broker: Broker,
    ctx: AppContext,
    misrouted: MisroutedPolicy,
    shared: Arc<SessionState>,
    queues: Vec<WriterQueue>,
    prover: GapProver,
}

/// The batch that is collected for one writer, and the channel to that writer.
struct WriterQueue {
    collector: BatchCollector,
    send: mpsc::Sender<(u64, RecordBatch)>,
}

impl Poller {
    /// Creates a poller with one queue for each of these writers.
    pub fn new(
        intake: &ConsumerRole,
        shared: Arc<SessionState>,
        writers: Vec<mpsc::Sender<(u64, RecordBatch)>>,
    ) -> Self {
        let writers = writers.into_iter();
        let queues = writers.map(|send| WriterQueue { collector: BatchCollector::new(intake.bounds), send });
        Self {
            broker: intake.broker.clone(),
            ctx: intake.ctx.clone(),
            misrouted: intake.misrouted,
            queues: queues.collect(),
            prover: GapProver::new(intake.broker.clone(), shared.stop.clone()),
            shared,
        }
    }

    /// Polls until `stop` of the session is set.
    ///
    /// # Errors
    /// On an error of the consumer or a gap that is not proved. The collected records are dropped; a new session reads
    /// them again.
    pub fn run(mut self, consumer: &BaseConsumer<Assignment>) -> Result<()> {
        while !self.shared.stop.load(Ordering::Acquire) {
            if self.shared.rewind.swap(false, Ordering::AcqRel) && !self.rewind(consumer)? {
                continue;
            }
            let polled = failpoint!("intake.poll", consumer.poll(Duration::from_millis(10)));
            // A rebalance happens within a poll, before the poll returns a record. So the assignment is checked before
            // that record is accepted.
            consumer.context().check()?;
            self.forget_revoked(consumer);
            match polled {
                None => {}
                Some(Ok(message)) => self.take(consumer, &message)?,
                Some(Err(error)) => self.check_error(&error)?,
            }
            let now = self.ctx.clock.instant();
            for queue in 0..self.queues.len() {
                if self.queues[queue].collector.is_due(now) {
                    self.hand_over(consumer, queue)?;
                }
            }
        }
        (0..self.queues.len()).try_for_each(|queue| self.hand_over(consumer, queue))
    }

    /// Passes an error of a partition to the watch, which names the partition.
    fn check_error(&self, error: &KafkaError) -> Result<()> {
        check_fatal(error)?;
        if fetch_errors::concerns_partition(error) {
            self.shared.fetch_error.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Returns false if the database is not available: the poller must not poll before it knows the offsets.
    fn rewind(&mut self, consumer: &BaseConsumer<Assignment>) -> Result<bool> {
        self.queues.iter_mut().for_each(|queue| queue.collector.clear());
        match consumer.context().rewind(consumer) {
            Ok(()) => Ok(true),
            Err(error) if error.restarts_session() => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the offsets for a rewind are not known yet; trying again");
                self.shared.rewind.store(true, Ordering::Release);
                std::thread::sleep(Duration::from_millis(200));
                Ok(false)
            }
        }
    }

    /// Drops the collected records of revoked partitions: another process reads them, or this one reads them again.
    fn forget_revoked(&mut self, consumer: &BaseConsumer<Assignment>) {
        for partition in consumer.context().with(|positions| positions.take_revoked()) {
            self.queue_of(partition).collector.forget(partition);
        }
    }

    fn queue_of(&mut self, partition: TopicPartition) -> &mut WriterQueue {
        let queue = usize::try_from(partition.partition).unwrap_or(0) % self.queues.len();
        &mut self.queues[queue]
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
            timestamp_ms: message.timestamp().to_millis(),
            key: message.key(),
            headers: reader::headers(message),
            value: message.payload(),
        };
        let header_bytes = read.headers.iter().map(|(name, value)| name.len() + value.len());
        let key_bytes = read.key.map_or(0, <[u8]>::len);
        let bytes = message.payload_len() + key_bytes + header_bytes.sum::<usize>() + 256;
        let is_suspect = self.shared.poison_isolation.is_suspect(partition, message.offset());
        let at = self.ctx.clock.now();
        let mut record = ConsumedRecord::read(&read, message.topic(), &self.ctx.record_key, at, is_suspect);
        let counts = self.broker.partition_counts();
        record.check_partition(&read, message.topic(), at, counts, self.misrouted);
        let now = self.ctx.clock.instant();
        self.queue_of(partition).collector.add(record, bytes, expected, now)
    }

    /// Passes the batch to the writer. Waits while the writer processes one batch and has another one queued: this is
    /// the backpressure.
    fn hand_over(&mut self, consumer: &BaseConsumer<Assignment>, queue: usize) -> Result<()> {
        let queue = &mut self.queues[queue];
        let Some(batch) = queue.collector.take() else {
            return Ok(());
        };
        match self.prover.prove(&batch) {
            // Ingest ends: its next session reads the batch again.
            Err(Error::Stopped) => return Ok(()),
            proved => proved?,
        }
        copy_offsets(consumer, &self.broker, &batch);
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        let mut offer = (epoch, batch);
        loop {
            match queue.send.try_send(offer) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(unsent)) => offer = unsent,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Commits offsets to Kafka as a copy for lag monitors. The offsets in the database are authoritative.
fn copy_offsets(consumer: &BaseConsumer<Assignment>, broker: &Broker, batch: &RecordBatch) {
    let mut list = TopicPartitionList::new();
    for advance in &batch.advances {
        let name = broker.name(advance.partition.topic);
        // The batch is not written yet, so the committed offset is the one before it.
        let _ =
            list.add_partition_offset(&name, advance.partition.partition, Offset::Offset(advance.expected));
    }
    let _ = failpoint!("intake.copy_offsets", consumer.commit(&list, CommitMode::Async));
}

/// Returns an error only if it is fatal for ingest: librdkafka recovers from the others by itself.
fn check_fatal(error: &KafkaError) -> Result<()> {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::FencedInstanceId) => {
            return Err(error.clone().into());
        }
        Some(RDKafkaErrorCode::AutoOffsetReset) => return Err(Error::InputGone),
        _ => {}
    }
    tracing::debug!(%error, "the consumer received an error");
    Ok(())
}
