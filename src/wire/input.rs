//! The data of the input events.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_with::DeserializeAs;

use super::casework_findings_v1::{self, CaseworkEvent, EndingProposed, FindingProposed, ObjectionClosed};
use super::event_type::EventType;
use super::fault::{Fault, code};
use super::finance_payment_outcomes_v1::{self, DocumentOutcome};
use super::form::{Object, plausibility};
use super::insured_records_v1::{EarlierPaymentRecorded, EmploymentChanged, PersonChanged, WagesPosted};
use super::notifications_delivery_reports_v1::{self, DeliveryReported};
use super::portal_objections_v1::{self, ObjectionEvent, ObjectionSubmitted, PicturesAdded};
use super::portal_self_registrations_v1::SelfRegistrationSubmitted;
use super::registry_files_v1::{FileClosed, FileOpened};
use super::registry_marriages_v1::MarriageRecorded;
use super::tehran;
use crate::claim::codes::{DeliveryStatus, PaymentOutcome};
use crate::claim::review::Ruling;
use crate::ident::NationalCode;
use crate::law::SolarDate;

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
    Objection(ObjectionEvent),
    Casework(Box<CaseworkEvent>),
}

impl Input {
    /// The event type that carries this input.
    pub fn kind(&self) -> EventType {
        match self {
            Self::Marriage(_) => EventType::MarriageRecorded,
            Self::FileOpened(_) => EventType::FileOpened,
            Self::FileClosed(_) => EventType::FileClosed,
            Self::SelfRegistration(_) => EventType::SelfRegistrationSubmitted,
            Self::Person(_) => EventType::PersonChanged,
            Self::Employment(_) => EventType::EmploymentChanged,
            Self::Wages(_) => EventType::WagesPosted,
            Self::EarlierPayment(_) => EventType::EarlierPaymentRecorded,
            Self::Outcome(outcome, _) => finance_payment_outcomes_v1::event_type(*outcome),
            Self::Delivery(status, _) => notifications_delivery_reports_v1::event_type(*status),
            Self::Objection(event) => portal_objections_v1::event_type(event),
            Self::Casework(event) => casework_findings_v1::event_type(event),
        }
    }

    /// The person whose insured records this input changes; none for other inputs.
    pub fn record_of(&self) -> Option<NationalCode> {
        match self {
            Self::Person(data) => Some(data.national_code),
            Self::Employment(data) => Some(data.national_code),
            Self::Wages(data) => Some(data.national_code),
            Self::EarlierPayment(data) => Some(data.national_code),
            _ => None,
        }
    }

    /// Reads the data of an event of this type and checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] if the type is not an input, or if the data break the schema or one of these rules.
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
            E::ObjectionSubmitted | E::ObjectionPicturesAdded | E::ObjectionWithdrawn => {
                Self::Objection(objection(kind, json)?)
            }
            E::FindingProposed
            | E::FindingApproved
            | E::FindingRejected
            | E::EndingProposed
            | E::EndingApproved
            | E::EndingRejected
            | E::ObjectionClosed => Self::Casework(Box::new(casework(kind, json)?)),
            E::DecisionMade
            | E::CaseOpened
            | E::PaymentDocumentIssued
            | E::VoucherIssued
            | E::BatchClosed
            | E::SmsRequested
            | E::FileReceived
            | E::DeadLetter
            | E::ObjectionAnswered
            | E::CaseEnded => return Err(no_input()),
        })
    }

    /// Checks dates and instants against the event's `ce_time`.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first value that cannot be right at that time.
    pub fn check_plausibility(&self, time: Timestamp) -> Result<(), Fault> {
        let (field, at) = match self {
            Self::Marriage(data) => {
                // The calendar ends after every supported ce_time.
                return data.check_plausibility(tehran::solar_date(time).unwrap_or(SolarDate::LAST));
            }
            Self::FileOpened(data) => ("opened_at", data.opened_at),
            Self::FileClosed(data) => ("closed_at", data.closed_at),
            Self::SelfRegistration(data) => ("submitted_at", data.submitted_at),
            Self::Outcome(_, data) => ("at", data.at),
            Self::Delivery(_, data) => ("at", data.at),
            Self::Objection(event) => event.instant(),
            Self::Casework(event) => ("at", event.at()),
            Self::Person(_) | Self::Employment(_) | Self::Wages(_) | Self::EarlierPayment(_) => return Ok(()),
        };
        plausibility::instant(at, time).map_err(|why| Fault::field(field, why))
    }

    /// Whether the key is an id that Peyvand writes in lower case: a document or a message.
    pub fn has_lower_case_key(&self) -> bool {
        matches!(self, Self::Outcome(..) | Self::Delivery(..))
    }

    /// The text that the record's key must equal.
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
            Self::Objection(event) => Cow::Owned(event.national_code().to_string()),
            Self::Casework(event) => Cow::Owned(event.national_code().to_string()),
        }
    }

    /// The number of file rows that the event contains.
    pub fn rows(&self) -> usize {
        match self {
            Self::Wages(data) => data.rows.len(),
            _ => 1,
        }
    }
}

/// Reads one JSON object.
///
/// # Errors
/// Returns a [`Fault`] for the first field that breaks the schema. It contains no value.
pub fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Fault> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let data = Object::deserialize_as(&mut deserializer);
    data.and_then(|data| deserializer.end().map(|()| data)).map_err(|error| Fault::from_json(&error, json))
}

fn checked<T>(data: T, check: impl FnOnce(&T) -> Result<(), Fault>) -> Result<T, Fault> {
    check(&data).map(|()| data)
}

fn no_input() -> Fault {
    Fault::new(code::UNKNOWN_TYPE, "an event of this type is not an input")
}

fn objection(kind: EventType, json: &[u8]) -> Result<ObjectionEvent, Fault> {
    Ok(match kind {
        EventType::ObjectionSubmitted => {
            ObjectionEvent::Submitted(checked(parse(json)?, ObjectionSubmitted::check)?)
        }
        EventType::ObjectionPicturesAdded => {
            ObjectionEvent::PicturesAdded(checked(parse(json)?, PicturesAdded::check)?)
        }
        EventType::ObjectionWithdrawn => ObjectionEvent::Withdrawn(parse(json)?),
        _ => return Err(no_input()),
    })
}

fn casework(kind: EventType, json: &[u8]) -> Result<CaseworkEvent, Fault> {
    Ok(match kind {
        EventType::FindingProposed => {
            CaseworkEvent::FindingProposed(checked(parse(json)?, FindingProposed::check)?)
        }
        EventType::FindingApproved => CaseworkEvent::FindingJudged(Ruling::Approved, parse(json)?),
        EventType::FindingRejected => CaseworkEvent::FindingJudged(Ruling::Rejected, parse(json)?),
        EventType::EndingProposed => {
            CaseworkEvent::EndingProposed(checked(parse(json)?, EndingProposed::check)?)
        }
        EventType::EndingApproved => CaseworkEvent::EndingJudged(Ruling::Approved, parse(json)?),
        EventType::EndingRejected => CaseworkEvent::EndingJudged(Ruling::Rejected, parse(json)?),
        EventType::ObjectionClosed => {
            CaseworkEvent::ObjectionClosed(checked(parse(json)?, ObjectionClosed::check)?)
        }
        _ => return Err(no_input()),
    })
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
