//! The register of dead letters: source positions and reasons. Their bytes are in the topic.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::offsets::TopicPartition;
use super::{Error, PgConnection, Result, instant};
use crate::wire::Topic;
use crate::wire::fault::code::MISROUTED;

/// A misrouted dead letter, by its original position, that was replayed to the partition of its key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MovedLetter {
    pub from: TopicPartition,
    pub offset: i64,
}

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

/// The positions of all misrouted dead letters.
pub async fn misrouted(tx: &mut PgConnection) -> Result<HashSet<(TopicPartition, i64)>> {
    let rows: Vec<(String, i32, i64)> =
        sqlx::query_as("SELECT topic, partition, source_offset FROM dead_letters WHERE reason = $1")
            .bind(MISROUTED)
            .fetch_all(tx)
            .await?;
    let position = |(topic, partition, offset): (String, i32, i64)| {
        let topic = Topic::from_name(&topic).ok_or(Error::Unreadable("topic"))?;
        Ok((TopicPartition { topic, partition }, offset))
    };
    rows.into_iter().map(position).collect()
}

/// Those of these letters that were replayed before, and the offset of their first replay.
pub async fn first_moves(
    tx: &mut PgConnection,
    letters: &[MovedLetter],
) -> Result<HashMap<MovedLetter, i64>> {
    if letters.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i32, i64, i64)> = sqlx::query_as(
        "SELECT m.topic, m.partition, m.source_offset, m.moved_to FROM moved_letters m
         JOIN unnest($1::text[], $2::int[], $3::bigint[]) AS u (topic, partition, source_offset)
             USING (topic, partition, source_offset)",
    )
    .bind(letters.iter().map(|l| l.from.topic.name()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.from.partition).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.offset).collect::<Vec<_>>())
    .fetch_all(tx)
    .await?;
    let first_move = |(topic, partition, offset, moved_to): (String, i32, i64, i64)| {
        let topic = Topic::from_name(&topic).ok_or(Error::Unreadable("topic"))?;
        Ok((MovedLetter { from: TopicPartition { topic, partition }, offset }, moved_to))
    };
    rows.into_iter().map(first_move).collect()
}

/// Stores the offsets at which letters were first replayed.
pub async fn insert_moves(tx: &mut PgConnection, moves: &[(MovedLetter, i64)]) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO moved_letters SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[])",
    )
    .bind(moves.iter().map(|(l, _)| l.from.topic.name()).collect::<Vec<_>>())
    .bind(moves.iter().map(|(l, _)| l.from.partition).collect::<Vec<_>>())
    .bind(moves.iter().map(|(l, _)| l.offset).collect::<Vec<_>>())
    .bind(moves.iter().map(|(_, to)| *to).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}
