//! Objections, as the program of their person sees them.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words;
use crate::app::portal::objections::{Draft, MyObjection, ObjectionState};
use crate::store::portal_pictures::PictureRow;

/// The bytes of a picture.
#[derive(ToSchema)]
#[schema(as = PictureBytes, value_type = String, format = Binary)]
pub struct PictureBytes(#[allow(dead_code)] Vec<u8>);

/// A picture without its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Picture, example = json!({
    "picture_id": "3f0e8a91-6c2d-8b47-9d15-a0b1c2d3e4f5",
    "kind": "deed",
    "sha256": "0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef",
    "media_type": "image/jpeg",
    "bytes": 184_320,
    "width": 1600,
    "height": 1200,
    "stored_at": "2025-11-11T09:25:00Z",
    "sent": false
}))]
pub struct PictureView {
    pub picture_id: Uuid,
    /// What it shows.
    #[schema(schema_with = words::picture_kind)]
    pub kind: &'static str,
    /// Of the stored bytes. They are not the received ones: hidden data of the file is dropped.
    #[schema(schema_with = words::sha256)]
    pub sha256: String,
    pub media_type: String,
    pub bytes: u32,
    pub width: u32,
    pub height: u32,
    #[schema(value_type = String, format = DateTime)]
    pub stored_at: Timestamp,
    /// Whether it was sent with the objection.
    pub sent: bool,
}

impl PictureView {
    pub fn new(row: &PictureRow) -> Self {
        Self {
            picture_id: row.picture_id,
            kind: row.kind.as_str(),
            sha256: hex::encode(row.sha256),
            media_type: row.media_type.clone(),
            bytes: row.bytes,
            width: row.width,
            height: row.height,
            stored_at: row.stored_at,
            sent: row.sent,
        }
    }
}

fn pictures(rows: &[PictureRow]) -> Vec<PictureView> {
    rows.iter().map(PictureView::new).collect()
}

/// What the person has written so far about a claim. Nobody else reads it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ObjectionDraft, example = json!({
    "objection_id": "5b2d7f90-1c3e-4a56-8b7d-9e0f1a2b3c4d",
    "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
    "disputed": "IDENTITY_MISMATCH",
    "text": "تاریخ تولد من در شناسنامه درست است.",
    "changed_at": "2025-11-11T09:20:00Z",
    "pictures": []
}))]
pub struct DraftView {
    /// Sending names it.
    pub objection_id: Uuid,
    pub claim_id: Uuid,
    /// A reason code, or `amount`. Left out until it is chosen.
    #[schema(schema_with = words::disputed, required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disputed: Option<&'static str>,
    pub text: String,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// The oldest first.
    pub pictures: Vec<PictureView>,
}

impl DraftView {
    pub fn new(draft: &Draft) -> Self {
        Self {
            objection_id: draft.row.objection_id,
            claim_id: draft.row.claim_id,
            disputed: draft.row.disputed.map(|disputed| disputed.as_str()),
            text: draft.row.body.clone(),
            changed_at: draft.row.changed_at,
            pictures: pictures(&draft.pictures),
        }
    }
}

/// An officer's answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ObjectionAnswer)]
pub struct AnswerView {
    pub accepted: bool,
    /// In the officer's words.
    pub reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// An objection that was sent: the receipt, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = MyObjection, example = json!({
    "objection_no": "381204419702",
    "objection_id": "5b2d7f90-1c3e-4a56-8b7d-9e0f1a2b3c4d",
    "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
    "disputed": "IDENTITY_MISMATCH",
    "text": "تاریخ تولد من در شناسنامه درست است.",
    "submitted_at": "2025-11-11T09:30:00Z",
    "delivered": true,
    "state": "open",
    "pictures": []
}))]
pub struct MyObjectionView {
    #[schema(schema_with = words::tracking)]
    pub objection_no: String,
    pub objection_id: Uuid,
    pub claim_id: Uuid,
    /// A reason code, or `amount`.
    #[schema(schema_with = words::disputed)]
    pub disputed: &'static str,
    pub text: String,
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Timestamp,
    /// Whether it was handed over to be answered.
    pub delivered: bool,
    #[schema(schema_with = words::objection_state)]
    pub state: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerView>,
    /// The oldest first.
    pub pictures: Vec<PictureView>,
}

impl MyObjectionView {
    pub fn new(objection: &MyObjection) -> Self {
        let sent = &objection.sent;
        let (state, withdrawn_at, answer) = match &objection.state {
            ObjectionState::Open => ("open", None, None),
            ObjectionState::Withdrawn { at } => ("withdrawn", *at, None),
            ObjectionState::Answered(answer) => ("answered", None, answer.as_ref()),
        };
        Self {
            objection_no: sent.tracking.clone(),
            objection_id: sent.objection_id,
            claim_id: sent.claim_id,
            disputed: sent.disputed.as_str(),
            text: sent.body.clone(),
            submitted_at: sent.submitted_at,
            delivered: objection.delivered,
            state,
            withdrawn_at,
            answer: answer.map(|answer| AnswerView {
                accepted: answer.accepted,
                reason: answer.reason.clone(),
                at: answer.at,
            }),
            pictures: pictures(&objection.pictures),
        }
    }
}

/// The objections of the person, the latest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = MyObjections, example = json!({"items": []}))]
pub struct MyObjectionsView {
    pub items: Vec<MyObjectionView>,
    /// The cursor of the next page. Left out on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
