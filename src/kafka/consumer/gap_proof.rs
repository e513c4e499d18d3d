//! Proves that gaps between the expected and the received offset contain no records. Transaction markers, aborted
//! records and compaction leave gaps, but so does a consumer that skips records. Therefore a gap is accepted only after
//! a second reader has found no record in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::app::ingest::RecordBatch;
use crate::failpoint::failpoint;
use crate::kafka::client::Broker;
use crate::kafka::client_logging::LoggingContext;
use crate::kafka::{Error, Result};
use crate::store::offsets::TopicPartition;
use crate::telemetry::Metrics;

/// How long a proof may wait for records, in total.
const PROOF_TIMEOUT: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(50);

/// A gap: the next record was expected at offset `expected`, and was received at `received`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Gap {
    expected: i64,
    received: i64,
}

/// Returns the gaps of a batch by partition, in offset order: the proof starts at the first gap.
fn gaps_of(batch: &RecordBatch) -> BTreeMap<TopicPartition, Vec<Gap>> {
    let mut positions: BTreeMap<_, _> =
        batch.advances.iter().map(|advance| (advance.partition, advance.expected)).collect();
    let mut gaps: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in &batch.records {
        let received = record.offset;
        let expected = positions.insert(record.partition, received + 1).unwrap_or(received);
        if received > expected {
            gaps.entry(record.partition).or_default().push(Gap { expected, received });
        }
    }
    gaps
}

/// Proves that gaps are empty, with its own consumer. The consumer is kept for the next proof.
pub struct GapProver {
    broker: Broker,
    /// Set to abort a proof.
    stop: Arc<AtomicBool>,
    consumer: Option<BaseConsumer<LoggingContext>>,
}

impl GapProver {
    pub fn new(broker: Broker, stop: Arc<AtomicBool>) -> Self {
        Self { broker, stop, consumer: None }
    }

    /// Returns when it is proved that no gap of the batch contains a record. Blocks.
    ///
    /// # Errors
    /// - [`Error::RecordPassedOver`] if a gap contains a record;
    /// - [`Error::GapNotProved`] if the broker does not answer;
    /// - [`Error::InputGone`] if the topic no longer contains the offsets of the gap;
    /// - [`Error::Stopped`] on shutdown.
    pub fn prove(&mut self, batch: &RecordBatch) -> Result<()> {
        for (partition, gaps) in gaps_of(batch) {
            self.prove_partition(partition, &gaps)?;
        }
        Ok(())
    }

    /// Proves all gaps of the partition in one pass.
    fn prove_partition(&mut self, partition: TopicPartition, gaps: &[Gap]) -> Result<()> {
        let (Some(first), Some(last)) = (gaps.first(), gaps.last()) else {
            return Ok(());
        };
        let topic = self.broker.name(partition.topic);
        let span = Span { topic: &topic, partition: partition.partition, gaps, last: last.received };
        let consumer = match self.consumer_at(&topic, partition.partition, first.expected) {
            Ok(consumer) => consumer,
            Err(error) => {
                tracing::warn!(%error, "the second reader could not be created");
                return Err(span.not_proved());
            }
        };
        self.read(&consumer, &span)?;
        // Without an assignment the consumer fetches nothing until the next proof.
        if assign(&consumer, &TopicPartitionList::new()).is_ok() {
            self.consumer = Some(consumer);
        }
        let proved = gaps.len();
        Metrics::global().offset_gaps.add(u64::try_from(proved).unwrap_or(0));
        let partition = partition.partition;
        tracing::debug!(topic, partition, proved, ?first, ?last, "the gaps of a batch contain no record");
        Ok(())
    }

