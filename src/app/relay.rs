//! Handing the outbox out in pages, and what follows once the broker has acknowledged one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::House;
use crate::boundary::boundary;
use crate::claim::words::SmsKind;
use crate::store::messages::{self, Released};
use crate::store::offsets::Partition;
use crate::store::outbox::{self, Segment};
use crate::store::{Error, Result, relay};
use crate::wire::notifications_sms_v1::{About, SmsRequested};
use crate::wire::{EventType, Outgoing, Topic};

/// The groups that this process delivers now.
pub async fn lease(house: &House, owner: &str) -> Result<Vec<i16>> {
    house.patiently(relay::lease(&house.pool, owner)).await
}

/// Gives the groups back at a graceful stop.
pub async fn release(house: &House, owner: &str) -> Result<()> {
    house.patiently(relay::release(&house.pool, owner)).await
}

/// Everything up to here is known to be delivered.
pub async fn delivered(house: &House, group: i16) -> Result<i64> {
    house.patiently(relay::delivered(&house.pool, group)).await
}

/// Where the output partitions ended when they were last written to.
pub async fn ends(house: &House) -> Result<BTreeMap<Partition, i64>> {
    Ok(house.patiently(relay::ends(&house.pool)).await?.into_iter().collect())
}

/// A person has said that what this topic lost is lost.
pub async fn forget_ends(house: &House, topic: Topic) -> Result<()> {
    relay::forget_ends(&house.pool, topic).await
}

/// The next events of a group, in order.
pub async fn page(house: &House, group: i16, delivered: i64, bytes: usize) -> Result<Vec<Segment>> {
    house.patiently(outbox::page(&house.pool, group, delivered, bytes)).await
}

/// What the broker has acknowledged.
pub struct Delivered {
    /// Everything up to this position.
    pub upto: i64,
    /// The payment documents among it.
    pub documents: Vec<String>,
    /// Behind the last record sent to each partition.
    pub ends: Vec<(Partition, i64)>,
}

/// Notes what was delivered. The SMS of its documents enter the outbox here: an SMS never goes out before its document is
/// durable (R20).
pub async fn confirm(house: &House, group: i16, owner: &str, delivered: &Delivered) -> Result<()> {
    house.patiently(note(house, group, owner, delivered)).await
}

async fn note(house: &House, group: i16, owner: &str, delivered: &Delivered) -> Result<()> {
    let at = house.clock.now();
    let documents = &delivered.documents;
    let mut tx = boundary!("confirm.begin", house.pool.begin().await)?;
    relay::confirm(&mut tx, group, owner, delivered.upto).await?;
    relay::keep_ends(&mut tx, &delivered.ends).await?;
    if !documents.is_empty() {
        let released = messages::release(&mut tx, documents, at).await?;
        let events =
            released.iter().map(|message| sms_requested(house, message, at)).collect::<Result<Vec<_>>>()?;
        outbox::append(&mut tx, events, house.groups).await?;
    }
    boundary!("confirm.commit", tx.commit().await)?;
    Ok(())
}

/// Empties outbox slots that were delivered.
pub async fn rotate(house: &House) -> Result<()> {
    match house.patiently(outbox::rotate(&house.pool)).await {
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
pub fn sms_requested(house: &House, message: &Released, at: Timestamp) -> Result<Outgoing> {
    let data = SmsRequested {
        sms_id: Cow::Borrowed(&message.sms_id),
        mobile: Cow::Borrowed(&message.mobile),
        text: Cow::Borrowed(&message.body),
        kind: message.kind.parse::<SmsKind>().map_err(|_| Error::Unreadable("kind of message"))?,
        segments: message.segments.unsigned_abs(),
        not_before: house.clock.quiet_until(at),
        about: About { claim_id: message.claim_id, document_id: Cow::Borrowed(&message.document_id) },
    };
    let (key, id, trace) =
        (message.claim_id.to_string(), message.sms_id.clone(), message.traceparent.as_deref());
    Outgoing::new(EventType::SmsRequested, key, id, at, trace, &data).map_err(|_| Error::Unreadable("event"))
}

/// The last position that this database has given to a group.
pub async fn given(house: &House, group: i16) -> Result<i64> {
    house.patiently(outbox::given(&house.pool, group)).await
}

/// The id of the event that this database gave a position to, while its segment is still there.
pub async fn id_at(house: &House, group: i16, position: i64) -> Result<Option<String>> {
    for segment in page(house, group, position - 1, 1).await? {
        if let Some((_, event)) = segment.events()?.find(|(at, _)| *at == position) {
            return Ok(Some(event.id));
        }
    }
    Ok(None)
}
