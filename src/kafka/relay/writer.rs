//! The one writer of a group of output partitions: fence, look at the tails, hand out page after page.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::tail::{Tail, last_positions};
use super::truncation_check::{self, check_not_truncated};
use super::{RelayEvent, RelayRole};
use crate::app;
use crate::app::relay::Delivery;
use crate::kafka::client::Broker;
use crate::kafka::delivery_reports::OffsetRange;
use crate::kafka::producer::Sender;
use crate::kafka::{Error, Result};
use crate::retry::{Policy, Retryability, ShutdownSignal, pause_or_stop, retry};
use crate::store;
use crate::store::offsets::TopicPartition;
use crate::store::outbox::Segment;
use crate::telemetry::trace;
use crate::wire::outgoing::SEQUENCE_HEADER;
use crate::wire::{Outgoing, PartitionCounts, Topic, partition_for};

/// Pauses while the outbox is empty: short after activity, longer the longer it stays so.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Delivers the group until told to stop. Any error ends the writer's session: a new one fences the old and looks again.
/// What no new session would mend is the only error given.
pub async fn run(relay: Arc<RelayRole>, group: i16, stop: ShutdownSignal) -> Result<()> {
    let session = || session(relay.clone(), group, stop.clone());
    let classify = |error: &Error| match error {
        Error::OlderThanTopics { .. }
        | Error::OutputLost { .. }
        | Error::Store(store::Error::QueryTimeout(_)) => Retryability::Reject,
        _ => Retryability::Retry,
    };
    let notify = |error: &Error, pause: Duration| {
        (relay.counts)(RelayEvent::Failed);
        tracing::warn!(group, %error, ?pause, "the relay's writer begins anew");
    };
    if let Err(crate::retry::RetryError::Rejected(error)) =
        retry(Policy::FOREVER, &stop, session, classify, notify).await
    {
        (relay.counts)(RelayEvent::Failed);
        tracing::error!(group, %error, "the relay's writer has stopped for good");
        return Err(error);
    }
    Ok(())
}

/// What the topics held when this writer took over.
struct Tails {
    held: HashMap<TopicPartition, Tail>,
    partitions: PartitionCounts,
}

impl Tails {
    /// Was this event delivered by an earlier writer, though the database has not heard of it?
    fn contains(&self, event: &Outgoing, position: i64) -> bool {
        let topic = event.topic();
        let partition = partition_for(event.key.as_bytes(), self.partitions.of(topic));
        self.held.get(&TopicPartition { topic, partition }).is_some_and(|held| position <= held.position)
    }
}

