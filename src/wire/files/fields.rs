//! The fields of one record, by column name. The first faulty field rejects the row.

use std::borrow::Cow;

use uuid::Uuid;

use super::RowFault;
use super::header::Header;
use super::record::Record;
use crate::ident::{InsuranceNumber, NationalCode, text};
use crate::law::Rial;
use crate::wire::form::{
    CanonicalText, OpaqueId, PersonName, TextForm, carried, national_code_fault, reason, version,
    whole_number,
};

/// The length of a UUID with hyphens, as this service writes its ids.
const HYPHENATED: usize = 36;

/// A record, and where the columns of its file are.
pub struct Fields<'a> {
    record: &'a Record,
    header: &'a Header,
    line: u64,
    /// The place of the column that is probably read next.
    next: usize,
}

impl<'a> Fields<'a> {
    pub fn new(record: &'a Record, header: &'a Header, line: u64) -> Self {
        Self { record, header, line, next: 0 }
    }

    fn raw(&mut self, column: &'static str) -> &'a [u8] {
        let place = self.header.place(column, self.next);
        self.next = place + 1;
        self.header.index(place).and_then(|index| self.record.field(index)).unwrap_or_default()
    }

    /// The fault of this row at `column`.
    pub fn fault(&mut self, column: &'static str, reason: &'static str) -> RowFault {
        let value = String::from_utf8_lossy(self.raw(column));
        RowFault::new(self.line, column, &value, reason)
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

    /// A field that may be empty unless `is_needed`.
    fn needed_if<T>(
        &mut self,
        is_needed: bool,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, RowFault> {
        if is_needed { self.needed(column, read).map(Some) } else { self.maybe(column, read) }
    }

    /// A whole number that `convert` accepts.
    fn whole<T>(
        &mut self,
        column: &'static str,
        convert: impl FnOnce(u64) -> Option<T>,
    ) -> Result<T, RowFault> {
        self.needed(column, |text| whole_number(text).and_then(|n| convert(n).ok_or(reason::TOO_LARGE)))
    }

    /// A value in its canonical form: text, date, month, instant or code.
    pub fn value<T: CanonicalText>(&mut self, column: &'static str) -> Result<T, RowFault> {
        self.needed(column, T::read)
    }

    pub fn optional<T: CanonicalText>(&mut self, column: &'static str) -> Result<Option<T>, RowFault> {
        self.maybe(column, T::read)
    }

    pub fn value_if<T: CanonicalText>(
        &mut self,
        is_needed: bool,
        column: &'static str,
    ) -> Result<Option<T>, RowFault> {
        self.needed_if(is_needed, column, T::read)
    }

    /// A national code. Codes of 8 or 9 digits are padded.
    pub fn code(&mut self, column: &'static str) -> Result<NationalCode, RowFault> {
        self.needed(column, padded_code)
    }

    pub fn optional_code(&mut self, column: &'static str) -> Result<Option<NationalCode>, RowFault> {
        self.maybe(column, padded_code)
    }

    /// An insurance number, which its `FromStr` pads.
    pub fn insurance_number(&mut self, column: &'static str) -> Result<InsuranceNumber, RowFault> {
        self.needed(column, |text| text.parse().map_err(|_| reason::NOT_A_CODE))
    }

    /// An id that others own: compared byte by byte, never normalised.
    pub fn opaque_id(&mut self, column: &'static str) -> Result<String, RowFault> {
        let id = std::str::from_utf8(self.raw(column)).map_err(|_| reason::NOT_TEXT);
        id.and_then(OpaqueId::read).map_err(|why| self.fault(column, why))
    }

    /// An id that this service issued: a UUID with its hyphens, in lower case as it was issued.
    pub fn issued_id(&mut self, column: &'static str) -> Result<String, RowFault> {
        let id = self.opaque_id(column)?;
        let id = id.trim();
        // The other forms of a UUID, such as one in braces, have other lengths.
        let uuid = (id.len() == HYPHENATED).then(|| Uuid::try_parse(id).ok()).flatten();
        uuid.map(|uuid| uuid.to_string()).ok_or_else(|| self.fault(column, reason::WRONG_FORM))
    }

    /// A name: text without quotation marks.
    pub fn name(&mut self, column: &'static str) -> Result<String, RowFault> {
        self.needed(column, name)
    }

    pub fn name_if(&mut self, is_needed: bool, column: &'static str) -> Result<Option<String>, RowFault> {
        self.needed_if(is_needed, column, name)
    }

    /// A text of this form.
    pub fn text_if<F: TextForm>(
        &mut self,
        is_needed: bool,
        column: &'static str,
    ) -> Result<Option<String>, RowFault> {
        self.needed_if(is_needed, column, F::read)
    }

    /// A code that the file may contain without its leading zeros.
    pub fn padded(
        &mut self,
        column: &'static str,
        pad: fn(&str) -> Result<String, &'static str>,
    ) -> Result<String, RowFault> {
        self.needed(column, pad)
    }

    /// The version of a record.
    pub fn version(&mut self, column: &'static str) -> Result<u64, RowFault> {
        self.whole(column, version)
    }

    pub fn count(&mut self, column: &'static str) -> Result<u32, RowFault> {
        self.whole(column, |n| u32::try_from(n).ok())
    }

    pub fn rials(&mut self, column: &'static str) -> Result<Rial, RowFault> {
        self.whole(column, Rial::new)
    }

    pub fn boolean(&mut self, column: &'static str) -> Result<bool, RowFault> {
        self.needed(column, |text| text.parse().map_err(|_| reason::UNKNOWN_WORD))
    }

    /// A flag: `true`, or empty.
    pub fn flag(&mut self, column: &'static str) -> Result<Option<bool>, RowFault> {
        self.maybe(column, |text| match text {
            "true" => Ok(true),
            _ => Err(reason::UNKNOWN_WORD),
        })
    }

    /// Rejects a record with another number of fields than the header: a comma that is not quoted has shifted every
    /// later field, or the end of the row was cut off. Empty fields behind the last column are passed over, if the file
    /// has no column that is ignored.
    pub fn check_width(&self) -> Result<(), RowFault> {
        let fields = self.record.len();
        let columns = self.header.width();
        let surplus_is_empty = self.record.iter().skip(columns).all(<[u8]>::is_empty);
        if fields == columns || (fields > columns && surplus_is_empty && !self.header.has_other_columns()) {
            return Ok(());
        }
        let value = format!("{fields} fields, {columns} columns");
        Err(RowFault::of_row(self.line, &value, reason::WRONG_NUMBER_OF_FIELDS))
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    if text.contains('"') { Err(reason::STRAY_QUOTATION_MARK) } else { PersonName::read(text) }
}

fn normalised(raw: &str) -> Cow<'_, str> {
    let plain = raw.bytes().all(|b| b.is_ascii_graphic());
    if plain { Cow::Borrowed(raw) } else { Cow::Owned(text::normalise(raw)) }
}

fn padded_code(text: &str) -> Result<NationalCode, &'static str> {
    text.parse().map_err(national_code_fault)
}
