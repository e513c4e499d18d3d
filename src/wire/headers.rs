//! The headers of an input event.

use super::event_type::EventType;
use super::fault::{Fault, code};
use super::form::is_sha256_hex;
use super::raw_record::{FileRef, RawRecord};

/// The extension headers of an event that comes from a file.
pub(crate) const FILE_ID: &str = "ce_fileid";
pub(crate) const FILE_LINE: &str = "ce_fileline";
pub(crate) const FILE_ROWS: &str = "ce_filerows";

/// Replaces a header name that is not UTF-8: a single replacement character.
pub const UNREADABLE_NAME: &str = "\u{fffd}";

/// Maximum length of a `ce_id` in bytes. Ids are stored, and must fit into a database index.
const MAX_ID: usize = 200;

pub(crate) struct Headers<'a> {
    pub kind: EventType,
    pub id: &'a str,
    pub traceparent: Option<&'a str>,
    file_id: Option<&'a str>,
    file_line: Option<&'a str>,
    file_rows: Option<&'a str>,
}

impl<'a> Headers<'a> {
    pub fn of(message: &RawRecord<'a>) -> Result<Self, Fault> {
        if message.headers.iter().any(|(name, _)| *name == UNREADABLE_NAME) {
            return Err(Fault::new(code::HEADERS_UNREADABLE, "the name of a header is not UTF-8 text"));
        }
        // Of several headers with the same name, the first counts. A value that is not UTF-8 counts as missing.
        let find = |wanted: &str| {
            let found = message.headers.iter().find(|(name, _)| *name == wanted)?;
            std::str::from_utf8(found.1).ok()
        };
        let kind = find("ce_type").ok_or_else(|| Fault::new(code::NO_TYPE, "ce_type is missing"))?;
        let kind = EventType::from_name(kind)
            .filter(|kind| kind.topic() == message.topic)
            .ok_or_else(|| Fault::new(code::UNKNOWN_TYPE, "ce_type is not an event type of this topic"))?;
        if find("ce_specversion").is_some_and(|version| version != "1.0") {
            return Err(Fault::new(code::UNKNOWN_SPECVERSION, "ce_specversion is not 1.0"));
        }
        let id = find("ce_id")
            .filter(|id| !id.is_empty() && id.len() <= MAX_ID && !id.chars().any(char::is_control))
            .ok_or_else(|| Fault::new(code::NO_ID, "ce_id is missing, empty, too long or not plain text"))?;
        Ok(Self {
            kind,
            id,
            // An invalid trace is ignored; it does not make the event unreadable.
            traceparent: find("traceparent").filter(|trace| is_traceparent(trace)),
            file_id: find(FILE_ID),
            file_line: find(FILE_LINE),
            file_rows: find(FILE_ROWS),
        })
    }

    /// The file and the lines that an event of `rows` rows comes from. The events that open and close a file have none.
    pub fn file(&self, rows: usize) -> Result<Option<FileRef>, Fault> {
        if matches!(self.kind, EventType::FileOpened | EventType::FileClosed) {
            return Ok(None);
        }
        let fault = |detail| Err(Fault::new(code::FILE_HEADERS, detail));
        let (file_id, line) = match (self.file_id, self.file_line) {
            (None, None) => return Ok(None),
            (Some(file_id), Some(line)) => (file_id, line),
            _ => return fault("ce_fileid and ce_fileline must be given together"),
        };
        if !is_sha256_hex(file_id) {
            return fault("ce_fileid is not a SHA-256 in lower-case hex");
        }
        let Some(line) = line.parse().ok().filter(|line| (1..=MAX_LINE).contains(line)) else {
            return fault("ce_fileline is not a line number");
        };
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        if self.file_rows.is_some_and(|text| text.parse() != Ok(rows)) {
            return fault("ce_filerows is not the number of rows");
        }
        Ok(Some(FileRef { file_id: file_id.to_owned(), line, rows }))
    }
}

/// Line numbers fit into the database's `bigint`.
const MAX_LINE: u64 = i64::MAX.cast_unsigned();

/// W3C trace context, version 00.
fn is_traceparent(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), ["00", trace, span, flags]
        if trace.len() == 32 && span.len() == 16 && flags.len() == 2 && hex(trace) && hex(span) && hex(flags)
            && trace.bytes().any(|b| b != b'0') && span.bytes().any(|b| b != b'0'))
}

/// The file and lines that an unreadable message names, if its headers can be read.
pub fn file_of(message: &RawRecord<'_>) -> Option<FileRef> {
    let headers = Headers::of(message).ok()?;
    let declared = headers.file_rows.and_then(|text| text.parse().ok());
    let rows = declared.or_else(|| rows_in(message.value?)).unwrap_or(1);
    headers.file(rows).ok().flatten()
}

/// The number of rows of a wages event without the header, counted in its value if that is valid JSON.
fn rows_in(value: &[u8]) -> Option<usize> {
    #[derive(serde::Deserialize)]
    struct Rows {
        rows: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Rows>(value).ok().map(|value| value.rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Topic;

    fn rows_of(headers: &[(&'static str, &'static [u8])], value: &'static [u8]) -> Option<u32> {
        let mut all: Vec<(&str, &[u8])> =
            vec![("ce_id", b"1"), ("ce_type", b"insured.wages.posted"), (FILE_LINE, b"7")];
        all.push((FILE_ID, b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        all.extend(headers);
        let (partition, offset, value) = (0, 0, Some(value));
        let topic = Topic::InsuredRecords;
        file_of(&RawRecord { topic, partition, offset, key: None, headers: all, value }).map(|file| file.rows)
    }

    #[test]
    fn an_unreadable_event_of_a_file_counts_its_rows() {
        assert_eq!(rows_of(&[(FILE_ROWS, b"3")], b"{"), Some(3));
        assert_eq!(rows_of(&[], br#"{"national_code":"1","rows":[{"days":-1},7]}"#), Some(2));
        assert_eq!(rows_of(&[], br#"{"rows":7}"#), Some(1));
        assert_eq!(rows_of(&[], b"no json"), Some(1));
    }

    #[test]
    fn a_header_without_a_readable_name_makes_the_event_unreadable() {
        assert_eq!(rows_of(&[(UNREADABLE_NAME, b"x")], b"{}"), None);
        let headers = vec![(UNREADABLE_NAME, b"x".as_slice())];
        let topic = Topic::InsuredRecords;
        let message = RawRecord { topic, partition: 0, offset: 0, key: None, headers, value: None };
        assert_eq!(Headers::of(&message).err().map(|fault| fault.code), Some(code::HEADERS_UNREADABLE));
    }
}
