//! The fields of one record, by column name. The first faulty field rejects the row.

use std::borrow::Cow;

use csv::ByteRecord;

use super::RowFault;
use crate::ident::{NationalCode, text};
use crate::law::Rial;
use crate::wire::form::{
    CanonicalText, MAX_TEXT, TextForm, carried, national_code_fault, reason, version, whole_number,
};

/// A record, and the index of each column of its file kind.
pub struct Fields<'a> {
    record: &'a ByteRecord,
    columns: &'static [&'static str],
    /// The index in the record of each of `columns`.
    indexes: &'a [usize],
    line: u64,
    /// Columns are usually read in order, so the next column is checked first.
    next: usize,
}

impl<'a> Fields<'a> {
    pub fn new(
        record: &'a ByteRecord,
        columns: &'static [&'static str],
        indexes: &'a [usize],
        line: u64,
    ) -> Self {
        Self { record, columns, indexes, line, next: 0 }
    }

    fn raw(&mut self, column: &'static str) -> &'a [u8] {
        if self.columns.get(self.next) != Some(&column) {
            self.next = self.columns.iter().position(|name| *name == column).unwrap_or(self.columns.len());
        }
        let index = self.indexes.get(self.next).copied();
        self.next += 1;
        index.and_then(|index| self.record.get(index)).unwrap_or_default()
    }

    /// The fault of this row at `column`.
    pub fn fault(&mut self, column: &'static str, reason: &'static str) -> RowFault {
        let value = String::from_utf8_lossy(self.raw(column)).into_owned();
        RowFault { line: self.line, field: column, value, reason }
    }

    /// The normalised field; None if it is empty.
    fn get(&mut self, column: &'static str) -> Result<Option<Cow<'a, str>>, RowFault> {
        let Ok(raw) = std::str::from_utf8(self.raw(column)) else {
            return Err(self.fault(column, reason::NOT_TEXT));
        };
        Ok(Some(normalised(raw)).filter(|text| !text.is_empty()))
    }

    /// The text of a field that a person filled in. Malformed text does not reject the row. None if the field is empty.
    pub fn as_written(&mut self, column: &'static str) -> Option<String> {
        let written = String::from_utf8_lossy(self.raw(column));
        Some(carried(&normalised(&written))).filter(|text| !text.is_empty())
    }

    fn needed<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T, RowFault> {
        self.maybe(column, read)?.ok_or_else(|| self.fault(column, reason::MISSING))
    }

    fn maybe<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, RowFault> {
        let Some(text) = self.get(column)? else {
            return Ok(None);
        };
        read(&text).map(Some).map_err(|why| self.fault(column, why))
    }

    /// A value in its canonical form: text, date, month, instant or code.
    pub fn value<T: CanonicalText>(&mut self, column: &'static str) -> Result<T, RowFault> {
        self.needed(column, T::read)
    }

    pub fn optional<T: CanonicalText>(&mut self, column: &'static str) -> Result<Option<T>, RowFault> {
        self.maybe(column, T::read)
    }

    /// A national code. Codes of 8 or 9 digits are padded.
    pub fn code(&mut self, column: &'static str) -> Result<NationalCode, RowFault> {
        self.needed(column, padded_code)
    }

    pub fn optional_code(&mut self, column: &'static str) -> Result<Option<NationalCode>, RowFault> {
        self.maybe(column, padded_code)
    }

    /// A code that its `FromStr` pads and normalises.
    pub fn number_text<T: std::str::FromStr>(&mut self, column: &'static str) -> Result<T, RowFault> {
        self.needed(column, |text| text.parse().map_err(|_| reason::NOT_A_CODE))
    }

    pub fn count(&mut self, column: &'static str) -> Result<u32, RowFault> {
        self.needed(column, |text| {
            whole_number(text).and_then(|n| u32::try_from(n).map_err(|_| reason::TOO_LARGE))
        })
    }

    pub fn rials(&mut self, column: &'static str) -> Result<Rial, RowFault> {
        self.needed(column, |text| whole_number(text).and_then(|n| Rial::new(n).ok_or(reason::TOO_LARGE)))
    }

    pub fn version(&mut self, column: &'static str) -> Result<u64, RowFault> {
        self.needed(column, |text| whole_number(text).and_then(|n| version(n).ok_or(reason::TOO_LARGE)))
    }

    /// A text of this form.
    pub fn text<F: TextForm>(&mut self, column: &'static str) -> Result<String, RowFault> {
        self.needed(column, F::read)
    }

    pub fn optional_text<F: TextForm>(&mut self, column: &'static str) -> Result<Option<String>, RowFault> {
        self.maybe(column, F::read)
    }

    /// A code that the file may contain without its leading zeros.
    pub fn padded(
        &mut self,
        column: &'static str,
        pad: fn(&str) -> Result<String, &'static str>,
    ) -> Result<String, RowFault> {
        self.needed(column, pad)
    }

    pub fn boolean(&mut self, column: &'static str) -> Result<bool, RowFault> {
        self.needed(column, |text| text.parse().map_err(|_| reason::UNKNOWN_WORD))
    }

    /// Rejects a record with more fields than columns: an unquoted comma has shifted every later field.
    pub fn check_width(&self, width: usize) -> Result<(), RowFault> {
        match self.record.iter().skip(width).find(|field| !field.is_empty()) {
            None => Ok(()),
            Some(field) => Err(RowFault {
                line: self.line,
                field: "",
                value: String::from_utf8_lossy(field).chars().take(MAX_TEXT).collect(),
                reason: reason::EXTRA_FIELDS,
            }),
        }
    }
}

fn normalised(raw: &str) -> Cow<'_, str> {
    let plain = raw.bytes().all(|b| b.is_ascii_graphic());
    if plain { Cow::Borrowed(raw) } else { Cow::Owned(text::normalise(raw)) }
}

fn padded_code(text: &str) -> Result<NationalCode, &'static str> {
    text.parse().map_err(national_code_fault)
}
