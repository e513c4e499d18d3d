//! The register of dead letters: source positions, reasons and what became of them. Their bytes are in the topic.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::FromRow;

use super::offsets::{self, PartitionOffset, TopicPartition};
use super::{Error, PgConnection, Result, from_micros, instant};
use crate::wire::Topic;
use crate::wire::fault::code::MISROUTED;

/// A message that could not be read.
pub struct DeadLetterRow {
    pub partition: TopicPartition,
    pub offset: i64,
    pub reason: &'static str,
    /// The offset of the first dead letter, if the message was sent again.
    pub first_offset: Option<i64>,
}

/// The source position of a dead letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LetterPlace {
    pub partition: TopicPartition,
    pub offset: i64,
}

/// The state of a dead letter. It is open until it is applied or discarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetterState {
    /// No action was taken.
    Open,
    /// It was sent again, and its outcome is not known yet.
    Replayed,
    /// It was sent again and could be read.
    Applied,
    /// It was sent again and became a dead letter again.
    FailedAgain,
    /// Somebody has decided that nothing is to be done.
    Discarded,
}

impl LetterState {
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Replayed, Self::Applied, Self::FailedAgain, Self::Discarded];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed => "replayed",
            Self::Applied => "applied",
            Self::FailedAgain => "failed_again",
            Self::Discarded => "discarded",
        }
    }

    pub fn is_settled(self) -> bool {
        matches!(self, Self::Applied | Self::Discarded)
    }

    /// True if sending it again cannot multiply it: no copy of it waits in its topic, and it was not settled.
    pub fn may_be_replayed(self) -> bool {
        matches!(self, Self::Open | Self::FailedAgain)
    }
}

pub async fn insert(tx: &mut PgConnection, letters: &[DeadLetterRow], at: Timestamp) -> Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO dead_letters (topic, partition, source_offset, reason, first_offset, at)
         SELECT a, b, c, d, e, $6::timestamptz
         FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::bigint[]) AS u (a, b, c, d, e)",
    )
    .bind(letters.iter().map(|l| l.partition.topic.name()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.partition.partition).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.offset).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.reason).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.first_offset).collect::<Vec<_>>())
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(())
}

/// The positions of all misrouted dead letters.
pub async fn misrouted(tx: &mut PgConnection) -> Result<HashSet<LetterPlace>> {
    let rows: Vec<(String, i32, i64)> =
        sqlx::query_as("SELECT topic, partition, source_offset FROM dead_letters WHERE reason = $1")
            .bind(MISROUTED)
            .fetch_all(tx)
            .await?;
    let positions = offsets::from_rows(rows)?.into_iter();
    Ok(positions.map(|PartitionOffset { partition, offset }| LetterPlace { partition, offset }).collect())
}

/// Those of these letters that were replayed to the partition of their key before, and the offset of their first replay.
pub async fn first_moves(
    tx: &mut PgConnection,
    letters: &[LetterPlace],
) -> Result<HashMap<LetterPlace, i64>> {
    if letters.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i32, i64, i64)> = sqlx::query_as(
        "SELECT m.topic, m.partition, m.source_offset, m.moved_to FROM moved_letters m
         JOIN unnest($1::text[], $2::int[], $3::bigint[]) AS u (topic, partition, source_offset)
             USING (topic, partition, source_offset)",
    )
    .bind(letters.iter().map(|l| l.partition.topic.name()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.partition.partition).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.offset).collect::<Vec<_>>())
    .fetch_all(tx)
    .await?;
    let mut moves = HashMap::with_capacity(rows.len());
    for (topic, partition, offset, moved_to) in rows {
        moves.insert(
            LetterPlace { partition: TopicPartition::from_columns(&topic, partition)?, offset },
            moved_to,
        );
    }
    Ok(moves)
}

/// Stores the offsets at which letters were first replayed.
pub async fn insert_moves(tx: &mut PgConnection, moves: &[(LetterPlace, i64)]) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO moved_letters SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[])",
    )
    .bind(moves.iter().map(|(l, _)| l.partition.topic.name()).collect::<Vec<_>>())
    .bind(moves.iter().map(|(l, _)| l.partition.partition).collect::<Vec<_>>())
    .bind(moves.iter().map(|(l, _)| l.offset).collect::<Vec<_>>())
    .bind(moves.iter().map(|(_, to)| *to).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores the new states of dead letters that were sent again. An applied letter stays applied.
pub async fn settle(
    tx: &mut PgConnection,
    settled: &[(LetterPlace, LetterState)],
    at: Timestamp,
) -> Result<()> {
    if settled.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE dead_letters l SET state = u.d, state_at = $5::timestamptz
         FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[]) AS u (a, b, c, d)
         WHERE l.topic = u.a AND l.partition = u.b AND l.source_offset = u.c AND l.state <> 'applied'",
    )
    .bind(settled.iter().map(|(place, _)| place.partition.topic.name()).collect::<Vec<_>>())
    .bind(settled.iter().map(|(place, _)| place.partition.partition).collect::<Vec<_>>())
    .bind(settled.iter().map(|(place, _)| place.offset).collect::<Vec<_>>())
    .bind(settled.iter().map(|(_, state)| state.as_str()).collect::<Vec<_>>())
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(())
}

