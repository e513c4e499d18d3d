//! The outbox: append-only segments, sequence numbers in commit order, three outbox partitions that rotate.

use std::collections::BTreeMap;

use super::{Error, PgConnection, PgPool, Result};
use crate::failpoint::failpoint;
use crate::wire::{OutboxEvent, Outgoing, PartitionCounts, partition_for};

/// The relay shards: groups of output partitions. Every partition belongs to one shard, and so has one writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelayShards {
    pub count: i16,
    pub partitions: PartitionCounts,
}

impl RelayShards {
    /// The relay shard that delivers this event.
    fn of(self, event: &OutboxEvent<'_>) -> i16 {
        let (kind, key) = event.address();
        let partition = partition_for(key.as_bytes(), self.partitions.of(kind.topic()));
        i16::try_from(partition % i32::from(self.count.max(1))).unwrap_or(0)
    }
}

/// Events of one relay shard, in order, as stored in the outbox.
pub struct Segment {
    first: i64,
    body: Vec<u8>,
}

impl Segment {
    /// Unpacks the events with their sequence numbers. They take several times as many bytes, so unpack one segment
    /// at a time.
    pub fn events(&self) -> Result<impl Iterator<Item = (i64, Outgoing)>> {
        Ok((self.first..).zip(unpack(&self.body)?))
    }
}

/// Size in bytes at which a segment is packed. It bounds the memory that holds events both plain and packed.
const SEGMENT_BYTES: usize = 1 << 18;

/// Packed events of one relay shard. They get their sequence numbers when they are inserted.
pub struct PackedSegment {
    shard: i16,
    count: i64,
    body: Vec<u8>,
}

/// Packs events for their relay shards; the order of the events of a key is kept. This is CPU work without a lock: a
/// body contains no sequence number, so it is packed before the head of a shard is locked.
pub fn pack<'a>(
    events: impl IntoIterator<Item = impl Into<OutboxEvent<'a>>>,
    shards: RelayShards,
) -> Result<Vec<PackedSegment>> {
    let mut open: BTreeMap<i16, (i64, Vec<u8>)> = BTreeMap::new();
    let mut packed = Vec::new();
    for event in events {
        let event = event.into();
        let shard = shards.of(&event);
        let (count, plain) = open.entry(shard).or_default();
        *count += 1;
        *plain = postcard::to_extend(&event, std::mem::take(plain)).map_err(|_| UNREADABLE)?;
        if plain.len() >= SEGMENT_BYTES {
            packed.extend(open.remove(&shard).map(|segment| pack_segment(shard, segment)));
        }
    }
    packed.extend(open.into_iter().map(|(shard, segment)| pack_segment(shard, segment)));
    Ok(packed)
}

const UNREADABLE: Error = Error::Unreadable("outbox segment");

/// The format version of a body, which is its last byte. The bytes before it are lz4 of the events in postcard, one
/// after the other.
const FORM: u8 = 1;

/// Compresses a segment here and not in PostgreSQL, so that fewer bytes cross the socket in both directions.
fn pack_segment(shard: i16, (count, plain): (i64, Vec<u8>)) -> PackedSegment {
    let mut body = lz4_flex::compress_prepend_size(&plain);
    body.push(FORM);
    PackedSegment { shard, count, body }
}

fn unpack(body: &[u8]) -> Result<Vec<Outgoing>> {
    let Some((&FORM, packed)) = body.split_last() else {
        return Err(UNREADABLE);
    };
    let plain = lz4_flex::decompress_size_prepended(packed).map_err(|_| UNREADABLE)?;
    let (mut rest, mut events) = (plain.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (event, after): (OutboxEvent<'_>, _) = postcard::take_from_bytes(rest).map_err(|_| UNREADABLE)?;
        events.push(event.into_outgoing().map_err(|_| UNREADABLE)?);
        rest = after;
    }
    Ok(events)
}

/// Packs and inserts events: [`pack`] and [`insert`], for callers with no work between the two.
pub async fn append<'a>(
    tx: &mut PgConnection,
    events: impl IntoIterator<Item = impl Into<OutboxEvent<'a>>>,
    shards: RelayShards,
) -> Result<()> {
    insert(tx, pack(events, shards)?).await
}

