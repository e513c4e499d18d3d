//! The outbox: append-only segments, positions in commit order, three slots that take turns.

use super::{Error, PgConnection, PgPool, Result};
use crate::wire::{Outgoing, partition_for};

/// Events of one group, in order; the first has `position`, the next the one after.
pub struct Segment {
    pub position: i64,
    pub events: Vec<Outgoing>,
}

/// The group that delivers this event: every partition belongs to one group, and so to one writer.
fn group_of(event: &Outgoing, groups: i16) -> i16 {
    let partition = partition_for(event.key.as_bytes(), event.topic().spec().partitions);
    i16::try_from(partition % i32::from(groups.max(1))).unwrap_or(0)
}

/// Appends events; per key their order is kept, and per group position is commit order. Call it last in a transaction:
/// the groups' heads stay locked until it ends.
pub async fn append(tx: &mut PgConnection, events: Vec<Outgoing>, groups: i16) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let mut by_group: Vec<Vec<Outgoing>> = (0..groups).map(|_| Vec::new()).collect();
    for event in events {
        let group = usize::try_from(group_of(&event, groups)).unwrap_or(0);
        if let Some(list) = by_group.get_mut(group) {
            list.push(event);
        }
    }
    let mut numbers = Vec::new();
    let mut counts = Vec::new();
    let mut bodies = Vec::new();
    for (group, events) in by_group.iter().enumerate().filter(|(_, events)| !events.is_empty()) {
        numbers.push(i16::try_from(group).unwrap_or(0));
        counts.push(i32::try_from(events.len()).map_err(|_| Error::Unreadable("segment"))?);
        bodies.push(postcard::to_allocvec(events).map_err(|_| Error::Unreadable("segment"))?);
    }
    sqlx::query("SELECT 1 FROM outbox_heads WHERE grp = ANY($1) ORDER BY grp FOR UPDATE").bind(&numbers).execute(&mut *tx).await?;
    sqlx::query(
        "WITH heads AS (
             UPDATE outbox_heads h SET next_position = h.next_position + u.n
             FROM unnest($1::smallint[], $2::int[]) AS u (grp, n) WHERE h.grp = u.grp
             RETURNING h.slot, h.grp, h.next_position - u.n AS first, h.next_position - 1 AS last)
         INSERT INTO outbox (slot, grp, first, last, body)
         SELECT heads.slot, heads.grp, heads.first, heads.last, u.body
         FROM heads JOIN unnest($1::smallint[], $3::bytea[]) AS u (grp, body) ON u.grp = heads.grp",
    )
    .bind(&numbers)
    .bind(&counts)
    .bind(&bodies)
    .execute(tx)
    .await?;
    Ok(())
}

/// Segments of a group that hold events after `delivered`, up to about `bytes`; at least one where there is any.
pub async fn page(pool: &PgPool, group: i16, delivered: i64, bytes: usize) -> Result<Vec<Segment>> {
    let limit = i64::try_from(bytes).unwrap_or(i64::MAX);
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT first, body FROM (
             SELECT first, body, sum(octet_length(body)) OVER (ORDER BY first) - octet_length(body) AS before
             FROM (SELECT first, body FROM outbox WHERE grp = $1 AND last > $2 ORDER BY last LIMIT 64) o) p
         WHERE before < $3 ORDER BY first",
    )
    .bind(group)
    .bind(delivered)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(position, body)| {
            let events = postcard::from_bytes(&body).map_err(|_| Error::Unreadable("segment"))?;
            Ok(Segment { position, events })
        })
        .collect()
}

/// Bytes are not counted before a slot is left: rows are cheaper to ask, and a segment is a transaction's events.
const EVENTS_A_SLOT: i64 = 200_000;

/// Leaves the slot that is written to when it is full and the next is empty, and empties slots that were delivered.
/// Does nothing where somebody holds a lock: the next call will.
pub async fn rotate(pool: &PgPool) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("SET LOCAL lock_timeout = '200ms'").execute(&mut *tx).await?;
    let heads: Vec<(i64, i16, i64)> =
        sqlx::query_as("SELECT next_position, slot, slot_began FROM outbox_heads ORDER BY grp FOR UPDATE").fetch_all(&mut *tx).await?;
    let Some((_, slot, _)) = heads.first().copied() else { return Ok(()) };
    let before = (slot + 2) % 3;
    let undelivered: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM outbox_heads h JOIN relay_groups r USING (grp) WHERE r.delivered < h.slot_began - 1)",
    )
    .fetch_one(&mut *tx)
    .await?;
    if !undelivered && !is_empty(&mut tx, before).await? {
        // The slot number is ours, from 0 to 2.
        sqlx::query(sqlx::AssertSqlSafe(format!("TRUNCATE outbox_{before}"))).execute(&mut *tx).await?;
    }
    let written: i64 = heads.iter().map(|(next, _, began)| next - began).sum();
    let next = (slot + 1) % 3;
    if written >= EVENTS_A_SLOT && is_empty(&mut tx, next).await? {
        sqlx::query("UPDATE outbox_heads SET slot = $1, slot_began = next_position").bind(next).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn is_empty(tx: &mut PgConnection, slot: i16) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE slot = $1)").bind(slot).fetch_one(tx).await?)
}

/// Events that wait to be delivered.
pub async fn depth(tx: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT coalesce(sum(h.next_position - 1 - r.delivered), 0)::bigint FROM outbox_heads h JOIN relay_groups r USING (grp)",
    )
    .fetch_one(tx)
    .await?)
}

/// The last position that was given in a group.
pub async fn given(pool: &PgPool, group: i16) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT next_position - 1 FROM outbox_heads WHERE grp = $1").bind(group).fetch_one(pool).await?)
}
