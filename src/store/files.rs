//! Published files until they have their receipt.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::FromRow;

use super::{PgConnection, Result, from_micros, instant};
use crate::wire::files::LineSet;

/// Counts of a file's rows by disposition.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct FileCounts {
    pub accepted: i64,
    pub corrected: i64,
    pub unchanged: i64,
    pub conflicting: i64,
    pub dead: i64,
}

/// Those of these files that have their receipt.
pub async fn received(tx: &mut PgConnection, files: &[&str]) -> Result<HashSet<String>> {
    let sql = "SELECT file_id FROM files WHERE file_id = ANY($1) AND received_at IS NOT NULL";
    Ok(sqlx::query_scalar(sql).bind(files).fetch_all(tx).await?.into_iter().collect())
}

/// A chunk of a file's lines, by its number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ChunkKey {
    pub file_id: String,
    pub chunk: u64,
}

/// The lines of these chunks that have been disposed of, by file.
pub async fn lines(tx: &mut PgConnection, chunks: &[ChunkKey]) -> Result<HashMap<String, LineSet>> {
    let rows: Vec<(String, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT l.file_id, l.chunk, l.lines FROM file_lines l
         JOIN unnest($1::text[], $2::bigint[]) AS u (file_id, chunk) ON l.file_id = u.file_id AND l.chunk = u.chunk",
    )
    .bind(chunks.iter().map(|key| key.file_id.as_str()).collect::<Vec<_>>())
    .bind(chunks.iter().map(|key| bigint(key.chunk)).collect::<Vec<_>>())
    .fetch_all(tx)
    .await?;
    Ok(line_sets(rows))
}

