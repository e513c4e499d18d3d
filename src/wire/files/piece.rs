//! Groups rows into the events that carry them, and counts them.

use std::collections::BTreeMap;
use std::io::Read;

use super::file_error::FileError;
use super::reader::RowReader;
use super::row_fault::RowFault;
use super::rows::{FileRow, RowData};
use crate::ident::NationalCode;
use crate::wire::Input;
use crate::wire::insured_records_v1::{MAX_WAGE_ROWS, WageEventRow, WagesPosted};

/// The rows of one event: `rows` rows, of which the first is on line `line`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowChunk {
    pub line: u64,
    pub rows: u32,
    pub input: Input,
}

/// The next item of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChunkOrReject {
    Send(RowChunk),
    Rejected(RowFault),
}

/// The numbers of rows read so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowCounts {
    /// Data rows read.
    pub declared: u64,
    /// Rows in the chunks that were returned.
    pub rows: u64,
    pub rejected: BTreeMap<&'static str, u64>,
    /// The file ended without a line end, so its last row may be cut off. Known at the end.
    pub unterminated: bool,
}

impl RowCounts {
    /// Rejected rows, for all reasons.
    pub fn rejected_rows(&self) -> u64 {
        self.rejected.values().sum()
    }
}

/// The chunks of a file. Up to 200 consecutive wage rows of one person form one chunk.
pub struct RowChunks<R> {
    reader: RowReader<R>,
    tally: RowCounts,
    wages: Option<Wages>,
    /// A complete chunk that is returned next.
    ready: Option<RowChunk>,
    ended: bool,
}

struct Wages {
    line: u64,
    national_code: NationalCode,
    rows: Vec<WageEventRow>,
}

impl<R: Read> RowChunks<R> {
    pub fn new(reader: RowReader<R>) -> Self {
        Self { reader, tally: RowCounts::default(), wages: None, ready: None, ended: false }
    }

    pub fn tally(&self) -> &RowCounts {
        &self.tally
    }

    /// Bytes read from the source, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }

    /// The next chunk or rejected row, or None at the end.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn next_step(&mut self) -> Result<Option<ChunkOrReject>, FileError> {
        loop {
            if let Some(piece) = self.ready.take() {
                self.tally.rows += u64::from(piece.rows);
                return Ok(Some(ChunkOrReject::Send(piece)));
            }
            if self.ended {
                return Ok(None);
            }
            match self.reader.next_row()? {
                None => {
                    self.ended = true;
                    self.tally.unterminated = self.reader.is_unterminated();
                    self.ready = self.wages.take().map(Wages::into_piece);
                }
                Some(Err(fault)) => {
                    self.tally.declared += 1;
                    *self.tally.rejected.entry(fault.reason).or_default() += 1;
                    return Ok(Some(ChunkOrReject::Rejected(fault)));
                }
                Some(Ok(row)) => {
                    self.tally.declared += 1;
                    self.ready = self.take(row);
                }
            }
        }
    }

    /// Adds a row. Returns the chunk that the row completes.
    fn take(&mut self, row: FileRow) -> Option<RowChunk> {
        let (code, wage) = match row.data {
            RowData::Event(input) => {
                return Some(RowChunk { line: row.line, rows: 1, input });
            }
            RowData::Wage(code, wage) => (code, wage),
        };
        match &mut self.wages {
            Some(wages) if wages.takes(code, row.line) => {
                wages.rows.push(wage);
                None
            }
            other => {
                let wages = Wages { line: row.line, national_code: code, rows: vec![wage] };
                other.replace(wages).map(Wages::into_piece)
            }
        }
    }
}

impl<R: Read> Iterator for RowChunks<R> {
    type Item = Result<ChunkOrReject, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_step().transpose()
    }
}

impl Wages {
    /// Whether a row extends this chunk: the same person, and the next line. An event contains consecutive lines, so
    /// that its line and its number of rows identify all of them.
    fn takes(&self, code: NationalCode, line: u64) -> bool {
        let next = u64::try_from(self.rows.len()).map(|rows| self.line + rows);
        self.national_code == code && self.rows.len() < MAX_WAGE_ROWS && next == Ok(line)
    }

    fn into_piece(self) -> RowChunk {
        let rows = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let input = Input::Wages(WagesPosted { national_code: self.national_code, rows: self.rows });
        RowChunk { line: self.line, rows, input }
    }
}
