//! Handing the outbox out in pages, and what follows once the broker has acknowledged one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::AppContext;
use crate::claim::codes::SmsKind;
use crate::failpoint::failpoint;
use crate::store::messages::{self, ReleasedMessage};
use crate::store::offsets::TopicPartition;
use crate::store::outbox::{self, Segment};
use crate::store::{Error, Result, relay_leases};
use crate::wire::notifications_sms_v1::{About, SmsRequested};
use crate::wire::{EventType, Outgoing, Topic};

/// The groups that this process delivers now.
pub async fn lease(ctx: &AppContext, owner: &str) -> Result<Vec<i16>> {
    ctx.with_timeout(relay_leases::lease(&ctx.pool, owner)).await
}

/// Gives the groups back at a graceful stop.
pub async fn release(ctx: &AppContext, owner: &str) -> Result<()> {
    ctx.with_timeout(relay_leases::release(&ctx.pool, owner)).await
}

/// Everything up to here is known to be delivered.
pub async fn delivered(ctx: &AppContext, group: i16) -> Result<i64> {
    ctx.with_timeout(relay_leases::delivered(&ctx.pool, group)).await
}

/// Where the output partitions ended when they were last written to.
pub async fn end_offsets(ctx: &AppContext) -> Result<BTreeMap<TopicPartition, i64>> {
    Ok(ctx.with_timeout(relay_leases::end_offsets(&ctx.pool)).await?.into_iter().collect())
}

/// A person has said that what this topic lost is lost.
pub async fn clear_end_offsets(ctx: &AppContext, topic: Topic) -> Result<()> {
    relay_leases::clear_end_offsets(&ctx.pool, topic).await
}

/// The next events of a group, in order.
pub async fn page(ctx: &AppContext, group: i16, delivered: i64, bytes: usize) -> Result<Vec<Segment>> {
    ctx.with_timeout(outbox::page(&ctx.pool, group, delivered, bytes)).await
}

/// What the broker has acknowledged.
pub struct Delivery {
    /// Everything up to this position.
    pub upto: i64,
    /// The payment documents among it.
    pub documents: Vec<String>,
    /// Behind the last record sent to each partition.
    pub end_offsets: Vec<(TopicPartition, i64)>,
}

/// Notes what was delivered. The SMS of its documents enter the outbox here: an SMS never goes out before its document is
/// durable (R20).
pub async fn confirm(ctx: &AppContext, group: i16, owner: &str, delivered: &Delivery) -> Result<()> {
    ctx.with_timeout(record_delivery(ctx, group, owner, delivered)).await
}

async fn record_delivery(ctx: &AppContext, group: i16, owner: &str, delivered: &Delivery) -> Result<()> {
    let at = ctx.clock.now();
    let documents = &delivered.documents;
    let mut tx = failpoint!("confirm.begin", ctx.pool.begin().await)?;
    relay_leases::advance_watermark(&mut tx, group, owner, delivered.upto).await?;
    relay_leases::save_end_offsets(&mut tx, &delivered.end_offsets).await?;
    if !documents.is_empty() {
        let released = messages::release(&mut tx, documents, at).await?;
        let events =
            released.iter().map(|message| sms_requested(ctx, message, at)).collect::<Result<Vec<_>>>()?;
        outbox::append(&mut tx, events, ctx.groups).await?;
    }
    failpoint!("confirm.commit", tx.commit().await)?;
    Ok(())
}

/// Empties outbox slots that were delivered.
pub async fn rotate(ctx: &AppContext) -> Result<()> {
    match ctx.with_timeout(outbox::rotate(&ctx.pool)).await {
        // Somebody holds a lock: the next call will do it.
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

/// `notifications.sms.requested`; in the quiet hours it is published at once and says when it may be sent.
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

/// The last position that this database has given to a group.
pub async fn last_allocated(ctx: &AppContext, group: i16) -> Result<i64> {
    ctx.with_timeout(outbox::last_allocated(&ctx.pool, group)).await
}

/// The id of the event that this database gave a position to, while its segment is still there.
pub async fn id_at(ctx: &AppContext, group: i16, position: i64) -> Result<Option<String>> {
    for segment in page(ctx, group, position - 1, 1).await? {
        if let Some((_, event)) = segment.events()?.find(|(at, _)| *at == position) {
            return Ok(Some(event.id));
        }
    }
    Ok(None)
}
