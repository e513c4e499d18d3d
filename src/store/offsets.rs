//! Where the intake stands in each input partition: Postgres is the truth, Kafka's own committed offset a copy.

use super::{Error, PgConnection, PgPool, Result, recovery};
use crate::failpoint::failpoint;
use crate::wire::Topic;

/// An input partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TopicPartition {
    pub topic: Topic,
    pub partition: i32,
}

/// A partition's advance in one batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetAdvance {
    pub partition: TopicPartition,
    pub expected: i64,
    pub next: i64,
}

/// The next offset of each partition, beginning at `low` where the partition is new here.
pub async fn begin(
    pool: &PgPool,
    partitions: &[(TopicPartition, i64)],
) -> Result<Vec<(TopicPartition, i64)>> {
    let topics: Vec<_> = partitions.iter().map(|(p, _)| p.topic.name()).collect();
    let numbers: Vec<_> = partitions.iter().map(|(p, _)| p.partition).collect();
    let lows: Vec<_> = partitions.iter().map(|(_, low)| *low).collect();
    let insert = sqlx::query("INSERT INTO input_offsets SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[]) ON CONFLICT DO NOTHING")
        .bind(topics)
        .bind(numbers)
        .bind(lows);
    failpoint!("offsets.begin", insert.execute(pool).await)?;
    let all = all(pool).await?;
    let begun: Vec<_> =
        all.into_iter().filter(|(known, _)| partitions.iter().any(|(p, _)| p == known)).collect();
    let is_begun = |partition: &TopicPartition| begun.iter().any(|(known, _)| known == partition);
    if !partitions.iter().all(|(partition, _)| is_begun(partition)) {
        return Err(Error::Invariant("every partition that is read has its offset"));
    }
    Ok(begun)
}

/// Every partition with its next offset.
pub async fn all<'e>(database: impl sqlx::PgExecutor<'e>) -> Result<Vec<(TopicPartition, i64)>> {
    let rows: Vec<(String, i32, i64)> =
        sqlx::query_as("SELECT topic, partition, next_offset FROM input_offsets ORDER BY topic, partition")
            .fetch_all(database)
            .await?;
    rows.into_iter()
        .map(|(topic, partition, next)| {
            let topic = Topic::from_name(&topic).ok_or(Error::Unreadable("topic"))?;
            Ok((TopicPartition { topic, partition }, next))
        })
        .collect()
}

/// As a close keeps them: `[[topic, partition, next offset], …]`.
pub fn to_text(offsets: &[(TopicPartition, i64)]) -> String {
    let triples: Vec<_> = offsets.iter().map(|(p, next)| (p.topic.name(), p.partition, next)).collect();
    serde_json::to_string(&triples).unwrap_or_default()
}

pub fn from_text(text: &str) -> Result<Vec<(TopicPartition, i64)>> {
    let triples: Vec<(String, i32, i64)> =
        serde_json::from_str(text).map_err(|_| Error::Unreadable("place in the inputs"))?;
    triples
        .into_iter()
        .map(|(topic, partition, next)| {
            let topic = Topic::from_name(&topic).ok_or(Error::Unreadable("topic"))?;
            Ok((TopicPartition { topic, partition }, next))
        })
        .collect()
}

/// Whose batch it is: while a recovery is under way, only its own may be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetOwner {
    Ingest,
    Recovery,
}

/// Compare-and-set: a consumer that lost a partition without noticing commits nothing, nor does one that a recovery forgot.
pub async fn advance(tx: &mut PgConnection, taker: OffsetOwner, advances: &[OffsetAdvance]) -> Result<()> {
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
    .bind(taker == OffsetOwner::Recovery)
    .bind(recovery::RECOVERY_KEY)
    .execute(&mut *tx)
    .await?;
    if usize::try_from(done.rows_affected()) == Ok(advances.len()) {
        return Ok(());
    }
    if taker == OffsetOwner::Ingest {
        recovery::refuse_half_recovered(tx).await?;
    }
    Err(Error::LostPartition)
}