fn line_sets(rows: Vec<(String, i64, Vec<u8>)>) -> HashMap<String, LineSet> {
    let mut sets: HashMap<String, LineSet> = HashMap::new();
    for (file_id, chunk, bytes) in rows {
        sets.entry(file_id).or_default().add_chunk(chunk.unsigned_abs(), &bytes);
    }
    sets
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Locks the rows of the files until the transaction ends, so that transactions that count lines of the same file run
/// one after the other.
pub async fn lock(tx: &mut PgConnection, files: &[&str]) -> Result<()> {
    sqlx::query("SELECT 1 FROM files WHERE file_id = ANY($1) ORDER BY file_id FOR UPDATE")
        .bind(files)
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes the current content of the chunks. The caller must have locked the files ([`lock`]).
pub async fn save_lines(tx: &mut PgConnection, sets: &HashMap<String, LineSet>) -> Result<()> {
    let (mut files, mut chunks, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for (file_id, set) in sets {
        for (chunk, bytes) in set.chunks() {
            files.push(file_id.as_str());
            chunks.push(bigint(chunk));
            lines.push(bytes);
        }
    }
    sqlx::query(
        "INSERT INTO file_lines SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])
         ON CONFLICT (file_id, chunk) DO UPDATE SET lines = excluded.lines",
    )
    .bind(files)
    .bind(chunks)
    .bind(lines)
    .execute(tx)
    .await?;
    Ok(())
}

/// The first event of a file that arrived: its opening, or a row that overtook the opening.
pub struct FileOpening<'a> {
    pub file_id: &'a str,
    pub kind: &'a str,
    pub at: Timestamp,
}

/// Inserts files that are not known yet, in the order of their ids.
pub async fn open(tx: &mut PgConnection, files: &[FileOpening<'_>]) -> Result<()> {
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

/// The end of a file: the number of rows that were sent, the closing event, and its trace.
pub struct FileClosing<'a> {
    pub file_id: &'a str,
    pub rows: i64,
    pub closing: String,
    pub traceparent: Option<&'a str>,
}

pub async fn close(tx: &mut PgConnection, files: &[FileClosing<'_>]) -> Result<()> {
    for file in files {
        sqlx::query(
            "UPDATE files SET rows = $2, closing = $3, traceparent = $4, closed_at = now() WHERE file_id = $1 AND rows IS NULL",
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
pub struct CompleteFile {
    pub file_id: String,
    pub accepted: i64,
    pub corrected: i64,
    pub unchanged: i64,
    pub conflicting: i64,
    pub dead: i64,
    pub closing: String,
    pub traceparent: Option<String>,
}

/// Adds to the counts of rows, and returns the files that are now complete. Each file is returned only once, over all
/// calls.
pub async fn count(
    tx: &mut PgConnection,
    counts: &[(String, FileCounts)],
    at: Timestamp,
) -> Result<Vec<CompleteFile>> {
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
    let complete: Vec<CompleteFile> = sqlx::query_as(
        "UPDATE files SET received_at = $2::timestamptz
         WHERE file_id = ANY($1) AND received_at IS NULL AND ended_at IS NULL
             AND accepted + corrected + unchanged + conflicting + dead >= rows
         RETURNING file_id, accepted, corrected, unchanged, conflicting, dead, closing, traceparent",
    )
    .bind(&ids)
    .bind(instant(at))
    .fetch_all(&mut *tx)
    .await?;
    if !complete.is_empty() {
        let received: Vec<_> = complete.iter().map(|file| file.file_id.as_str()).collect();
        sqlx::query("DELETE FROM file_lines WHERE file_id = ANY($1)").bind(received).execute(tx).await?;
    }
    Ok(complete)
}

/// A file that was closed a while ago and still lacks rows: they are not in the topic, or were not disposed of.
pub struct IncompleteFileRow {
    pub file_id: String,
    pub kind: String,
    /// Rows that were sent, as the closing event states.
    pub rows: i64,
    pub disposed: i64,
    pub closing: String,
}

/// A file that still lacks rows counts as incomplete this long after its closing event was read.
const INCOMPLETE_AFTER: &str = "1 minute";

/// How many files are incomplete.
pub async fn count_incomplete(tx: &mut PgConnection) -> Result<i64> {
    let sql = "SELECT count(*) FROM files WHERE received_at IS NULL AND ended_at IS NULL AND closed_at < now() - $1::interval";
    Ok(sqlx::query_scalar(sql).bind(INCOMPLETE_AFTER).fetch_one(tx).await?)
}

/// The incomplete files, in the order in which they were closed.
pub async fn incomplete(tx: &mut PgConnection, limit: i64) -> Result<Vec<IncompleteFileRow>> {
    let rows: Vec<(String, String, i64, i64, String)> = sqlx::query_as(
        "SELECT file_id, kind, rows, accepted + corrected + unchanged + conflicting + dead, closing FROM files
         WHERE received_at IS NULL AND ended_at IS NULL AND closed_at < now() - $1::interval ORDER BY closed_at, file_id LIMIT $2",
    )
    .bind(INCOMPLETE_AFTER)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    let files = rows.into_iter().map(|(file_id, kind, rows, disposed, closing)| IncompleteFileRow {
        file_id,
        kind,
        rows,
        disposed,
        closing,
    });
    Ok(files.collect())
}

/// The lines of a file that have been disposed of.
pub async fn lines_of(tx: &mut PgConnection, file_id: &str) -> Result<LineSet> {
    let rows = sqlx::query_as("SELECT file_id, chunk, lines FROM file_lines WHERE file_id = $1")
        .bind(file_id)
        .fetch_all(tx)
        .await?;
    Ok(line_sets(rows).remove(file_id).unwrap_or_default())
}

/// The number of files that were opened, have no closing event yet, and were not ended by a person.
pub async fn open_files(tx: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM files WHERE rows IS NULL AND ended_at IS NULL")
        .fetch_one(tx)
        .await?)
}

/// A published file, with what a person has done about it.
#[derive(Clone, Debug)]
pub struct ListedFile {
    pub file_id: String,
    pub kind: String,
    pub opened_at: Timestamp,
    /// Rows that were sent, if the file is closed.
    pub rows: Option<i64>,
    pub disposed: i64,
    pub is_received: bool,
    pub ended: Option<EndedFile>,
}

#[derive(Clone, Debug)]
pub struct EndedFile {
    pub at: Timestamp,
    pub by: String,
    pub why: String,
}

#[derive(FromRow)]
struct ListedRow {
    file_id: String,
    kind: String,
    opened_at: i64,
    rows: Option<i64>,
    disposed: i64,
    is_received: bool,
    ended_at: Option<i64>,
    ended_by: Option<String>,
    ended_why: Option<String>,
}

/// The files, the oldest first. With `open`, only those that have no receipt and were not ended.
pub async fn list(tx: &mut PgConnection, open: bool) -> Result<Vec<ListedFile>> {
    let rows: Vec<ListedRow> = sqlx::query_as(
        "SELECT file_id, kind, (extract(epoch FROM opened_at) * 1000000)::bigint AS opened_at, rows,
             accepted + corrected + unchanged + conflicting + dead AS disposed, received_at IS NOT NULL AS is_received,
             (extract(epoch FROM ended_at) * 1000000)::bigint AS ended_at, ended_by, ended_why
         FROM files WHERE NOT $1 OR (received_at IS NULL AND ended_at IS NULL) ORDER BY files.opened_at, file_id",
    )
    .bind(open)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(listed).collect()
}

fn listed(row: ListedRow) -> Result<ListedFile> {
    let ended = match row.ended_at {
        Some(at) => Some(EndedFile {
            at: from_micros(at)?,
            by: row.ended_by.unwrap_or_default(),
            why: row.ended_why.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(ListedFile {
        file_id: row.file_id,
        kind: row.kind,
        opened_at: from_micros(row.opened_at)?,
        rows: row.rows,
        disposed: row.disposed,
        is_received: row.is_received,
        ended,
    })
}

/// Ends a file that has no receipt. Returns false if it has one, was ended before, or does not exist.
pub async fn end(tx: &mut PgConnection, file_id: &str, by: &str, why: &str, at: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE files SET ended_at = $4::timestamptz, ended_by = $2, ended_why = $3
         WHERE file_id = $1 AND received_at IS NULL AND ended_at IS NULL",
    )
    .bind(file_id)
    .bind(by)
    .bind(why)
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
