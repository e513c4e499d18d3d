//! Rows gathered into the events that carry them, and counted.

use std::collections::BTreeMap;
use std::io::Read;

use super::reader::{FileError, RowReader};
use super::rows::{FileRow, RowData, RowFault};
use crate::ident::NationalCode;
use crate::wire::Input;
use crate::wire::insured_records_v1::{MAX_WAGE_ROWS, WageEventRow, WagesPosted};

/// The rows of one event: `rows` of them, the first on line `line`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowChunk {
    pub line: u64,
    pub rows: u32,
    pub input: Input,
}

/// What comes next out of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChunkOrReject {
    Send(RowChunk),
    Rejected(RowFault),
}

/// What has come out of a file so far, in rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowCounts {
    /// Data rows read.
    pub declared: u64,
    /// Of these, rows in pieces handed out.
    pub rows: u64,
    pub rejected: BTreeMap<&'static str, u64>,
}

/// The pieces of a file; consecutive wage rows of one person go together, up to 200.
pub struct RowChunks<R> {
    reader: RowReader<R>,
    tally: RowCounts,
    wages: Option<Wages>,
    /// A piece that was completed by the row after it, which came out first or made another.
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

    /// Bytes of the source taken in, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }

    /// The next step, or None at the end.
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

    /// Takes a row in; gives the piece that it completes.
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
    /// The next row of the same person. An event holds neighbouring lines, so that its line and its number of rows name them all.
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
