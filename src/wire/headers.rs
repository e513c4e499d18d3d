//! The headers of an input event.

use super::dead_letters_v1::REPLAY_OF;
use super::envelope::{FileRef, Message, Place};
use super::event_type::EventType;
use super::fault::{Fault, code};
use super::form::is_sha256_hex;

/// The extension headers of an event that comes from a file.
pub(crate) const FILE_ID: &str = "ce_fileid";
pub(crate) const FILE_LINE: &str = "ce_fileline";
pub(crate) const FILE_ROWS: &str = "ce_filerows";

/// The longest `ce_id` that is taken: it is kept, and must fit an index.
const MAX_ID: usize = 200;

pub(crate) struct Headers<'a> {
    pub kind: EventType,
    pub id: &'a str,
    pub traceparent: Option<&'a str>,
    pub replay_of: Option<Place>,
    file_id: Option<&'a str>,
    file_line: Option<&'a str>,
    file_rows: Option<&'a str>,
}

impl<'a> Headers<'a> {
    pub fn of(message: &Message<'a>) -> Result<Self, Fault> {
        // The first of several headers of one name counts; one that is no UTF-8 counts as missing.
        let find = |wanted: &str| {
            let found = message.headers.iter().find(|(name, _)| *name == wanted)?;
            std::str::from_utf8(found.1).ok()
        };
        let kind = find("ce_type").ok_or_else(|| Fault::new(code::NO_TYPE, "ce_type is missing"))?;
        let kind = EventType::from_name(kind)
            .filter(|kind| kind.topic() == message.topic)
            .ok_or_else(|| Fault::new(code::UNKNOWN_TYPE, "ce_type is none of this topic's"))?;
        if find("ce_specversion").is_some_and(|version| version != "1.0") {
            return Err(Fault::new(code::UNKNOWN_SPECVERSION, "ce_specversion is not 1.0"));
        }
        let id = find("ce_id")
            .filter(|id| !id.is_empty() && id.len() <= MAX_ID && !id.chars().any(char::is_control))
            .ok_or_else(|| Fault::new(code::NO_ID, "ce_id is missing or no plain text"))?;
        Ok(Self {
            kind,
            id,
            // A trace that is not well formed is no reason to lose the event.
            traceparent: find("traceparent").filter(|trace| is_traceparent(trace)),
            replay_of: find(REPLAY_OF).and_then(|place| place.parse().ok()),
            file_id: find(FILE_ID),
            file_line: find(FILE_LINE),
            file_rows: find(FILE_ROWS),
        })
    }

    /// Where in a file an event of `rows` rows comes from; the events about files themselves come from none.
    pub fn file(&self, rows: usize) -> Result<Option<FileRef>, Fault> {
        if matches!(self.kind, EventType::FileOpened | EventType::FileClosed) {
            return Ok(None);
        }
        let fault = |detail| Err(Fault::new(code::FILE_HEADERS, detail));
        let (file_id, line) = match (self.file_id, self.file_line) {
            (None, None) => return Ok(None),
            (Some(file_id), Some(line)) => (file_id, line),
            _ => return fault("ce_fileid and ce_fileline come together"),
        };
        if !is_sha256_hex(file_id) {
            return fault("ce_fileid is no SHA-256 in lower-case hex");
        }
        let Some(line) = line.parse().ok().filter(|line| (1..=MAX_LINE).contains(line)) else {
            return fault("ce_fileline is no line number");
        };
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        if self.file_rows.is_some_and(|text| text.parse() != Ok(rows)) {
            return fault("ce_filerows is not the number of rows");
        }
        Ok(Some(FileRef { file_id: file_id.to_owned(), line, rows }))
    }
}

/// Lines fit the database's bigint.
const MAX_LINE: u64 = i64::MAX.cast_unsigned();

/// W3C trace context, version 00.
fn is_traceparent(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), ["00", trace, span, flags]
        if trace.len() == 32 && span.len() == 16 && flags.len() == 2 && hex(trace) && hex(span) && hex(flags)
            && trace.bytes().any(|b| b != b'0') && span.bytes().any(|b| b != b'0'))
}

/// The place in a file that an unreadable message names, as far as its headers can be read.
pub fn file_of(message: &Message<'_>) -> Option<FileRef> {
    let headers = Headers::of(message).ok()?;
    let rows = headers.file_rows.and_then(|text| text.parse().ok()).unwrap_or(1);
    headers.file(rows).ok().flatten()
}
