//! `portal.objections.v1`: an insured person objects to a decision.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use uuid::Uuid;

use super::event_type::EventType;
use super::fault::Fault;
use super::form::{Count, MediaType, Object, Sha256, Strict, Text, reason};
use crate::claim::codes::PictureKind;
use crate::claim::objection::{Disputed, Submission};
use crate::ident::NationalCode;

/// Maximum number of pictures in one event.
pub const MAX_PICTURES: usize = 10;

/// `portal.objection.submitted`. Text and pictures are in the store of the portal, never on a topic.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectionSubmitted {
    #[serde_as(as = "Strict")]
    pub objection_id: Uuid,
    #[serde_as(as = "Strict")]
    pub submitted_at: Timestamp,
    #[serde_as(as = "Strict")]
    pub applicant_national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub claim_id: Uuid,
    #[serde_as(as = "Strict")]
    pub disputed: Disputed,
    #[serde_as(as = "Strict")]
    pub text_sha256: Sha256,
    #[serde_as(as = "Vec<Object>")]
    pub pictures: Vec<Picture>,
}

/// `portal.objection.pictures-added`.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PicturesAdded {
    #[serde_as(as = "Strict")]
    pub objection_id: Uuid,
    #[serde_as(as = "Strict")]
    pub added_at: Timestamp,
    #[serde_as(as = "Strict")]
    pub applicant_national_code: NationalCode,
    #[serde_as(as = "Vec<Object>")]
    pub pictures: Vec<Picture>,
}

/// `portal.objection.withdrawn`: final, whatever else arrives.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectionWithdrawn {
    #[serde_as(as = "Strict")]
    pub objection_id: Uuid,
    #[serde_as(as = "Strict")]
    pub withdrawn_at: Timestamp,
    #[serde_as(as = "Strict")]
    pub applicant_national_code: NationalCode,
}

/// A picture, as the store has it.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Picture {
    #[serde_as(as = "Strict")]
    pub picture_id: Uuid,
    #[serde_as(as = "Strict")]
    pub kind: PictureKind,
    #[serde_as(as = "Strict")]
    pub sha256: Sha256,
    #[serde_as(as = "Text<MediaType>")]
    pub media_type: String,
    #[serde_as(as = "Count")]
    pub bytes: u32,
    #[serde_as(as = "Count")]
    pub width: u32,
    #[serde_as(as = "Count")]
    pub height: u32,
}

/// An event of this topic.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum ObjectionEvent {
    Submitted(ObjectionSubmitted),
    PicturesAdded(PicturesAdded),
    Withdrawn(ObjectionWithdrawn),
}

impl ObjectionSubmitted {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        check_pictures(&self.pictures)
    }

    pub fn submission(&self) -> Submission {
        Submission {
            submitted_at: self.submitted_at.as_microsecond(),
            claim_id: self.claim_id,
            disputed: self.disputed,
        }
    }
}

impl PicturesAdded {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        if self.pictures.is_empty() {
            return Err(Fault::field("pictures", reason::WRONG_LENGTH));
        }
        check_pictures(&self.pictures)
    }
}

fn check_pictures(pictures: &[Picture]) -> Result<(), Fault> {
    if pictures.len() > MAX_PICTURES {
        return Err(Fault::field("pictures", reason::WRONG_LENGTH));
    }
    let is_empty = |picture: &Picture| picture.bytes == 0 || picture.width == 0 || picture.height == 0;
    if pictures.iter().any(is_empty) {
        return Err(Fault::field("pictures", reason::WRONG_FORM));
    }
    Ok(())
}

impl ObjectionEvent {
    pub fn national_code(&self) -> NationalCode {
        match self {
            Self::Submitted(data) => data.applicant_national_code,
            Self::PicturesAdded(data) => data.applicant_national_code,
            Self::Withdrawn(data) => data.applicant_national_code,
        }
    }

    /// The instant of the event, with the name of its field.
    pub fn instant(&self) -> (&'static str, Timestamp) {
        match self {
            Self::Submitted(data) => ("submitted_at", data.submitted_at),
            Self::PicturesAdded(data) => ("added_at", data.added_at),
            Self::Withdrawn(data) => ("withdrawn_at", data.withdrawn_at),
        }
    }
}

/// The event type of an event of this topic.
pub fn event_type(event: &ObjectionEvent) -> EventType {
    match event {
        ObjectionEvent::Submitted(_) => EventType::ObjectionSubmitted,
        ObjectionEvent::PicturesAdded(_) => EventType::ObjectionPicturesAdded,
        ObjectionEvent::Withdrawn(_) => EventType::ObjectionWithdrawn,
    }
}
