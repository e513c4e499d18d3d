//! Files that lack rows, and registry records without a decision.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::law::SolarDate;
use crate::store::{Error, PgConnection, Result, files, marriages, persons};
use crate::wire::registry_files_v1::FileClosed;

/// Maximum number of line ranges that are shown for a file.
const RANGES: usize = 20;
/// Maximum number of persons whose records are shown.
const PERSONS: u32 = 20;

/// The first line after the header.
const FIRST_LINE: u64 = 2;

/// A file that was closed and lacks rows.
#[derive(Clone, Debug, Serialize)]
pub struct IncompleteFileView {
    pub file_id: String,
    pub kind: String,
    /// Rows that the closing event declares as sent.
    pub rows: i64,
    /// Rows among them that have no disposition.
    pub missing_rows: i64,
    /// Rows that the publisher rejected. Their lines are among the missing lines.
    pub rejected_rows: u64,
    /// The first ranges of lines without a disposition.
    pub missing_lines: Vec<[u64; 2]>,
}

impl IncompleteFileView {
    /// The missing lines as text, such as `7, 12-13`.
    pub fn lines(&self) -> String {
        let mut ranges = Vec::with_capacity(self.missing_lines.len());
        for [first, last] in &self.missing_lines {
            ranges.push(if first == last { first.to_string() } else { format!("{first}-{last}") });
        }
        let more = if ranges.len() == RANGES { " ..." } else { "" };
        let rejected = match self.rejected_rows {
            0 => String::new(),
            rows => format!(" (including {rows} that the publisher rejected)"),
        };
        format!("{}{more}{rejected}", ranges.join(", "))
    }
}

/// The incomplete files, ordered by the time of their close.
///
/// # Errors
/// Returns an error if the database fails or a stored closing event cannot be read.
pub async fn files(tx: &mut PgConnection, limit: i64) -> Result<Vec<IncompleteFileView>> {
    let mut found = Vec::new();
    for file in files::incomplete(tx, limit).await? {
        let closing: FileClosed =
            serde_json::from_str(&file.closing).map_err(|_| Error::Unreadable("file's end"))?;
        let lines = files::lines_of(tx, &file.file_id).await?;
        let last = lines.last().unwrap_or(0).max(closing.declared.saturating_add(FIRST_LINE - 1));
        let ranges = lines.missing(FIRST_LINE..=last, RANGES);
        found.push(IncompleteFileView {
            file_id: file.file_id,
            kind: file.kind,
            rows: file.rows,
            missing_rows: file.rows - file.disposed,
            rejected_rows: closing.rejected.values().sum(),
            missing_lines: ranges.into_iter().map(RangeInclusive::into_inner).map(<[u64; 2]>::from).collect(),
        });
    }
    Ok(found)
}

/// Registry records of insured persons without a claim, for the first such persons.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn records_without_claim(
    tx: &mut PgConnection,
    deeds_from: Option<SolarDate>,
) -> Result<Vec<String>> {
    let persons = persons::without_claim(tx, -1, i64::MAX, deeds_from, PERSONS).await?;
    if persons.is_empty() { Ok(Vec::new()) } else { marriages::records_of(tx, &persons).await }
}
