//! Counts the disposition of every row of a published file, each line once, and issues the receipt.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::store::files::{self, ChunkKey, CompleteFile, FileClosing, FileCounts, FileOpening};
use crate::store::{Error, PgConnection, Result};
use crate::wire::files::{LineSet, chunks_of};
use crate::wire::outgoing::event_id;
use crate::wire::registry_file_receipts_v1::FileReceived;
use crate::wire::registry_files_v1::FileClosed;
use crate::wire::{EventType, FileRef, Outgoing};

/// The effect of a row. An older version is `Unchanged`, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    Accepted,
    Corrected,
    Unchanged,
    Conflicting,
}

/// Counts the rows of files within one batch.
#[derive(Default)]
pub struct FileTally {
    /// Files that have a receipt: all of their lines were counted.
    received: HashSet<String>,
    /// Lines of the other files that were counted before or in this batch.
    lines: HashMap<String, LineSet>,
    /// Messages that this batch counts, as first line and number of rows, by file.
    counted: HashMap<String, Vec<(u64, u32)>>,
    counts: BTreeMap<String, FileCounts>,
    opened: BTreeMap<String, (&'static str, Timestamp)>,
    closed: Vec<(FileClosed, Option<String>)>,
}

impl FileTally {
    pub async fn load(tx: &mut PgConnection, messages: &[&FileRef]) -> Result<Self> {
        if messages.is_empty() {
            return Ok(Self::default());
        }
        let files: BTreeSet<&str> = messages.iter().map(|file| file.file_id.as_str()).collect();
        let files: Vec<_> = files.into_iter().collect();
        let chunks = messages.iter().flat_map(|file| chunk_keys(&file.file_id, file.line, file.rows));
        let chunks: Vec<_> = chunks.collect::<BTreeSet<_>>().into_iter().collect();
        let received = files::received(tx, &files).await?;
        Ok(Self { received, lines: files::lines(tx, &chunks).await?, ..Self::default() })
    }

    /// True if this line of the file was counted before. If not, marks it as counted.
    pub fn is_repeat(&mut self, file: &FileRef) -> bool {
        if self.received.contains(&file.file_id) {
            return true;
        }
        let lines = self.lines.entry(file.file_id.clone()).or_default();
        if lines.contains(file.line) {
            return true;
        }
        lines.insert(file.line, file.rows);
        self.counted.entry(file.file_id.clone()).or_default().push((file.line, file.rows));
        false
    }

    pub fn count(&mut self, file: &FileRef, disposition: Disposition) {
        let counts = self.counts.entry(file.file_id.clone()).or_default();
        let count = match disposition {
            Disposition::Accepted => &mut counts.accepted,
            Disposition::Corrected => &mut counts.corrected,
            Disposition::Unchanged => &mut counts.unchanged,
            Disposition::Conflicting => &mut counts.conflicting,
        };
        *count += 1;
    }

    pub fn count_dead(&mut self, file: &FileRef) {
        self.counts.entry(file.file_id.clone()).or_default().dead += i64::from(file.rows);
    }

    /// Registers a file at its opening event, or at a row that arrives before that event.
    pub fn open(&mut self, file_id: &str, kind: &'static str, at: Timestamp) {
        self.counts.entry(file_id.to_owned()).or_default();
        self.opened.entry(file_id.to_owned()).or_insert((kind, at));
    }

    pub fn close(&mut self, closed: FileClosed, traceparent: Option<String>) {
        self.open(&closed.file_id.clone(), closed.kind.as_str(), closed.closed_at);
        self.closed.push((closed, traceparent));
    }

    /// Writes lines and counts, and returns the receipts that are now due. Call it late in the transaction, because it
    /// locks the rows of the files.
    pub async fn write(self, tx: &mut PgConnection, at: Timestamp) -> Result<Vec<Outgoing>> {
        if self.counts.is_empty() {
            return Ok(Vec::new());
        }
        let opened =
            |(file_id, (kind, at)): (&'_ String, &(&'static str, Timestamp))| (file_id.clone(), *kind, *at);
        let opened: Vec<_> = self.opened.iter().map(opened).collect();
        let opened: Vec<_> =
            opened.iter().map(|(file_id, kind, at)| FileOpening { file_id, kind, at: *at }).collect();
        files::open(tx, &opened).await?;
        self.save_lines(tx).await?;
        let closed = self.closed.iter().map(|(closed, trace)| {
            Ok(FileClosing {
                file_id: &closed.file_id,
                rows: i64::try_from(closed.rows).unwrap_or(i64::MAX),
                closing: serde_json::to_string(closed).map_err(|_| Error::Unreadable("file's end"))?,
                traceparent: trace.as_deref(),
            })
        });
        files::close(tx, &closed.collect::<Result<Vec<_>>>()?).await?;
        let counts: Vec<_> = self.counts.into_iter().collect();
        let complete = files::count(tx, &counts, at).await?;
        complete.into_iter().map(|file| receipt(file, at)).collect()
    }
}

impl FileTally {
    /// Adds the counted lines to those in the database. Another batch, of other partitions, may have added lines to the
    /// same chunks since this batch read them. Both batches count one line only if its key is in two partitions.
    ///
    /// # Errors
    /// [`Error::CountedTwice`] if another batch has counted one of the lines.
    async fn save_lines(&self, tx: &mut PgConnection) -> Result<()> {
        let files: Vec<_> = self.counted.keys().map(String::as_str).collect();
        if files.is_empty() {
            return Ok(());
        }
        files::lock(tx, &files).await?;
        let counted =
            || self.counted.iter().flat_map(|(file, lines)| lines.iter().map(move |line| (file, *line)));
        let chunks = counted().flat_map(|(file, (line, rows))| chunk_keys(file, line, rows));
        let chunks: Vec<_> = chunks.collect::<BTreeSet<_>>().into_iter().collect();
        let mut sets = files::lines(tx, &chunks).await?;
        if !files::received(tx, &files).await?.is_empty() {
            return Err(Error::CountedTwice);
        }
        for (file, (line, rows)) in counted() {
            let set = sets.entry(file.clone()).or_default();
            if set.contains(line) {
                return Err(Error::CountedTwice);
            }
            set.insert(line, rows);
        }
        files::save_lines(tx, &sets).await
    }
}

fn chunk_keys(file_id: &str, line: u64, rows: u32) -> impl Iterator<Item = ChunkKey> {
    chunks_of(line, rows).map(|chunk| ChunkKey { file_id: file_id.to_owned(), chunk })
}

fn receipt(file: CompleteFile, at: Timestamp) -> Result<Outgoing> {
    let closing: FileClosed =
        serde_json::from_str(&file.closing).map_err(|_| Error::Unreadable("file's end"))?;
    let mut rejected = closing.rejected;
    if file.dead > 0 {
        *rejected.entry("dead_letter".to_owned()).or_default() += file.dead.unsigned_abs();
    }
    let data = FileReceived {
        file_id: closing.file_id,
        kind: closing.kind,
        declared: closing.declared,
        accepted: file.accepted.unsigned_abs(),
        corrected: file.corrected.unsigned_abs(),
        unchanged: file.unchanged.unsigned_abs(),
        conflicting: file.conflicting.unsigned_abs(),
        rejected,
        digest: closing.digest,
        unterminated: closing.unterminated,
    };
    let id = event_id(EventType::FileReceived, &[&file.file_id]);
    Outgoing::new(EventType::FileReceived, file.file_id.clone(), id, at, file.traceparent.as_deref(), &data)
        .map_err(|_| Error::Unreadable("receipt"))
}
