//! Published files on their way to a receipt.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::FromRow;

use super::offsets::Partition;
use super::{PgConnection, Result, instant};

/// What became of rows.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub accepted: i64,
    pub corrected: i64,
    pub unchanged: i64,
    pub conflicting: i64,
    pub dead: i64,
}

/// The highest line of each file that was disposed of in each partition.
pub async fn lines(tx: &mut PgConnection, files: &[&str]) -> Result<HashMap<(String, Partition), i64>> {
    let rows: Vec<(String, String, i32, i64)> =
        sqlx::query_as("SELECT file_id, topic, partition, line FROM file_lines WHERE file_id = ANY($1)")
            .bind(files)
            .fetch_all(tx)
            .await?;
    let known = |topic: &str| crate::wire::Topic::from_name(topic).ok_or(super::Error::Unreadable("topic"));
    rows.into_iter()
        .map(|(file, topic, partition, line)| {
            Ok(((file, Partition { topic: known(&topic)?, partition }), line))
        })
        .collect()
}

pub async fn save_lines(tx: &mut PgConnection, lines: &[((String, Partition), i64)]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO file_lines SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[])
         ON CONFLICT (file_id, topic, partition) DO UPDATE SET line = greatest(file_lines.line, excluded.line)",
    )
    .bind(lines.iter().map(|((file, _), _)| file.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|((_, p), _)| p.topic.name()).collect::<Vec<_>>())
    .bind(lines.iter().map(|((_, p), _)| p.partition).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line)| *line).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// A file's opening, or the first row of it that came: the row may overtake the opening.
pub struct Opened<'a> {
    pub file_id: &'a str,
    pub kind: &'a str,
    pub at: Timestamp,
}

/// Enters files that are not known yet, in the order of their ids.
pub async fn open(tx: &mut PgConnection, files: &[Opened<'_>]) -> Result<()> {
    sqlx::query(
        "INSERT INTO files (file_id, kind, opened_at)
         SELECT a, b, c::timestamptz FROM unnest($1::text[], $2::text[], $3::text[]) AS u (a, b, c) ORDER BY a ON CONFLICT DO NOTHING",
    )
    .bind(files.iter().map(|f| f.file_id).collect::<Vec<_>>())
    .bind(files.iter().map(|f| f.kind).collect::<Vec<_>>())
    .bind(files.iter().map(|f| instant(f.at)).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// A file's end: rows that were sent, the closing event, its trace.
pub struct Closed<'a> {
    pub file_id: &'a str,
    pub rows: i64,
    pub closing: String,
    pub traceparent: Option<&'a str>,
}

pub async fn close(tx: &mut PgConnection, files: &[Closed<'_>]) -> Result<()> {
    for file in files {
        sqlx::query(
            "UPDATE files SET rows = $2, closing = $3, traceparent = $4 WHERE file_id = $1 AND rows IS NULL",
        )
        .bind(file.file_id)
        .bind(file.rows)
        .bind(&file.closing)
        .bind(file.traceparent)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// A file whose rows have all been disposed of.
#[derive(FromRow)]
pub struct Complete {
    pub file_id: String,
    pub accepted: i64,
    pub corrected: i64,
    pub unchanged: i64,
    pub conflicting: i64,
    pub dead: i64,
    pub closing: String,
    pub traceparent: Option<String>,
}

/// Adds what became of rows - the files' rows are locked from here to the commit, so this comes late - and gives the
/// files that are now complete, each once.
pub async fn count(
    tx: &mut PgConnection,
    counts: &[(String, Counts)],
    at: Timestamp,
) -> Result<Vec<Complete>> {
    let ids: Vec<_> = counts.iter().map(|(file, _)| file.as_str()).collect();
    sqlx::query(
        "UPDATE files f SET accepted = f.accepted + u.a, corrected = f.corrected + u.c, unchanged = f.unchanged + u.u,
             conflicting = f.conflicting + u.x, dead = f.dead + u.d
         FROM (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS t (file_id, a, c, u, x, d)
               ORDER BY file_id) u
         WHERE f.file_id = u.file_id",
    )
    .bind(&ids)
    .bind(counts.iter().map(|(_, c)| c.accepted).collect::<Vec<_>>())
    .bind(counts.iter().map(|(_, c)| c.corrected).collect::<Vec<_>>())
    .bind(counts.iter().map(|(_, c)| c.unchanged).collect::<Vec<_>>())
    .bind(counts.iter().map(|(_, c)| c.conflicting).collect::<Vec<_>>())
    .bind(counts.iter().map(|(_, c)| c.dead).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    Ok(sqlx::query_as(
        "UPDATE files SET received_at = $2::timestamptz
         WHERE file_id = ANY($1) AND received_at IS NULL AND accepted + corrected + unchanged + conflicting + dead >= rows
         RETURNING file_id, accepted, corrected, unchanged, conflicting, dead, closing, traceparent",
    )
    .bind(&ids)
    .bind(instant(at))
    .fetch_all(tx)
    .await?)
}

/// Files that were opened and have no end yet.
pub async fn open_files(tx: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM files WHERE rows IS NULL").fetch_one(tx).await?)
}