async fn session(relay: Arc<RelayRole>, group: i16, mut stop: ShutdownSignal) -> Result<()> {
    let mut delivered = app::relay::delivered(&relay.ctx, group).await?;
    let mut ended = app::relay::end_offsets(&relay.ctx).await?;
    ended.retain(|partition, _| partition.partition % i32::from(relay.ctx.groups.count) == i32::from(group));
    let (broker, groups, known) = (relay.broker.clone(), relay.ctx.groups, ended.clone());
    let (mut sender, tails) = blocking(move || {
        let sender = Sender::fencing(&broker, &format!("relay-{group}"))?;
        sender.await_leaders(Topic::outputs())?;
        check_not_truncated(&broker, &known)?;
        let held = last_positions(&broker, group, groups.count)?;
        Ok((sender, Tails { held, partitions: groups.partitions }))
    })
    .await?;
    check_sequence(&relay, group, delivered, &tails).await?;
    let tails = Arc::new(tails);
    tracing::debug!(group, delivered, "the relay's writer has taken over");
    let mut pause = FIRST_PAUSE;
    loop {
        let segments = app::relay::page(&relay.ctx, group, delivered, relay.page_bytes).await?;
        if segments.is_empty() {
            if !pause_or_stop(pause, &mut stop).await {
                return Ok(());
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        }
        pause = FIRST_PAUSE;
        let (from, tails) = (delivered, tails.clone());
        let (broker, known) = (relay.broker.clone(), ended.clone());
        let turn = relay.transaction_permit.acquire().await.map_err(|_| Error::Stopped)?;
        let page;
        (sender, page) = blocking(move || {
            let (mut sender, span) = (sender, trace::send(group));
            let page = send(&mut sender, &segments, from, &tails).map_err(|error| {
                trace::failed(&span);
                cause(&broker, known, &sender, error)
            })?;
            trace::sent(&span, page.sent);
            Ok((sender, page))
        })
        .await?;
        drop(turn);
        let ends = new_ends(&relay.broker, &mut ended, &sender.take_offsets())?;
        delivered = page.last;
        let done = Delivery { upto: page.last, documents: page.documents, end_offsets: ends };
        app::relay::confirm(&relay.ctx, group, &relay.owner, &done).await?;
        (relay.counts)(RelayEvent::Committed(page.sent));
        if *stop.borrow() {
            return Ok(());
        }
    }
}

/// Why a page was not delivered. A topic that was recreated under the writer's hands gives offsets from before its end again;
/// they count as unconfirmed, and a new session might find the topic long enough.
fn cause(broker: &Broker, mut ended: BTreeMap<TopicPartition, i64>, sender: &Sender, error: Error) -> Error {
    match (&error, new_ends(broker, &mut ended, &sender.take_offsets())) {
        (Error::Unconfirmed(_), Err(recreated)) => recreated,
        _ => error,
    }
}

/// A database that was restored from before its topics must not send over what it does not know: neither while it has
/// given fewer positions than the topics hold, nor once it has given the same ones to other events.
async fn check_sequence(relay: &RelayRole, group: i16, delivered: i64, tails: &Tails) -> Result<()> {
    let given = app::relay::last_allocated(&relay.ctx, group).await?;
    for (partition, tail) in &tails.held {
        let is_known = if tail.position > given {
            false
        } else if tail.position <= delivered || tail.id.is_empty() {
            true
        } else {
            app::relay::id_at(&relay.ctx, group, tail.position).await?.is_none_or(|id| id == tail.id)
        };
        if !is_known {
            let (topic, partition) = (relay.broker.name(partition.topic), partition.partition);
            return Err(Error::OlderThanTopics { topic, partition, held: tail.position, given });
        }
    }
    Ok(())
}

/// Where the partitions now end. One that begins again before its end was recreated under the writer's hands: what it took
/// stays there, and does not count as delivered.
fn new_ends(
    broker: &Broker,
    ended: &mut BTreeMap<TopicPartition, i64>,
    given: &[(TopicPartition, OffsetRange)],
) -> Result<Vec<(TopicPartition, i64)>> {
    let mut ends = Vec::with_capacity(given.len());
    for (partition, offsets) in given {
        let before = ended.insert(*partition, offsets.next).unwrap_or(0);
        if offsets.first < before {
            return Err(truncation_check::error(broker, *partition, before, offsets.next));
        }
        ends.push((*partition, offsets.next));
    }
    Ok(ends)
}

struct SentPage {
    last: i64,
    sent: u64,
    documents: Vec<String>,
}

/// Sends what lies after `delivered` in one transaction.
fn send(sender: &mut Sender, segments: &[Segment], delivered: i64, tails: &Tails) -> Result<SentPage> {
    let mut page = SentPage { last: delivered, sent: 0, documents: Vec::new() };
    sender.begin()?;
    for segment in segments {
        for (position, event) in segment.events()?.filter(|(position, _)| *position > delivered) {
            if !tails.contains(&event, position) {
                sender.send(&event, &[(SEQUENCE_HEADER, position.to_string().as_bytes())])?;
                page.sent += 1;
            }
            page.documents.extend(app::relay::document_of(&event));
            page.last = position;
        }
    }
    sender.commit()?;
    Ok(page)
}

/// rdkafka's calls block; they get a thread of their own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopped)?
}