    /// Returns a consumer that reads the partition from this offset: the one of the last proof, unless it failed.
    fn consumer_at(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<BaseConsumer<LoggingContext>> {
        let consumer = match self.consumer.take() {
            Some(consumer) => consumer,
            None => consumer(&self.broker)?,
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        assign(&consumer, &list)?;
        Ok(consumer)
    }

    fn read(&self, consumer: &BaseConsumer<LoggingContext>, span: &Span<'_>) -> Result<()> {
        let mut left = PROOF_TIMEOUT;
        loop {
            match failpoint!("gaps.poll", consumer.poll(TICK)) {
                Some(Ok(message)) => {
                    let is_ours = message.partition() == span.partition && message.topic() == span.topic;
                    if is_ours && span.ends_at(message.offset())? {
                        return Ok(());
                    }
                    continue;
                }
                Some(Err(error)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset) => {
                    return Err(Error::InputGone);
                }
                // librdkafka recovers from other errors by itself.
                Some(Err(error)) => tracing::debug!(%error, "the second reader received an error"),
                None => {}
            }
            left = left.saturating_sub(TICK);
            if self.stop.load(Ordering::Acquire) {
                return Err(Error::Stopped);
            }
            if left.is_zero() {
                return Err(span.not_proved());
            }
        }
    }
}

/// The range that a proof reads: from the first gap of a partition to the record after the last gap.
struct Span<'a> {
    topic: &'a str,
    partition: i32,
    gaps: &'a [Gap],
    last: i64,
}

impl Span<'_> {
    /// Returns true if a record at this offset completes the proof.
    fn ends_at(&self, offset: i64) -> Result<bool> {
        let disproved = self.gaps.iter().find(|gap| (gap.expected..gap.received).contains(&offset));
        match disproved {
            Some(gap) => Err(Error::RecordPassedOver {
                topic: self.topic.to_owned(),
                partition: self.partition,
                expected: gap.expected,
                received: gap.received,
                found: offset,
            }),
            None => Ok(offset >= self.last),
        }
    }

    fn not_proved(&self) -> Error {
        Error::GapNotProved {
            topic: self.topic.to_owned(),
            partition: self.partition,
            expected: self.gaps.first().map_or(self.last, |gap| gap.expected),
            received: self.last,
        }
    }
}

fn consumer(broker: &Broker) -> Result<BaseConsumer<LoggingContext>> {
    let mut config = broker.consumer_config();
    config
        // The end that the broker reports proves nothing: it may be before the offsets that were received.
        .set("enable.partition.eof", "false")
        .set("fetch.wait.max.ms", "20")
        // Most gaps are small, and the records fetched after a gap are discarded.
        .set("fetch.message.max.bytes", "49152")
        .set("queued.max.messages.kbytes", "1024");
    Ok(config.create_with_context(LoggingContext)?)
}

fn assign(consumer: &BaseConsumer<LoggingContext>, list: &TopicPartitionList) -> KafkaResult<()> {
    failpoint!("gaps.assign", consumer.assign(list))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::app::ingest::ConsumedRecord;
    use crate::store::offsets::OffsetAdvance;
    use crate::wire::{RawRecord, RecordKey, Topic};

    const TOPIC: Topic = Topic::RegistryMarriages;

    fn consumed((partition, offset): (i32, i64)) -> ConsumedRecord {
        let message = RawRecord::empty(TOPIC, partition, offset);
        ConsumedRecord::read(&message, TOPIC.name(), &RecordKey::new(b"test"), Timestamp::UNIX_EPOCH, false)
    }

    fn advance(partition: i32, expected: i64, next: i64) -> OffsetAdvance {
        OffsetAdvance { partition: TopicPartition { topic: TOPIC, partition }, expected, next }
    }

    #[test]
    fn every_gap_of_a_batch_is_found() {
        let positions = [(0, 12), (1, 20), (0, 13), (0, 17), (1, 21)];
        let advances = vec![advance(0, 10, 18), advance(1, 20, 22)];
        let batch = RecordBatch { advances, records: positions.map(consumed).into() };
        let gaps: Vec<_> = gaps_of(&batch).into_iter().collect();
        let [before, within] = [(10, 12), (14, 17)].map(|(expected, received)| Gap { expected, received });
        assert_eq!(gaps, [(TopicPartition { topic: TOPIC, partition: 0 }, vec![before, within])]);
    }

    #[test]
    fn a_record_within_a_gap_disproves_it() {
        let gaps = [(10, 12), (14, 17)].map(|(expected, received)| Gap { expected, received });
        let span = Span { topic: "topic", partition: 3, gaps: &gaps, last: 17 };
        for found in [10, 11, 14, 16] {
            let error = span.ends_at(found).unwrap_err();
            assert!(
                error.restarts_session() && error.to_string().contains(&format!("a record at {found}")),
                "{error}"
            );
        }
        let read: Vec<_> = [12, 13, 17].map(|offset| span.ends_at(offset).unwrap()).into();
        assert_eq!(read, [false, false, true]);
        // Retention may have removed the record after the gaps since then; the next record also completes the proof.
        assert!(span.ends_at(40).unwrap());
    }
}
