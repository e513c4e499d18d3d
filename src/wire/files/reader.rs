//! Reads a CSV file as a stream of valid and faulty rows.

use std::io::{self, Read};
use std::ops::RangeInclusive;

use super::FileKind;
use super::fields::Fields;
use super::file_error::FileError;
use super::format::{looks_like_windows_1256, recognise};
use super::header::Header;
use super::lines::{LineEnd, LineReader};
use super::record::{QuoteFault, Record, ends_open};
use super::row_fault::RowFault;
use super::rows::{self, FileRow, RowLimits};
use crate::wire::form::reason;

/// Reads rows of one kind from any source, and keeps one line in memory at a time.
pub struct RowReader<R> {
    kind: FileKind,
    limits: RowLimits,
    lines: LineReader<R>,
    header: Header,
    line: Vec<u8>,
    record: Record,
    /// Lines of a record that a quotation mark joined. Each of them is reported as a rejected row.
    joined: Option<RangeInclusive<u64>>,
    bytes_of_text: TextCounts,
    unterminated: bool,
}

/// Counts rows by the encoding of their bytes, to recognise a file in another one.
#[derive(Default)]
struct TextCounts {
    not_utf8: u64,
    like_windows_1256: u64,
    first_not_utf8: u64,
    beyond_ascii: u64,
    rows: u64,
}

impl<R: Read> RowReader<R> {
    /// Reads the header. Columns are identified by name, in any order; additional columns are ignored.
    ///
    /// # Errors
    /// Returns an error if the file is no CSV in UTF-8, if the header is missing, lacks a column or names one twice, or
    /// if the source cannot be read.
    pub fn new(kind: FileKind, limits: RowLimits, input: R) -> Result<Self, FileError> {
        let mut lines = LineReader::new(input);
        if let Some(format) = recognise(lines.peek()?) {
            return Err(FileError::OtherFormat(format));
        }
        let mut line = Vec::new();
        let end = lines.read_line(&mut line)?;
        if end == LineEnd::TooLong {
            return Err(FileError::LineTooLong(1));
        }
        let header = Header::read(kind, &line)?;
        Ok(Self {
            kind,
            limits,
            lines,
            header,
            line,
            record: Record::default(),
            joined: None,
            bytes_of_text: TextCounts::default(),
            unterminated: end == LineEnd::Unterminated,
        })
    }

    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Bytes read from the source, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }

    /// Whether the file ended without a line end. It may then be cut off.
    pub fn is_unterminated(&self) -> bool {
        self.unterminated
    }

    /// The next row, or None at the end. A faulty row does not end the file.
    ///
    /// # Errors
    /// Returns an error if a quotation mark is never closed, a line is too long, the file is in another encoding, or
    /// the source cannot be read.
    pub fn next_row(&mut self) -> Result<Option<Result<FileRow, RowFault>>, FileError> {
        if let Some(line) = self.joined.as_mut().and_then(Iterator::next) {
            return Ok(Some(Err(RowFault::of_row(line, "", reason::NEWLINE_IN_VALUE))));
        }
        if !self.read_line()? {
            return self.bytes_of_text.check().map(|()| None);
        }
        self.bytes_of_text.add(&self.line, self.lines.line());
        match self.record.split(&self.line) {
            Ok(()) => Ok(Some(self.read_record())),
            Err(QuoteFault::Stray { field }) => Ok(Some(Err(self.stray_mark(field)))),
            Err(QuoteFault::Open) => {
                let begins = self.lines.line();
                let ends = self.end_of_joined_lines(begins)?;
                self.joined = Some(begins..=ends);
                self.next_row()
            }
        }
    }

    /// Reads the next line. Returns false at the end of the file.
    fn advance(&mut self) -> Result<bool, FileError> {
        match self.lines.read_line(&mut self.line)? {
            LineEnd::EndOfFile => return Ok(false),
            LineEnd::TooLong => return Err(FileError::LineTooLong(self.lines.line())),
            LineEnd::Unterminated => self.unterminated = true,
            LineEnd::Terminated => {}
        }
        Ok(true)
    }

    /// Reads the next line that is not blank. Returns false at the end of the file.
    fn read_line(&mut self) -> Result<bool, FileError> {
        while self.advance()? {
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads on to the line in which the open quotation mark of line `begins` is closed.
    fn end_of_joined_lines(&mut self, begins: u64) -> Result<u64, FileError> {
        while self.advance()? {
            if !ends_open(&self.line) {
                return Ok(self.lines.line());
            }
        }
        Err(FileError::OpenQuotation(begins))
    }

    fn stray_mark(&self, field: usize) -> RowFault {
        let value = String::from_utf8_lossy(&self.line);
        let column = self.header.column_at(field).unwrap_or_default();
        RowFault::new(self.lines.line(), column, &value, reason::STRAY_QUOTATION_MARK)
    }

    fn read_record(&self) -> Result<FileRow, RowFault> {
        let line = self.lines.line();
        let mut fields = Fields::new(&self.record, &self.header, line);
        fields.check_width()?;
        rows::read(self.kind, &self.limits, &mut fields).map(|data| FileRow { line, data })
    }
}

impl TextCounts {
    fn add(&mut self, line: &[u8], number: u64) {
        self.rows += 1;
        if line.is_ascii() {
            return;
        }
        if std::str::from_utf8(line).is_ok() {
            self.beyond_ascii += 1;
            return;
        }
        if self.not_utf8 == 0 {
            self.first_not_utf8 = number;
        }
        self.not_utf8 += 1;
        self.like_windows_1256 += u64::from(looks_like_windows_1256(line));
    }

    /// A file in UTF-8 may have a damaged row. A file in another encoding has no row of UTF-8 text, and most of its
    /// rows are damaged.
    fn check(&self) -> Result<(), FileError> {
        if self.beyond_ascii > 0 || self.not_utf8 * 2 <= self.rows {
            return Ok(());
        }
        let is_windows_1256 = self.like_windows_1256 * 2 > self.not_utf8;
        Err(FileError::NotUtf8 { line: self.first_not_utf8, is_windows_1256 })
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
