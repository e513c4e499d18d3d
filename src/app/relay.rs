//! Reads the outbox in pages, and records what the broker has acknowledged.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::AppContext;
use crate::claim::codes::SmsKind;
use crate::failpoint::failpoint;
use crate::store::messages::{self, ReleasedMessage};
use crate::store::offsets::{PartitionOffset, TopicPartition, by_partition};
use crate::store::outbox::{self, Segment};
use crate::store::{self, Error, Result, relay_leases};
use crate::wire::notifications_sms_v1::{About, SmsRequested};
use crate::wire::{EventType, Outgoing, Topic};

/// Leases relay shards for `owner`, and returns those that this process delivers now.
pub async fn lease(ctx: &AppContext, owner: &str) -> Result<Vec<i16>> {
    ctx.with_timeout(relay_leases::lease(&ctx.pool, owner)).await
}

/// Releases the leases at a graceful stop.
pub async fn release(ctx: &AppContext, owner: &str) -> Result<()> {
    ctx.with_timeout(relay_leases::release(&ctx.pool, owner)).await
}

/// The delivery watermark of a relay shard: everything up to this sequence number is known to be delivered.
pub async fn delivered(ctx: &AppContext, shard: i16) -> Result<i64> {
    ctx.with_timeout(relay_leases::delivered(&ctx.pool, shard)).await
}

/// The end offset of each output partition after the relay's last write to it.
pub async fn end_offsets(ctx: &AppContext) -> Result<BTreeMap<TopicPartition, i64>> {
    Ok(by_partition(ctx.with_timeout(relay_leases::end_offsets(&ctx.pool)).await?))
}

/// True if this database knows of no delivery.
pub async fn is_first_start(ctx: &AppContext) -> Result<bool> {
    Ok(end_offsets(ctx).await?.is_empty())
}

/// Forgets the end offsets of a topic, after an operator has accepted that the records it lost are lost.
pub async fn clear_end_offsets(ctx: &AppContext, topic: Topic) -> Result<()> {
    relay_leases::clear_end_offsets(&ctx.pool, topic).await
}

/// The next events of a relay shard, in order.
pub async fn page(ctx: &AppContext, shard: i16, delivered: i64, bytes: usize) -> Result<Vec<Segment>> {
    ctx.with_timeout(outbox::page(&ctx.pool, shard, delivered, bytes)).await
}

/// Events that the broker has acknowledged.
pub struct Delivery {
    /// Everything up to this sequence number.
    pub upto: i64,
    /// The payment documents among the delivered events.
    pub documents: Vec<String>,
    /// For each partition, the offset after the last record sent to it.
    pub end_offsets: Vec<PartitionOffset>,
}

/// Records a delivery. The SMS of the delivered documents enter the outbox here: an SMS is never published before its
/// document is durable (R20).
pub async fn confirm(ctx: &AppContext, shard: i16, owner: &str, delivered: &Delivery) -> Result<()> {
    ctx.with_timeout(record_delivery(ctx, shard, owner, delivered)).await
}

async fn record_delivery(ctx: &AppContext, shard: i16, owner: &str, delivered: &Delivery) -> Result<()> {
    let at = ctx.clock.now();
    let documents = &delivered.documents;
    let mut tx = failpoint!("confirm.begin", ctx.pool.begin().await)?;
    store::limit_idle_time(&mut tx).await?;
    relay_leases::advance_watermark(&mut tx, shard, owner, delivered.upto).await?;
    relay_leases::save_end_offsets(&mut tx, &delivered.end_offsets).await?;
    if !documents.is_empty() {
        let released = messages::release(&mut tx, documents, at).await?;
        let events =
            released.iter().map(|message| sms_requested(ctx, message, at)).collect::<Result<Vec<_>>>()?;
        outbox::append(&mut tx, events, ctx.shards).await?;
    }
    failpoint!("confirm.commit", tx.commit().await)?;
    Ok(())
}

/// Empties outbox partitions whose events are all delivered.
pub async fn rotate(ctx: &AppContext) -> Result<()> {
    match ctx.with_timeout(outbox::rotate(&ctx.pool)).await {
        // Another transaction holds a lock. The next call tries again.
        Err(error) if error.is_lock_timeout() => Ok(()),
        other => other,
    }
}

/// The payment document that an event issues, if it is one.
pub fn document_of(event: &Outgoing) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Id {
        document_id: String,
    }
    if event.kind != EventType::PaymentDocumentIssued {
        return None;
    }
    serde_json::from_slice::<Id>(event.value.as_deref()?).ok().map(|id| id.document_id)
}

/// Builds `notifications.sms.requested`. In the quiet hours it is published at once and states when it may be sent.
pub fn sms_requested(ctx: &AppContext, message: &ReleasedMessage, at: Timestamp) -> Result<Outgoing> {
    let data = SmsRequested {
        sms_id: Cow::Borrowed(&message.sms_id),
        mobile: Cow::Borrowed(&message.mobile),
        text: Cow::Borrowed(&message.body),
        kind: message.kind.parse::<SmsKind>().map_err(|_| Error::Unreadable("kind of message"))?,
        segments: message.segments.unsigned_abs(),
        not_before: ctx.sms_quiet_hours.and_then(|quiet| ctx.clock.quiet_hours_end(at, quiet)),
        about: About { claim_id: message.claim_id, document_id: Cow::Borrowed(&message.document_id) },
    };
    let (key, id, trace) =
        (message.claim_id.to_string(), message.sms_id.clone(), message.traceparent.as_deref());
    Outgoing::new(EventType::SmsRequested, key, id, at, trace, &data).map_err(|_| Error::Unreadable("event"))
}

/// The last sequence number that this database has allocated in a relay shard.
pub async fn last_allocated(ctx: &AppContext, shard: i16) -> Result<i64> {
    ctx.with_timeout(outbox::last_allocated(&ctx.pool, shard)).await
}

/// The id of the event to which this database has allocated a sequence number. None if its segment was deleted.
pub async fn id_at(ctx: &AppContext, shard: i16, sequence: i64) -> Result<Option<String>> {
    for segment in page(ctx, shard, sequence - 1, 1).await? {
        if let Some((_, event)) = segment.events()?.find(|(found, _)| *found == sequence) {
            return Ok(Some(event.id));
        }
    }
    Ok(None)
}
