//! The headers of an input event.

use std::borrow::Cow;

use jiff::Timestamp;

use super::Topic;
use super::attributes::Attributes;
use super::event_type::EventType;
use super::fault::{Fault, code};
use super::form::{CanonicalText, is_lower_hex, is_sha256_hex, plausibility, reason};
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
    pub id: Cow<'a, str>,
    pub time: Timestamp,
    pub traceparent: Option<Cow<'a, str>>,
    /// The data of the event as JSON.
    pub data: Option<&'a [u8]>,
    file_id: Option<Cow<'a, str>>,
    file_line: Option<Cow<'a, str>>,
    file_rows: Option<Cow<'a, str>>,
}

impl<'a> Headers<'a> {
    pub fn of(message: &RawRecord<'a>) -> Result<Self, Fault> {
        if message.headers.iter().any(|(name, _)| *name == UNREADABLE_NAME) {
            return Err(Fault::new(code::HEADERS_UNREADABLE, "the name of a header is not UTF-8 text"));
        }
        let attributes = Attributes::of(message)?;
        let kind = kind_of(&attributes, message.topic)?;
        if let Some(version) = attributes.get("specversion").filter(|version| version != "1.0") {
            let wanted = "1.0";
            return Err(Fault::header(code::UNKNOWN_SPECVERSION, "ce_specversion", Some(&version), wanted));
        }
        let id = attributes.get("id");
        if !id.as_ref().is_some_and(|id| is_id(id)) {
            let wanted = "1 to 200 bytes of text without control characters";
            return Err(Fault::header(code::NO_ID, "ce_id", id.as_deref(), wanted));
        }
        Ok(Self {
            kind,
            id: id.unwrap_or_default(),
            time: time_of(&attributes, message.timestamp_ms)?,
            // An invalid trace is ignored; it does not make the event unreadable.
            traceparent: attributes.traceparent().filter(|trace| is_traceparent(trace)),
            data: attributes.data(),
            file_id: attributes.get("fileid"),
            file_line: attributes.get("fileline"),
            file_rows: attributes.get("filerows"),
        })
    }

    /// The file and the lines that an event of `rows` rows comes from. The events that open and close a file have none.
    pub fn file(&self, rows: usize) -> Result<Option<FileRef>, Fault> {
        if matches!(self.kind, EventType::FileOpened | EventType::FileClosed) {
            return Ok(None);
        }
        let (file_id, line) = match (self.file_id.as_deref(), self.file_line.as_deref()) {
            (None, None) => return Ok(None),
            (Some(file_id), Some(line)) => (file_id, line),
            (Some(_), None) => {
                return Err(file_fault(FILE_LINE, None, "a line number, because ce_fileid is given"));
            }
            (None, Some(_)) => {
                return Err(file_fault(FILE_ID, None, "a SHA-256, because ce_fileline is given"));
            }
        };
        if !is_sha256_hex(file_id) {
            return Err(file_fault(FILE_ID, Some(file_id), "a SHA-256 in lower-case hex"));
        }
        let Some(number) = line.parse().ok().filter(|line| (1..=MAX_LINE).contains(line)) else {
            return Err(file_fault(FILE_LINE, Some(line), "a line number from 1"));
        };
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        if self.file_rows.as_ref().is_some_and(|text| text.parse() != Ok(rows)) {
            let wanted = format!("the number of rows, {rows}");
            return Err(file_fault(FILE_ROWS, self.file_rows.as_deref(), &wanted));
        }
        Ok(Some(FileRef { file_id: file_id.to_owned(), line: number, rows }))
    }
}

fn file_fault(name: &str, value: Option<&str>, wanted: &str) -> Fault {
    Fault::header(code::FILE_HEADERS, name, value, wanted)
}

fn kind_of(attributes: &Attributes<'_, '_>, topic: Topic) -> Result<EventType, Fault> {
    let Some(name) = attributes.get("type") else {
        return Err(Fault::header(code::NO_TYPE, "ce_type", None, "the event's type"));
    };
    EventType::from_name(&name).filter(|kind| kind.topic() == topic).ok_or_else(|| {
        let wanted = format!("an event type of the topic {}", topic.name());
        Fault::header(code::UNKNOWN_TYPE, "ce_type", Some(&name), &wanted)
    })
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_ID && !id.chars().any(char::is_control)
}

/// `ce_time` is the reference of all plausibility checks, so it must be plausible itself: from 2000 on, and at most a day
/// after the record was written.
fn time_of(attributes: &Attributes<'_, '_>, written_ms: Option<i64>) -> Result<Timestamp, Fault> {
    let Some(text) = attributes.get("time") else {
        return Err(Fault::header(
            code::NO_TIME,
            "ce_time",
            None,
            "the event's time, RFC 3339 with an offset",
        ));
    };
    let time = Timestamp::read(&text).map_err(|why| time_fault(&text, why))?;
    if let Some(written) = written_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
        plausibility::instant(time, written).map_err(|why| time_fault(&text, why))?;
    }
    Ok(time)
}

fn time_fault(text: &str, why: &'static str) -> Fault {
    let wanted = match why {
        reason::IMPLAUSIBLE_INSTANT => "an instant from 2000 on, at most a day after the record's timestamp",
        _ => reason::wanted(why),
    };
    Fault::header_text("ce_time", why, text, wanted)
}

/// Line numbers fit into the database's `bigint`.
const MAX_LINE: u64 = i64::MAX.cast_unsigned();

/// W3C trace context, version 00.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), ["00", trace, span, flags]
        if is_lower_hex(trace, 32) && is_lower_hex(span, 16) && is_lower_hex(flags, 2)
            && trace.bytes().any(|b| b != b'0') && span.bytes().any(|b| b != b'0'))
}

/// The file and lines that an unreadable message names, if its headers can be read.
pub fn file_of(message: &RawRecord<'_>) -> Option<FileRef> {
    let headers = Headers::of(message).ok()?;
    let declared = headers.file_rows.as_ref().and_then(|text| text.parse().ok());
    let rows = declared.or_else(|| rows_in(headers.data?)).unwrap_or(1);
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
        all.push(("ce_time", b"2025-10-23T06:30:00Z"));
        all.push((FILE_ID, b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        all.extend(headers);
        let message = RawRecord {
            topic: Topic::InsuredRecords,
            partition: 0,
            offset: 0,
            timestamp_ms: None,
            key: None,
            headers: all,
            value: Some(value),
        };
        file_of(&message).map(|file| file.rows)
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
        let message =
            RawRecord { topic, partition: 0, offset: 0, timestamp_ms: None, key: None, headers, value: None };
        assert_eq!(Headers::of(&message).err().map(|fault| fault.code), Some(code::HEADERS_UNREADABLE));
    }
}
