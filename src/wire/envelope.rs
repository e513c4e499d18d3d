//! Reads a Kafka record as an event. A record that cannot be read has a [`Fault`] and becomes a dead letter.

use super::Input;
use super::event_type::EventType;
use super::fault::{Fault, code};
use super::headers::Headers;
use super::raw_record::{FileRef, RawRecord};

/// An event that was read from a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub id: String,
    pub kind: EventType,
    pub input: Input,
    pub file: Option<FileRef>,
    pub traceparent: Option<String>,
}

/// Reads a record and checks its headers, its data, and the rules that span fields.
///
/// # Errors
/// Returns a [`Fault`] if one of these checks fails, or if the record's key is not the text of the key field.
pub fn read(message: &RawRecord<'_>) -> Result<Event, Fault> {
    let headers = Headers::of(message)?;
    let json = message.value.ok_or_else(|| Fault::new(code::NO_VALUE, "the record has no value"))?;
    let input = Input::read(headers.kind, json)?;
    if message.key != Some(input.key().as_bytes()) {
        return Err(Fault::new(
            code::KEY_MISMATCH,
            format!("the key is not the {}", message.topic.key_field()),
        ));
    }
    let rows = input.rows();
    Ok(Event {
        id: headers.id.to_owned(),
        kind: headers.kind,
        input,
        file: headers.file(rows)?,
        traceparent: headers.traceparent.map(str::to_owned),
    })
}
