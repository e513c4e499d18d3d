//! A Kafka record read as an event, or the fault for which it is a dead letter.

use std::str::FromStr;

use serde::de::DeserializeOwned;

use super::event_type::EventType;
use super::fault::{Fault, code};
use super::finance_payment_outcomes_v1::DocumentOutcome;
use super::form::is_sha256_hex;
use super::insured_records_v1::{EarlierPaymentRecorded, EmploymentChanged, PersonChanged, WagesPosted};
use super::notifications_delivery_reports_v1::DeliveryReported;
use super::portal_self_registrations_v1::SelfRegistrationSubmitted;
use super::registry_files_v1::{FileClosed, FileOpened};
use super::registry_marriages_v1::MarriageRecorded;
use super::{Topic, dead_letters_v1};
use crate::claim::words::{DeliveryStatus, PaymentOutcome};

/// A record as it lay in its topic.
#[derive(Clone)]
pub struct Message<'a> {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub value: Option<&'a [u8]>,
}

/// A place in a topic, by the topic's name on the broker; written `topic/partition/offset`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

/// The rows of a published file that an event carries: `rows` rows, the first of them on line `line` (the header is line 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRef {
    pub file_id: String,
    pub line: u64,
    pub rows: u32,
}

/// A message that could be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub id: String,
    pub kind: EventType,
    pub input: Input,
    pub file: Option<FileRef>,
    pub traceparent: Option<String>,
    /// The place where a replayed dead letter first lay.
    pub replay_of: Option<Place>,
}

/// The data of an input event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    Marriage(Box<MarriageRecorded>),
    FileOpened(FileOpened),
    FileClosed(FileClosed),
    SelfRegistration(SelfRegistrationSubmitted),
    Person(Box<PersonChanged>),
    Employment(EmploymentChanged),
    Wages(WagesPosted),
    EarlierPayment(EarlierPaymentRecorded),
    Outcome(PaymentOutcome, DocumentOutcome),
    Delivery(DeliveryStatus, DeliveryReported),
}

/// Reads a record: headers, data, the rules that span fields, and that the key is the key field's text.
pub fn read(message: &Message<'_>) -> Result<Event, Fault> {
    let headers = Headers::of(message)?;
    let json = message.value.ok_or_else(|| Fault::new(code::NO_VALUE, "the record has no value"))?;
    let input = read_data(headers.kind, json)?;
    let key = input.key();
    if message.key != Some(key.as_bytes()) {
        return Err(Fault::new(code::KEY_MISMATCH, format!("the key is not the {}", message.topic.key_field())));
    }
    let file = headers.file(&input)?;
    Ok(Event {
        id: headers.id.to_owned(),
        kind: headers.kind,
        input,
        file,
        traceparent: headers.traceparent.map(str::to_owned),
        replay_of: headers.replay_of,
    })
}
