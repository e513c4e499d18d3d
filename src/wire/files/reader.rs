//! Reads a CSV file as a stream of valid and faulty rows.

use std::io::{self, Read};
use std::sync::Arc;

use csv::ByteRecord;

use super::FileKind;
use super::fields::Fields;
use super::row_fault::RowFault;
use super::rows::{self, FileRow};
use super::source::{ByteCounter, NormalisedLines, RecordTooLong};
use crate::ident::text;

const BUFFER: usize = 1 << 16;

/// Why a file cannot be read, or cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file is empty; its first line must name the columns: {}", .0.columns().join(", "))]
    NoHeader(FileKind),
    #[error("the file of {kind} lacks the column{} {}", if .missing.len() == 1 { "" } else { "s" }, .missing.join(", "))]
    MissingColumns { kind: FileKind, missing: Vec<&'static str> },
    #[error("the header names the column {0} twice")]
    TwiceNamed(&'static str),
    #[error("the record that begins on line {0} is longer than 1 MiB: is a quotation mark left open?")]
    RecordTooLong(u64),
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Reads rows of one kind from any source, and keeps one record in memory at a time.
pub struct RowReader<R> {
    kind: FileKind,
    csv: csv::Reader<NormalisedLines<R>>,
    gauge: Arc<ByteCounter>,
    record: ByteRecord,
    indexes: Vec<usize>,
    width: usize,
}

impl<R: Read> RowReader<R> {
    /// Reads the header. Columns are identified by name, in any order; additional columns are ignored.
    ///
    /// # Errors
    /// Returns an error if the header is missing, lacks a column or names one twice, or if the source cannot be read.
    pub fn new(kind: FileKind, input: R) -> Result<Self, FileError> {
        let source = NormalisedLines::new(input);
        let gauge = source.gauge();
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(source);
        let mut header = ByteRecord::new();
        if !csv.read_byte_record(&mut header).map_err(|error| file_error(error, 1))? {
            return Err(FileError::NoHeader(kind));
        }
        let indexes = column_indexes(kind, &header)?;
        Ok(Self { kind, csv, gauge, record: ByteRecord::new(), indexes, width: header.len() })
    }

    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Bytes read from the source, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.gauge.bytes()
    }

    /// The next row, or None at the end. A faulty row does not end the file.
    ///
    /// # Errors
    /// Returns an error if a record is too long, or if the source cannot be read.
    pub fn next_row(&mut self) -> Result<Option<Result<FileRow, RowFault>>, FileError> {
        self.gauge.record_begins();
        let begins = self.csv.position().line();
        if !self.csv.read_byte_record(&mut self.record).map_err(|error| file_error(error, begins))? {
            return Ok(None);
        }
        // Computed from the record's end, because the CSV reader includes blank lines before the record in its start.
        let inside = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let line = self.csv.position().line().saturating_sub(inside + 1).max(begins);
        Ok(Some(self.read_record(line)))
    }

    fn read_record(&self, line: u64) -> Result<FileRow, RowFault> {
        let mut fields = Fields::new(&self.record, self.kind.columns(), &self.indexes, line);
        fields.check_width(self.width)?;
        rows::read(self.kind, &mut fields).map(|data| FileRow { line, data })
    }
}

fn column_indexes(kind: FileKind, header: &ByteRecord) -> Result<Vec<usize>, FileError> {
    let names: Vec<String> =
        header.iter().map(|name| text::normalise(&String::from_utf8_lossy(name))).collect();
    let mut indexes = Vec::with_capacity(kind.columns().len());
    let mut missing = Vec::new();
    for column in kind.columns() {
        let mut found = names.iter().enumerate().filter(|(_, name)| name == column).map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => indexes.push(index),
            (Some(_), Some(_)) => return Err(FileError::TwiceNamed(column)),
            (None, _) => missing.push(*column),
        }
    }
    if missing.is_empty() { Ok(indexes) } else { Err(FileError::MissingColumns { kind, missing }) }
}

fn file_error(error: csv::Error, line: u64) -> FileError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<RecordTooLong>()) => {
            FileError::RecordTooLong(line)
        }
        csv::ErrorKind::Io(error) => FileError::Io(error),
        // For byte records of any width, the csv crate has no other error.
        _ => FileError::Io(io::Error::from(io::ErrorKind::InvalidData)),
    }
}
