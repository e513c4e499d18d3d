//! The next offset of each input partition. PostgreSQL is authoritative; the offset committed in Kafka is a copy.

use std::collections::BTreeMap;

use super::{Error, PgConnection, PgPool, Result, close_plans, recovery};
use crate::failpoint::failpoint;
use crate::wire::Topic;

/// An input partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TopicPartition {
    pub topic: Topic,
    pub partition: i32,
}

impl TopicPartition {
    /// Reads the columns `topic` and `partition` of a table.
    pub(super) fn from_columns(topic: &str, partition: i32) -> Result<Self> {
        let topic = Topic::from_name(topic).ok_or(Error::Unreadable("topic"))?;
        Ok(Self { topic, partition })
    }
}

/// An offset in a partition: a position, a next offset, or an end offset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PartitionOffset {
    pub partition: TopicPartition,
    pub offset: i64,
}

/// A map from partition to offset.
pub fn by_partition<M: FromIterator<(TopicPartition, i64)>>(
    offsets: impl IntoIterator<Item = PartitionOffset>,
) -> M {
    offsets.into_iter().map(|one| (one.partition, one.offset)).collect()
}

/// The advance of a partition in one batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetAdvance {
    pub partition: TopicPartition,
    pub expected: i64,
    pub next: i64,
}

/// Returns the next offset of each partition. A partition that is new here starts at the given offset.
pub async fn begin(pool: &PgPool, partitions: &[PartitionOffset]) -> Result<Vec<PartitionOffset>> {
    let topics: Vec<_> = partitions.iter().map(|start| start.partition.topic.name()).collect();
    let numbers: Vec<_> = partitions.iter().map(|start| start.partition.partition).collect();
    let lows: Vec<_> = partitions.iter().map(|start| start.offset).collect();
    let insert = sqlx::query("INSERT INTO input_offsets SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[]) ON CONFLICT DO NOTHING")
        .bind(topics)
        .bind(numbers)
        .bind(lows);
    failpoint!("offsets.begin", insert.execute(pool).await)?;
    let all = all(pool).await?;
    let started: Vec<_> =
        all.into_iter().filter(|known| contains_partition(partitions, known.partition)).collect();
    if !partitions.iter().all(|start| contains_partition(&started, start.partition)) {
        return Err(Error::Invariant("every partition that is read has its offset"));
    }
    Ok(started)
}

fn contains_partition(offsets: &[PartitionOffset], partition: TopicPartition) -> bool {
    offsets.iter().any(|one| one.partition == partition)
}

/// Every partition with its next offset.
pub async fn all<'e>(database: impl sqlx::PgExecutor<'e>) -> Result<Vec<PartitionOffset>> {
    let rows: Vec<(String, i32, i64)> =
        sqlx::query_as("SELECT topic, partition, next_offset FROM input_offsets ORDER BY topic, partition")
            .fetch_all(database)
            .await?;
    from_rows(rows)
}

/// Reads rows of topic, partition and offset.
pub(super) fn from_rows(rows: Vec<(String, i32, i64)>) -> Result<Vec<PartitionOffset>> {
    let mut offsets = Vec::with_capacity(rows.len());
    for (topic, partition, offset) in rows {
        let partition = TopicPartition::from_columns(&topic, partition)?;
        offsets.push(PartitionOffset { partition, offset });
    }
    Ok(offsets)
}

/// Adds to the numbers of misrouted messages.
pub async fn count_misrouted(tx: &mut PgConnection, counts: &BTreeMap<TopicPartition, i64>) -> Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE input_offsets o SET misrouted = o.misrouted + u.n
         FROM unnest($1::text[], $2::int[], $3::bigint[]) AS u (topic, partition, n)
         WHERE o.topic = u.topic AND o.partition = u.partition",
    )
    .bind(counts.keys().map(|p| p.topic.name()).collect::<Vec<_>>())
    .bind(counts.keys().map(|p| p.partition).collect::<Vec<_>>())
    .bind(counts.values().copied().collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// The number of misrouted messages of each topic that has any.
pub async fn misrouted(tx: &mut PgConnection) -> Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT topic, sum(misrouted)::bigint FROM input_offsets GROUP BY topic HAVING sum(misrouted) > 0",
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().collect())
}

/// The form in which a close stores offsets: `[[topic, partition, next offset], …]`.
pub fn to_text(offsets: &[PartitionOffset]) -> String {
    let triples: Vec<_> = offsets
        .iter()
        .map(|next| (next.partition.topic.name(), next.partition.partition, next.offset))
        .collect();
    serde_json::to_string(&triples).unwrap_or_default()
}

/// Parses the form of [`to_text`].
pub fn from_text(text: &str) -> Result<Vec<PartitionOffset>> {
    let triples: Vec<(String, i32, i64)> =
        serde_json::from_str(text).map_err(|_| Error::Unreadable("list of offsets"))?;
    from_rows(triples)
}

/// The owner of a batch. While a recovery is under way, only its own batches may be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetOwner {
    Ingest,
    Recovery,
}

/// Advances the offsets by compare-and-set. A consumer that lost a partition without noticing commits nothing, and
/// neither does a consumer that still runs during a recovery.
///
/// # Errors
/// [`Error::LostPartition`] if an offset is not the expected one; [`Error::Refused`] for ingest during a recovery.
pub async fn advance(tx: &mut PgConnection, owner: OffsetOwner, advances: &[OffsetAdvance]) -> Result<()> {
    close_plans::wait_for_pause(tx).await?;
    let topics: Vec<_> = advances.iter().map(|a| a.partition.topic.name()).collect();
    let numbers: Vec<_> = advances.iter().map(|a| a.partition.partition).collect();
    let expected: Vec<_> = advances.iter().map(|a| a.expected).collect();
    let next: Vec<_> = advances.iter().map(|a| a.next).collect();
    let done = sqlx::query(
        "UPDATE input_offsets o SET next_offset = u.next
         FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS u (topic, partition, expected, next)
         WHERE o.topic = u.topic AND o.partition = u.partition AND o.next_offset = u.expected
             AND $5 = EXISTS (SELECT 1 FROM installation WHERE name = $6)",
    )
    .bind(topics)
    .bind(numbers)
    .bind(expected)
    .bind(next)
    .bind(owner == OffsetOwner::Recovery)
    .bind(recovery::RECOVERY_KEY)
    .execute(&mut *tx)
    .await?;
    if usize::try_from(done.rows_affected()) == Ok(advances.len()) {
        return Ok(());
    }
    if owner == OffsetOwner::Ingest {
        recovery::refuse_half_recovered(tx).await?;
    }
    Err(Error::LostPartition)
}
