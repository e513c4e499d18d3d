//! The only writer of a relay shard: it fences older writers, reads the tails, and sends page after page.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::tail::{OutputShard, Tail, last_positions};
use super::truncation_check::{self, check_not_truncated};
use super::{RelayEvent, RelayRole};
use crate::app;
use crate::app::relay::Delivery;
use crate::kafka::client::Broker;
use crate::kafka::producer::Sender;
use crate::kafka::topics::PartitionRange;
use crate::kafka::{Error, Result};
use crate::retry::{Policy, Retryability, ShutdownSignal, pause_or_stop, retry};
use crate::store;
use crate::store::offsets::{PartitionOffset, TopicPartition};
use crate::store::outbox::Segment;
use crate::telemetry::trace;
use crate::wire::{Outgoing, PartitionCounts, RecordKey, Topic, partition_for};

/// Pauses while the outbox is empty. The first pause is short; each further pause is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Delivers the events of the shard until shutdown is requested. An error ends the session of the writer: a new session
/// fences the old one and reads the tails again.
///
/// # Errors
/// Only errors that a new session does not resolve.
pub async fn run(relay: Arc<RelayRole>, shard: i16, stop: ShutdownSignal) -> Result<()> {
    let outcome = retry(
        Policy::FOREVER,
        &stop,
        || session(relay.clone(), shard, stop.clone()),
        classify,
        |error, pause| {
            (relay.counts)(RelayEvent::Failed);
            tracing::warn!(shard, %error, ?pause, "the relay writer restarts");
        },
    );
    if let Err(crate::retry::RetryError::Rejected(error)) = outcome.await {
        (relay.counts)(RelayEvent::Failed);
        tracing::error!(shard, %error, "the relay writer has stopped permanently");
        return Err(error);
    }
    Ok(())
}

fn classify(error: &Error) -> Retryability {
    match error {
        Error::OlderThanTopics { .. }
        | Error::OutputLost { .. }
        | Error::Store(store::Error::QueryTimeout(_)) => Retryability::Reject,
        _ => Retryability::Retry,
    }
}

/// The tails of the topics when this writer fenced the older one.
struct Tails {
    held: HashMap<TopicPartition, Tail>,
    partitions: PartitionCounts,
}

impl Tails {
    /// Returns true if an earlier writer delivered this event, even if the database does not know it.
    fn contains(&self, event: &Outgoing, sequence: i64) -> bool {
        let topic = event.topic();
        let partition = partition_for(event.key.as_bytes(), self.partitions.of(topic));
        self.held.get(&TopicPartition { topic, partition }).is_some_and(|tail| sequence <= tail.position)
    }
}