/// Allocates the sequence numbers of packed events and writes them. In a shard, the sequence is the commit order.
/// Call this last in a transaction: the heads of the shards stay locked until it ends.
pub async fn insert(tx: &mut PgConnection, packed: Vec<PackedSegment>) -> Result<()> {
    if packed.is_empty() {
        return Ok(());
    }
    let mut heads = allocate_sequence_numbers(tx, &packed).await?;
    let mut outbox_partitions = Vec::with_capacity(packed.len());
    let mut shards = Vec::with_capacity(packed.len());
    let mut firsts = Vec::with_capacity(packed.len());
    let mut lasts = Vec::with_capacity(packed.len());
    let mut bodies = Vec::with_capacity(packed.len());
    for segment in packed {
        let head = heads.get_mut(&segment.shard).ok_or(UNREADABLE)?;
        outbox_partitions.push(head.outbox_partition);
        shards.push(segment.shard);
        firsts.push(head.next_sequence);
        head.next_sequence += segment.count;
        lasts.push(head.next_sequence - 1);
        bodies.push(segment.body);
    }
    sqlx::query(
        "INSERT INTO outbox (slot, grp, first, last, body)
         SELECT * FROM unnest($1::smallint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bytea[])",
    )
    .bind(outbox_partitions)
    .bind(shards)
    .bind(firsts)
    .bind(lasts)
    .bind(bodies)
    .execute(tx)
    .await?;
    Ok(())
}

/// The locked head of a relay shard: where its next event goes.
#[derive(Clone, Copy)]
struct ShardHead {
    outbox_partition: i16,
    next_sequence: i64,
}

/// Locks the heads in the order of their shards, and advances them by the number of these events.
async fn allocate_sequence_numbers(
    tx: &mut PgConnection,
    packed: &[PackedSegment],
) -> Result<BTreeMap<i16, ShardHead>> {
    let mut events: BTreeMap<i16, i64> = BTreeMap::new();
    for segment in packed {
        *events.entry(segment.shard).or_default() += segment.count;
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
    Ok(rows
        .into_iter()
        .map(|(shard, outbox_partition, next_sequence)| {
            (shard, ShardHead { outbox_partition, next_sequence })
        })
        .collect())
}

/// Segments of a shard with events after `delivered`, about `bytes` bytes in total, and at least one if there is any.
pub async fn page(pool: &PgPool, shard: i16, delivered: i64, bytes: usize) -> Result<Vec<Segment>> {
    let limit = i64::try_from(bytes).unwrap_or(i64::MAX);
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT first, body FROM (
             SELECT first, body, sum(octet_length(body)) OVER (ORDER BY first) - octet_length(body) AS before
             FROM (SELECT first, body FROM outbox WHERE grp = $1 AND last > $2 ORDER BY last LIMIT 64) o) p
         WHERE before < $3 ORDER BY first",
    )
    .bind(shard)
    .bind(delivered)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(first, body)| Segment { first, body }).collect())
}

/// An outbox partition with this number of events is full. The limit is in events and not in bytes: their number is
/// cheaper to query, and a segment contains the events of a transaction.
const EVENTS_PER_OUTBOX_PARTITION: i64 = 200_000;

/// Moves the writers to the next outbox partition when the current one is full and the next one is empty, and
/// truncates a partition whose events were all delivered.
///
/// # Errors
/// A lock timeout if another transaction holds a lock; nothing has changed then, and the next call tries again.
pub async fn rotate(pool: &PgPool) -> Result<()> {
    let mut tx = failpoint!("rotate.begin", pool.begin().await)?;
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
        // The number is computed above and is 0, 1 or 2, so the statement is safe.
        sqlx::query(sqlx::AssertSqlSafe(format!("TRUNCATE outbox_{before}"))).execute(&mut *tx).await?;
    }
    let written: i64 = heads.iter().map(|(next, _, began)| next - began).sum();
    let next = (slot + 1) % 3;
    if written >= EVENTS_PER_OUTBOX_PARTITION && is_empty(&mut tx, next).await? {
        sqlx::query("UPDATE outbox_heads SET slot = $1, slot_began = next_position")
            .bind(next)
            .execute(&mut *tx)
            .await?;
    }
    failpoint!("rotate.commit", tx.commit().await)?;
    Ok(())
}

async fn is_empty(tx: &mut PgConnection, slot: i16) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE slot = $1)")
        .bind(slot)
        .fetch_one(tx)
        .await?)
}

/// The number of events that wait to be delivered.
pub async fn depth(tx: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT coalesce(sum(h.next_position - 1 - r.delivered), 0)::bigint FROM outbox_heads h JOIN relay_groups r USING (grp)",
    )
    .fetch_one(tx)
    .await?)
}

/// The last sequence number that was allocated in a shard.
pub async fn last_allocated(pool: &PgPool, shard: i16) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT next_position - 1 FROM outbox_heads WHERE grp = $1")
        .bind(shard)
        .fetch_one(pool)
        .await?)
}
