//! The events that publish a file.

use jiff::Timestamp;

use super::FileKind;
use super::piece::{RowChunk, RowCounts};
use crate::wire::headers::{FILE_ID, FILE_LINE, FILE_ROWS};
use crate::wire::outgoing::event_id;
use crate::wire::registry_files_v1::{FileClosed, FileOpened};
use crate::wire::{EventType, Input, Outgoing};

/// The values that all events of one publication share.
#[derive(Clone, Copy, Debug)]
pub struct PublicationEnvelope<'a> {
    /// SHA-256 of the file's bytes, lower-case hex.
    pub file_id: &'a str,
    pub kind: FileKind,
    pub at: Timestamp,
    pub traceparent: Option<&'a str>,
}

impl PublicationEnvelope<'_> {
    fn event(
        &self,
        kind: EventType,
        key: &str,
        identity: &[&str],
        data: &impl serde::Serialize,
    ) -> Result<Outgoing, serde_json::Error> {
        Outgoing::new(kind, key, event_id(kind, identity), self.at, self.traceparent, data)
    }
}

/// `registry.file.opened`, which is sent before any row.
pub fn open_event(envelope: &PublicationEnvelope<'_>) -> Result<Outgoing, serde_json::Error> {
    let data =
        FileOpened { file_id: envelope.file_id.to_owned(), kind: envelope.kind, opened_at: envelope.at };
    envelope.event(
        EventType::FileOpened,
        envelope.file_id,
        &[envelope.file_id, envelope.kind.as_str()],
        &data,
    )
}

/// `registry.file.closed`, which is sent after the broker has acknowledged every row.
pub fn close_event(
    envelope: &PublicationEnvelope<'_>,
    tally: &RowCounts,
) -> Result<Outgoing, serde_json::Error> {
    let data = FileClosed {
        file_id: envelope.file_id.to_owned(),
        kind: envelope.kind,
        declared: tally.declared,
        rejected: tally.rejected.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect(),
        rows: tally.rows,
        digest: envelope.file_id.to_owned(),
        unterminated: tally.unterminated,
        closed_at: envelope.at,
    };
    envelope.event(
        EventType::FileClosed,
        envelope.file_id,
        &[envelope.file_id, envelope.kind.as_str()],
        &data,
    )
}

/// The event of a chunk, with its lines in the file. The event id is derived from the record and its version, from the
/// request, or from the file and the line.
pub fn row_event(
    envelope: &PublicationEnvelope<'_>,
    piece: &RowChunk,
) -> Result<Outgoing, serde_json::Error> {
    let line = piece.line.to_string();
    let by_line = [envelope.file_id, envelope.kind.as_str(), line.as_str()];
    let input = &piece.input;
    let key = input.key();
    let event = match input {
        Input::Marriage(data) => {
            let identity = [data.record_id.as_str(), &data.record_version.to_string()];
            envelope.event(input.kind(), &key, &identity, data)
        }
        Input::SelfRegistration(data) => envelope.event(input.kind(), &key, &[&data.request_id], data),
        Input::Person(data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::Employment(data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::Wages(data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::EarlierPayment(data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::Outcome(_, data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::Delivery(_, data) => envelope.event(input.kind(), &key, &by_line, data),
        // No file carries these: they come from the portal and from officers.
        Input::Objection(data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::Casework(data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::FileOpened(data) => envelope.event(input.kind(), &key, &by_line, data),
        Input::FileClosed(data) => envelope.event(input.kind(), &key, &by_line, data),
    };
    event.map(|mut event| {
        event.extra.push((FILE_ID.to_owned(), envelope.file_id.as_bytes().to_vec()));
        event.extra.push((FILE_LINE.to_owned(), line.into_bytes()));
        if matches!(input, Input::Wages(_)) {
            event.extra.push((FILE_ROWS.to_owned(), piece.rows.to_string().into_bytes()));
        }
        event
    })
}
