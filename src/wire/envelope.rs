//! Reads a Kafka record as an event. A record that cannot be read has a [`Fault`] and becomes a dead letter.

use std::borrow::Cow;

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
    let json = headers.data.ok_or_else(Fault::no_value)?;
    let input = Input::read(headers.kind, json).map_err(|fault| fault.explained(json))?;
    input.check_plausibility(headers.time).map_err(|fault| fault.explained(json))?;
    check_key(message, &input)?;
    let rows = input.rows();
    Ok(Event {
        file: headers.file(rows)?,
        id: headers.id.into_owned(),
        kind: headers.kind,
        input,
        traceparent: headers.traceparent.map(Cow::into_owned),
    })
}

fn check_key(message: &RawRecord<'_>, input: &Input) -> Result<(), Fault> {
    let wanted = match message.key {
        None => "its text as the key; the record has no key",
        Some(key) if key != input.key().as_bytes() => "exactly its text, byte by byte",
        Some(key) if input.has_lower_case_key() && key.iter().any(u8::is_ascii_uppercase) => {
            "it in lower case"
        }
        Some(_) => return Ok(()),
    };
    let field = message.topic.key_field();
    Err(Fault::new(code::KEY_MISMATCH, format!("the key is not the {field}, wanted {wanted}")))
}
