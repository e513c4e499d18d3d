//! Receipts: what became of every row of a published file, each line counted once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::store::files::{self, Closed, Complete, Counts, Opened};
use crate::store::offsets::Partition;
use crate::store::{Error, PgConnection, Result};
use crate::wire::outgoing::event_id;
use crate::wire::registry_file_receipts_v1::FileReceived;
use crate::wire::registry_files_v1::FileClosed;
use crate::wire::{EventType, FileRef, Outgoing};

/// What a row did. (An older version is `Unchanged`, too: it changes nothing.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    Accepted,
    Corrected,
    Unchanged,
    Conflicting,
}

/// Counts the rows of files within one batch.
#[derive(Default)]
pub struct Ledger {
    /// The highest line disposed of: a publisher sends a file's lines in order, again from the start after a crash.
    lines: HashMap<(String, Partition), i64>,
    moved: BTreeSet<(String, Partition)>,
    counts: BTreeMap<String, Counts>,
    opened: BTreeMap<String, (&'static str, Timestamp)>,
    closed: Vec<(FileClosed, Option<String>)>,
}

impl Ledger {
    pub async fn load(tx: &mut PgConnection, files: &[&str]) -> Result<Self> {
        if files.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self { lines: files::lines(tx, files).await?, ..Self::default() })
    }

    /// Was this line of the file disposed of before? If not, it is now.
    pub fn is_repeat(&mut self, file: &FileRef, partition: Partition) -> bool {
        let line = i64::try_from(file.line).unwrap_or(i64::MAX);
        let key = (file.file_id.clone(), partition);
        let highest = self.lines.entry(key.clone()).or_insert(0);
        if line <= *highest {
            return true;
        }
        *highest = line;
        self.moved.insert(key);
        false
    }

    pub fn count(&mut self, file: &FileRef, disposition: Disposition) {
        let counts = self.counts.entry(file.file_id.clone()).or_default();
        let place = match disposition {
            Disposition::Accepted => &mut counts.accepted,
            Disposition::Corrected => &mut counts.corrected,
            Disposition::Unchanged => &mut counts.unchanged,
            Disposition::Conflicting => &mut counts.conflicting,
        };
        *place += 1;
    }

    pub fn count_dead(&mut self, file: &FileRef) {
        self.counts.entry(file.file_id.clone()).or_default().dead += i64::from(file.rows);
    }

    /// Enters a file by its opening or by a row that came before it.
    pub fn open(&mut self, file_id: &str, kind: &'static str, at: Timestamp) {
        self.counts.entry(file_id.to_owned()).or_default();
        self.opened.entry(file_id.to_owned()).or_insert((kind, at));
    }

    pub fn close(&mut self, closed: FileClosed, traceparent: Option<String>) {
        self.open(&closed.file_id.clone(), closed.kind.word(), closed.closed_at);
        self.closed.push((closed, traceparent));
    }

    /// Writes lines and counts, and gives the receipts that are now due. Late in the transaction: files' rows are locked.
    pub async fn write(self, tx: &mut PgConnection, at: Timestamp) -> Result<Vec<Outgoing>> {
        if self.counts.is_empty() {
            return Ok(Vec::new());
        }
        let line = |key: &(String, Partition)| self.lines.get(key).map(|line| (key.clone(), *line));
        files::save_lines(tx, &self.moved.iter().filter_map(line).collect::<Vec<_>>()).await?;
        let opened =
            |(file_id, (kind, at)): (&'_ String, &(&'static str, Timestamp))| (file_id.clone(), *kind, *at);
        let opened: Vec<_> = self.opened.iter().map(opened).collect();
        let opened: Vec<_> =
            opened.iter().map(|(file_id, kind, at)| Opened { file_id, kind, at: *at }).collect();
        files::open(tx, &opened).await?;
        let closed = self.closed.iter().map(|(closed, trace)| {
            Ok(Closed {
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

fn receipt(file: Complete, at: Timestamp) -> Result<Outgoing> {
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
    };
    let id = event_id(EventType::FileReceived, &[&file.file_id]);
    Outgoing::new(EventType::FileReceived, file.file_id.clone(), id, at, file.traceparent.as_deref(), &data)
        .map_err(|_| Error::Unreadable("receipt"))
}
