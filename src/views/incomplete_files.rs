//! Files that lack rows, and registry rows that nothing was decided about.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::law::SolarDate;
use crate::store::{Error, PgConnection, Result, files, marriages, persons};
use crate::wire::registry_files_v1::FileClosed;

/// Most ranges of lines that are shown of a file, and most persons whose records are shown.
const RANGES: usize = 20;
const PERSONS: u32 = 20;

/// The first line after the header.
const FIRST_LINE: u64 = 2;

/// A file that was closed and lacks rows.
#[derive(Clone, Debug, Serialize)]
pub struct IncompleteFileView {
    pub file_id: String,
    pub kind: String,
    /// Rows that its closing event announced, and those of them that were not disposed of.
    pub rows: i64,
    pub missing_rows: i64,
    /// Rows that the publisher rejected: their lines are among the missing ones.
    pub rejected_rows: u64,
    /// Lines that were not disposed of, as ranges; the first of them.
    pub missing_lines: Vec<[u64; 2]>,
}

impl IncompleteFileView {
    /// As `7, 12-13`.
    pub fn lines(&self) -> String {
        let text = |[first, last]: &[u64; 2]| {
            if first == last { first.to_string() } else { format!("{first}-{last}") }
        };
        let ranges: Vec<_> = self.missing_lines.iter().map(text).collect();
        let more = if ranges.len() == RANGES { " ..." } else { "" };
        let rejected = match self.rejected_rows {
            0 => String::new(),
            rows => format!(" (among them {rows} that the publisher rejected)"),
        };
        format!("{}{more}{rejected}", ranges.join(", "))
    }
}

/// The incomplete files, those closed first before the others.
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

/// Registry records that name an insured person without a claim, of the first such persons.
pub async fn records_without_claim(
    tx: &mut PgConnection,
    deeds_from: Option<SolarDate>,
) -> Result<Vec<String>> {
    let persons = persons::without_claim(tx, -1, i64::MAX, deeds_from, PERSONS).await?;
    if persons.is_empty() { Ok(Vec::new()) } else { marriages::records_of(tx, &persons).await }
}
