//! A Kafka record read as an event, or the fault for which it is a dead letter.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_with::DeserializeAs;

use super::event_type::EventType;
use super::fault::{Fault, code};
use super::finance_payment_outcomes_v1::DocumentOutcome;
use super::form::Object;
use super::headers::Headers;
use super::insured_records_v1::{EarlierPaymentRecorded, EmploymentChanged, PersonChanged, WagesPosted};
use super::notifications_delivery_reports_v1::DeliveryReported;
use super::portal_self_registrations_v1::SelfRegistrationSubmitted;
use super::registry_files_v1::{FileClosed, FileOpened};
use super::registry_marriages_v1::MarriageRecorded;
use super::Topic;
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
    let input = Input::read(headers.kind, json)?;
    if message.key != Some(input.key().as_bytes()) {
        return Err(Fault::new(code::KEY_MISMATCH, format!("the key is not the {}", message.topic.key_field())));
    }
    let rows = input.rows();
    Ok(Event {
        id: headers.id.to_owned(),
        kind: headers.kind,
        input,
        file: headers.file(rows)?,
        traceparent: headers.traceparent.map(str::to_owned),
        replay_of: headers.replay_of,
    })
}

impl Input {
    /// Reads the data of an event of this type, with the rules that span fields.
    pub fn read(kind: EventType, json: &[u8]) -> Result<Self, Fault> {
        use EventType as E;
        Ok(match kind {
            E::MarriageRecorded => {
                let data: MarriageRecorded = parse(json)?;
                data.check()?;
                Self::Marriage(Box::new(data))
            }
            E::FileOpened => Self::FileOpened(parse(json)?),
            E::FileClosed => Self::FileClosed(checked(parse(json)?, FileClosed::check)?),
            E::SelfRegistrationSubmitted => {
                Self::SelfRegistration(checked(parse(json)?, SelfRegistrationSubmitted::check)?)
            }
            E::PersonChanged => Self::Person(Box::new(parse(json)?)),
            E::EmploymentChanged => Self::Employment(checked(parse(json)?, EmploymentChanged::check)?),
            E::WagesPosted => Self::Wages(checked(parse(json)?, WagesPosted::check)?),
            E::EarlierPaymentRecorded => Self::EarlierPayment(parse(json)?),
            E::DocumentAccepted => outcome(json, PaymentOutcome::Accepted)?,
            E::DocumentPaid => outcome(json, PaymentOutcome::Paid)?,
            E::DocumentReturned => outcome(json, PaymentOutcome::Returned)?,
            E::SmsDelivered => delivery(json, DeliveryStatus::Delivered)?,
            E::SmsFailed => delivery(json, DeliveryStatus::Failed)?,
            E::DecisionMade
            | E::CaseOpened
            | E::PaymentDocumentIssued
            | E::VoucherIssued
            | E::BatchClosed
            | E::SmsRequested
            | E::FileReceived
            | E::DeadLetter => return Err(Fault::new(code::UNKNOWN_TYPE, "an event of this type is no input")),
        })
    }

    /// The text that the record's key must be.
    pub fn key(&self) -> Cow<'_, str> {
        match self {
            Self::Marriage(data) => Cow::Borrowed(&data.record_id),
            Self::FileOpened(data) => Cow::Borrowed(&data.file_id),
            Self::FileClosed(data) => Cow::Borrowed(&data.file_id),
            Self::SelfRegistration(data) => Cow::Owned(data.applicant_national_code.to_string()),
            Self::Person(data) => Cow::Owned(data.national_code.to_string()),
            Self::Employment(data) => Cow::Owned(data.national_code.to_string()),
            Self::Wages(data) => Cow::Owned(data.national_code.to_string()),
            Self::EarlierPayment(data) => Cow::Owned(data.national_code.to_string()),
            Self::Outcome(_, data) => Cow::Borrowed(&data.document_id),
            Self::Delivery(_, data) => Cow::Borrowed(&data.sms_id),
        }
    }

    /// How many rows of a file the event holds.
    pub fn rows(&self) -> usize {
        match self {
            Self::Wages(data) => data.rows.len(),
            _ => 1,
        }
    }
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Fault> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let data = Object::deserialize_as(&mut deserializer);
    data.and_then(|data| deserializer.end().map(|()| data)).map_err(|error| Fault::from_json(&error, json))
}

fn checked<T>(data: T, check: impl FnOnce(&T) -> Result<(), Fault>) -> Result<T, Fault> {
    check(&data).map(|()| data)
}

fn outcome(json: &[u8], by_type: PaymentOutcome) -> Result<Input, Fault> {
    let mut data: DocumentOutcome = checked(parse(json)?, |data: &DocumentOutcome| data.check(by_type))?;
    data.outcome = Some(by_type);
    Ok(Input::Outcome(by_type, data))
}

fn delivery(json: &[u8], by_type: DeliveryStatus) -> Result<Input, Fault> {
    let mut data: DeliveryReported = checked(parse(json)?, |data: &DeliveryReported| data.check(by_type))?;
    data.status = Some(by_type);
    Ok(Input::Delivery(by_type, data))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

/// Not a place in a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not topic/partition/offset")]
pub struct NotAPlace;

impl FromStr for Place {
    type Err = NotAPlace;
    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let mut parts = text.rsplitn(3, '/');
        let mut part = || parts.next().ok_or(NotAPlace);
        let offset = part()?.parse().map_err(|_| NotAPlace)?;
        let partition = part()?.parse().map_err(|_| NotAPlace)?;
        Ok(Self { topic: part()?.to_owned(), partition, offset })
    }
}