async fn session(relay: Arc<RelayRole>, shard: i16, mut stop: ShutdownSignal) -> Result<()> {
    let mut delivered = app::relay::delivered(&relay.ctx, shard).await?;
    let mut ended = app::relay::end_offsets(&relay.ctx).await?;
    let shards = relay.ctx.shards;
    let own = OutputShard { number: shard, of: shards.count };
    ended.retain(|partition, _| own.contains(*partition));
    let broker = relay.broker.clone();
    let (known, key) = (ended.clone(), relay.ctx.record_key.clone());
    let (mut sender, tails) = blocking(move || {
        let sender = Sender::fencing(&broker, &format!("relay-{shard}"))?;
        sender.await_leaders(Topic::outputs())?;
        check_not_truncated(&broker, &known)?;
        let held = last_positions(&broker, &key, own, &known)?;
        Ok((sender, Tails { held, partitions: shards.partitions }))
    })
    .await?;
    check_sequence(&relay, shard, delivered, &tails).await?;
    let tails = Arc::new(tails);
    tracing::debug!(shard, delivered, "the relay writer has started");
    let mut pause = FIRST_PAUSE;
    loop {
        let segments = app::relay::page(&relay.ctx, shard, delivered, relay.page_bytes).await?;
        if segments.is_empty() {
            if !pause_or_stop(pause, &mut stop).await {
                return Ok(());
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        }
        pause = FIRST_PAUSE;
        let from = delivered;
        let tails = tails.clone();
        let (broker, known) = (relay.broker.clone(), ended.clone());
        let key = relay.ctx.record_key.clone();
        let permit = relay.transaction_permit.acquire().await.map_err(|_| Error::Stopped)?;
        let page;
        (sender, page) = blocking(move || {
            let mut sender = sender;
            let span = trace::send(shard);
            let page = send(&mut sender, &key, &segments, from, &tails).map_err(|error| {
                trace::failed(&span);
                cause(&broker, known, &sender, error)
            })?;
            trace::sent(&span, page.sent);
            Ok((sender, page))
        })
        .await?;
        drop(permit);
        let ends = new_ends(&relay.broker, &mut ended, &sender.take_offsets())?;
        delivered = page.last;
        let delivery = Delivery { upto: page.last, documents: page.documents, end_offsets: ends };
        app::relay::confirm(&relay.ctx, shard, &relay.owner, &delivery).await?;
        (relay.counts)(RelayEvent::Committed(page.sent));
        if *stop.borrow() {
            return Ok(());
        }
    }
}

/// Returns the reason why a page was not delivered. If a topic is recreated while the writer runs, its offsets start
/// again before the stored end offset. The reports then count as unconfirmed, and a new session might find the topic
/// long enough to pass the truncation check.
fn cause(broker: &Broker, mut ended: BTreeMap<TopicPartition, i64>, sender: &Sender, error: Error) -> Error {
    match (&error, new_ends(broker, &mut ended, &sender.take_offsets())) {
        (Error::Unconfirmed(_), Err(recreated)) => recreated,
        _ => error,
    }
}

/// Checks that the database knows the last record of each partition. A database that was restored from a state before
/// its topics must send nothing: not while it has allocated fewer sequence numbers than the topics contain, and not
/// after it has allocated the same numbers to other events.
///
/// # Errors
/// [`Error::OlderThanTopics`] if the database does not know such a record.
async fn check_sequence(relay: &RelayRole, shard: i16, delivered: i64, tails: &Tails) -> Result<()> {
    let allocated = app::relay::last_allocated(&relay.ctx, shard).await?;
    for (partition, tail) in &tails.held {
        let is_known = if tail.position > allocated {
            false
        } else if tail.position <= delivered || tail.id.is_empty() {
            true
        } else {
            app::relay::id_at(&relay.ctx, shard, tail.position).await?.is_none_or(|id| id == tail.id)
        };
        if !is_known {
            let (topic, partition) = (relay.broker.name(partition.topic), partition.partition);
            return Err(Error::OlderThanTopics { topic, partition, held: tail.position, given: allocated });
        }
    }
    Ok(())
}

/// Returns the new end offsets of the partitions, and stores them in `ended`.
///
/// # Errors
/// [`Error::OutputLost`] if the offsets of a partition start before its end offset: the topic was recreated while the
/// writer ran. The records that it accepted stay there, and do not count as delivered.
fn new_ends(
    broker: &Broker,
    ended: &mut BTreeMap<TopicPartition, i64>,
    acknowledged: &[PartitionRange],
) -> Result<Vec<PartitionOffset>> {
    let mut ends = Vec::with_capacity(acknowledged.len());
    for range in acknowledged {
        let before = ended.insert(range.partition, range.end).unwrap_or(0);
        if range.first < before {
            return Err(truncation_check::error(broker, range.partition, before, range.end));
        }
        ends.push(range.end_offset());
    }
    Ok(ends)
}

struct SentPage {
    last: i64,
    sent: u64,
    documents: Vec<String>,
}

/// Sends the events after `delivered` in one transaction.
fn send(
    sender: &mut Sender,
    key: &RecordKey,
    segments: &[Segment],
    delivered: i64,
    tails: &Tails,
) -> Result<SentPage> {
    let mut page = SentPage { last: delivered, sent: 0, documents: Vec::new() };
    sender.begin()?;
    for segment in segments {
        for (sequence, event) in segment.events()?.filter(|(sequence, _)| *sequence > delivered) {
            if !tails.contains(&event, sequence) {
                sender.send_own(&event, sequence, key)?;
                page.sent += 1;
            }
            page.documents.extend(app::relay::document_of(&event));
            page.last = sequence;
        }
    }
    sender.commit()?;
    Ok(page)
}

/// Runs blocking calls of rdkafka on a thread of their own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopped)?
}
