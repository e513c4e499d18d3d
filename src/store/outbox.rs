//! The outbox: append-only segments, positions in commit order, three slots that take turns.

use std::collections::BTreeMap;

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

/// About so many bytes go into one segment before it is packed: what is held twice in memory is bounded by it.
const SEGMENT_BYTES: usize = 1 << 20;

/// Events of one group, packed; they get their positions when they are appended.
pub struct Packed {
    group: i16,
    count: i64,
    body: Vec<u8>,
}

/// Packs events for their groups; per key their order is kept. This is work for a processor, done before any head is
/// locked: a body holds no position, and nobody waits for it.
pub fn pack(events: Vec<Outgoing>, groups: i16) -> Result<Vec<Packed>> {
    let mut by_group: BTreeMap<i16, Vec<Outgoing>> = BTreeMap::new();
    for event in events {
        by_group.entry(group_of(&event, groups)).or_default().push(event);
    }
    let mut packed = Vec::new();
    for (group, events) in by_group {
        let mut segment = Vec::new();
        let mut bytes = 0;
        for event in events {
            bytes += event.value.as_ref().map_or(0, Vec::len) + 256;
            segment.push(event);
            if bytes >= SEGMENT_BYTES {
                packed.push(pack_segment(group, &std::mem::take(&mut segment))?);
                bytes = 0;
            }
        }
        if !segment.is_empty() {
            packed.push(pack_segment(group, &segment)?);
        }
    }
    Ok(packed)
}

/// Packed here rather than by PostgreSQL: a tenth of the bytes crosses the socket, there and back.
fn pack_segment(group: i16, events: &[Outgoing]) -> Result<Packed> {
    let plain = Vec::with_capacity(SEGMENT_BYTES + SEGMENT_BYTES / 4);
    let plain = postcard::to_extend(events, plain).map_err(|_| Error::Unreadable("segment"))?;
    let count = i64::try_from(events.len()).map_err(|_| Error::Unreadable("segment"))?;
    Ok(Packed { group, count, body: lz4_flex::compress_prepend_size(&plain) })
}

/// Packs events and appends them: [`pack`] and [`place`] where there is nothing to do between.
pub async fn append(tx: &mut PgConnection, events: Vec<Outgoing>, groups: i16) -> Result<()> {
    place(tx, pack(events, groups)?).await
}

/// Gives what was packed its positions; per group position is commit order. Call it last in a transaction: the groups'
/// heads stay locked until it ends.
pub async fn place(tx: &mut PgConnection, packed: Vec<Packed>) -> Result<()> {
    if packed.is_empty() {
        return Ok(());
    }
    let mut heads = take_positions(tx, &packed).await?;
    let (mut slots, mut groups, mut firsts, mut lasts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut bodies = Vec::with_capacity(packed.len());
    for segment in packed {
        let head = heads.get_mut(&segment.group).ok_or(Error::Unreadable("outbox group"))?;
        slots.push(head.slot);
        groups.push(segment.group);
        firsts.push(head.next);
        head.next += segment.count;
        lasts.push(head.next - 1);
        bodies.push(segment.body);
    }
    sqlx::query(
        "INSERT INTO outbox (slot, grp, first, last, body)
         SELECT * FROM unnest($1::smallint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bytea[])",
    )
    .bind(slots)
    .bind(groups)
    .bind(firsts)
    .bind(lasts)
    .bind(bodies)
    .execute(tx)
    .await?;
    Ok(())
}

/// A group's head, locked: where its next event goes.
#[derive(Clone, Copy)]
struct Head {
    slot: i16,
    next: i64,
}

/// Locks the heads in the order of their groups and moves them past these events.
async fn take_positions(tx: &mut PgConnection, packed: &[Packed]) -> Result<BTreeMap<i16, Head>> {
    let mut events: BTreeMap<i16, i64> = BTreeMap::new();
    for segment in packed {
        *events.entry(segment.group).or_default() += segment.count;
    }
    let (groups, counts): (Vec<i16>, Vec<i64>) = events.into_iter().unzip();
    sqlx::query("SELECT 1 FROM outbox_heads WHERE grp = ANY($1) ORDER BY grp FOR UPDATE")
        .bind(&groups)
        .execute(&mut *tx)
        .await?;
    let rows: Vec<(i16, i16, i64)> = sqlx::query_as(
        "UPDATE outbox_heads h SET next_position = h.next_position + u.n
         FROM unnest($1::smallint[], $2::bigint[]) AS u (grp, n) WHERE h.grp = u.grp RETURNING h.grp, h.slot, h.next_position - u.n",
    )
    .bind(&groups)
    .bind(&counts)
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|(group, slot, next)| (group, Head { slot, next })).collect())
}

fn unpack(body: &[u8]) -> Result<Vec<Outgoing>> {
    let plain = lz4_flex::decompress_size_prepended(body).map_err(|_| Error::Unreadable("segment"))?;
    postcard::from_bytes(&plain).map_err(|_| Error::Unreadable("segment"))
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
    rows.into_iter().map(|(position, body)| Ok(Segment { position, events: unpack(&body)? })).collect()
}

/// Bytes are not counted before a slot is left: rows are cheaper to ask, and a segment is a transaction's events.
const EVENTS_A_SLOT: i64 = 200_000;

/// Leaves the slot that is written to when it is full and the next is empty, and empties slots that were delivered.
/// Does nothing where somebody holds a lock: the next call will.
pub async fn rotate(pool: &PgPool) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("SET LOCAL lock_timeout = '200ms'").execute(&mut *tx).await?;
    let heads: Vec<(i64, i16, i64)> =
        sqlx::query_as("SELECT next_position, slot, slot_began FROM outbox_heads ORDER BY grp FOR UPDATE")
            .fetch_all(&mut *tx)
            .await?;
    let Some((_, slot, _)) = heads.first().copied() else {
        return Ok(());
    };
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
        sqlx::query("UPDATE outbox_heads SET slot = $1, slot_began = next_position")
            .bind(next)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn is_empty(tx: &mut PgConnection, slot: i16) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE slot = $1)")
        .bind(slot)
        .fetch_one(tx)
        .await?)
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
    Ok(sqlx::query_scalar("SELECT next_position - 1 FROM outbox_heads WHERE grp = $1")
        .bind(group)
        .fetch_one(pool)
        .await?)
}
