//! The header of a file: where each column is.

use super::FileKind;
use super::file_error::{FileError, HeaderFault};
use super::kind::Column;
use super::record::Record;
use crate::ident::text;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The position of every column of a kind in the records of a file.
pub struct Header {
    columns: &'static [Column],
    /// The index in the record of each of `columns`. `None` for an optional column that the header lacks.
    indexes: Vec<Option<usize>>,
    width: usize,
}

impl Header {
    /// Reads the first line of a file.
    ///
    /// # Errors
    /// Returns an error if the line is empty, lacks a column or names one twice.
    pub fn read(kind: FileKind, line: &[u8]) -> Result<Self, FileError> {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        if line.starts_with(BYTE_ORDER_MARK) {
            return Err(FileError::TwoByteOrderMarks);
        }
        if line.trim_ascii().is_empty() {
            return Err(FileError::NoHeader(kind));
        }
        let mut record = Record::default();
        if record.split(line).is_err() {
            return Err(FileError::OpenQuotation(1));
        }
        let names: Vec<String> = record.iter().map(column_name).collect();
        let mut indexes = Vec::with_capacity(kind.all_columns().len());
        let mut fault = HeaderFault {
            kind,
            missing: Vec::new(),
            twice: Vec::new(),
            line: String::from_utf8_lossy(line).into(),
        };
        for column in kind.all_columns() {
            let mut found = names.iter().enumerate().filter(|(_, name)| *name == column.name);
            let first = found.next().map(|(index, _)| index);
            if found.next().is_some() {
                fault.twice.push(column.name);
            }
            if first.is_none() && !column.is_optional {
                fault.missing.push(column.name);
            }
            indexes.push(first);
        }
        if !(fault.missing.is_empty() && fault.twice.is_empty()) {
            return Err(FileError::Header(fault));
        }
        Ok(Self { columns: kind.all_columns(), indexes, width: names.len() })
    }

    /// Number of fields of every row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the file has columns that are ignored.
    pub fn has_other_columns(&self) -> bool {
        self.indexes.iter().flatten().count() < self.width
    }

    /// The place of a column in the kind's list. `from` is looked at first, because columns are usually read in order.
    pub fn place(&self, name: &str, from: usize) -> usize {
        if self.columns.get(from).is_some_and(|column| column.name == name) {
            return from;
        }
        self.columns.iter().position(|column| column.name == name).unwrap_or(self.columns.len())
    }

    /// The index in the record of the column at this place.
    pub fn index(&self, place: usize) -> Option<usize> {
        self.indexes.get(place).copied().flatten()
    }

    /// The column at an index of the record; `None` for a column that is ignored.
    pub fn column_at(&self, index: usize) -> Option<&'static str> {
        let place = self.indexes.iter().position(|at| *at == Some(index))?;
        self.columns.get(place).map(|column| column.name)
    }
}

/// A name in a header, without invisible characters.
fn column_name(name: &[u8]) -> String {
    text::normalise(&String::from_utf8_lossy(name))
}
