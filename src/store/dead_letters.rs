//! The register of dead letters: source positions and reasons. Their bytes are in the topic.

use jiff::Timestamp;

use super::offsets::TopicPartition;
use super::{PgConnection, Result, instant};

/// A message that could not be read.
pub struct DeadLetterRow {
    pub partition: TopicPartition,
    pub offset: i64,
    pub reason: &'static str,
}

pub async fn insert(tx: &mut PgConnection, letters: &[DeadLetterRow], at: Timestamp) -> Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO dead_letters (topic, partition, source_offset, reason, at)
         SELECT a, b, c, d, $5::timestamptz FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[]) AS u (a, b, c, d)",
    )
    .bind(letters.iter().map(|l| l.partition.topic.name()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.partition.partition).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.offset).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.reason).collect::<Vec<_>>())
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(())
}