/// A dead letter with the fate of its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredLetter {
    pub place: LetterPlace,
    pub reason: String,
    pub at: Timestamp,
    /// The first dead letter of its message, if this is a later one.
    pub first: Option<LetterPlace>,
    pub state: LetterState,
    pub state_at: Option<Timestamp>,
    pub changed_by: Option<String>,
    pub why: Option<String>,
}

impl RegisteredLetter {
    /// The dead letter that keeps the fate of the message.
    pub fn first_place(&self) -> LetterPlace {
        self.first.unwrap_or(self.place)
    }
}

/// Which dead letters to list.
#[derive(Clone, Default, Debug)]
pub struct LetterFilter {
    pub reason: Option<String>,
    pub topic: Option<Topic>,
    /// Only those that are not applied or discarded yet.
    pub open: bool,
}

#[derive(FromRow)]
struct LetterRow {
    topic: String,
    partition: i32,
    source_offset: i64,
    reason: String,
    at: i64,
    first_offset: Option<i64>,
    state: String,
    state_at: Option<i64>,
    changed_by: Option<String>,
    why: Option<String>,
}

/// The dead letters, the oldest first.
pub async fn list(tx: &mut PgConnection, filter: &LetterFilter) -> Result<Vec<RegisteredLetter>> {
    let rows: Vec<LetterRow> = sqlx::query_as(
        "SELECT l.topic, l.partition, l.source_offset, l.reason, l.first_offset, coalesce(f.state, 'open') AS state,
             (extract(epoch FROM l.at) * 1000000)::bigint AS at, f.changed_by, f.why,
             (extract(epoch FROM f.state_at) * 1000000)::bigint AS state_at
         FROM dead_letters l LEFT JOIN dead_letters f ON f.topic = l.topic AND f.partition = l.partition
             AND f.source_offset = coalesce(l.first_offset, l.source_offset)
         WHERE ($1::text IS NULL OR l.reason = $1) AND ($2::text IS NULL OR l.topic = $2)
           AND (NOT $3 OR coalesce(f.state, 'open') NOT IN ('applied', 'discarded'))
         ORDER BY l.at, l.topic, l.partition, l.source_offset",
    )
    .bind(&filter.reason)
    .bind(filter.topic.map(Topic::name))
    .bind(filter.open)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(letter).collect()
}

fn letter(row: LetterRow) -> Result<RegisteredLetter> {
    let partition = TopicPartition::from_columns(&row.topic, row.partition)?;
    let state = LetterState::ALL.into_iter().find(|state| state.as_str() == row.state);
    Ok(RegisteredLetter {
        place: LetterPlace { partition, offset: row.source_offset },
        reason: row.reason,
        at: from_micros(row.at)?,
        first: row.first_offset.map(|offset| LetterPlace { partition, offset }),
        state: state.ok_or(Error::Unreadable("state of a dead letter"))?,
        state_at: row.state_at.map(from_micros).transpose()?,
        changed_by: row.changed_by,
        why: row.why,
    })
}

/// A change that a person makes to first dead letters.
pub struct LetterChange<'a> {
    pub to: LetterState,
    /// The change is not made to a letter in another state: another command was faster.
    pub from: &'a [LetterState],
    pub by: &'a str,
    pub why: Option<&'a str>,
    pub at: Timestamp,
}

/// Changes first dead letters, and returns those that were changed. Of two commands at once only one changes a letter.
pub async fn change(
    tx: &mut PgConnection,
    places: &[LetterPlace],
    change: &LetterChange<'_>,
) -> Result<Vec<LetterPlace>> {
    let rows: Vec<(String, i32, i64)> = sqlx::query_as(
        "UPDATE dead_letters l SET state = $4, changed_by = $5, why = $6, state_at = $7::timestamptz
         FROM unnest($1::text[], $2::int[], $3::bigint[]) AS u (a, b, c)
         WHERE l.topic = u.a AND l.partition = u.b AND l.source_offset = u.c AND l.state = ANY($8)
         RETURNING l.topic, l.partition, l.source_offset",
    )
    .bind(places.iter().map(|place| place.partition.topic.name()).collect::<Vec<_>>())
    .bind(places.iter().map(|place| place.partition.partition).collect::<Vec<_>>())
    .bind(places.iter().map(|place| place.offset).collect::<Vec<_>>())
    .bind(change.to.as_str())
    .bind(change.by)
    .bind(change.why)
    .bind(instant(change.at))
    .bind(change.from.iter().map(|state| state.as_str()).collect::<Vec<_>>())
    .fetch_all(tx)
    .await?;
    let mut changed = Vec::with_capacity(rows.len());
    for (topic, partition, offset) in rows {
        changed.push(LetterPlace { partition: TopicPartition::from_columns(&topic, partition)?, offset });
    }
    Ok(changed)
}
