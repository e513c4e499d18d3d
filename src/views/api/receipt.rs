//! The receipt of a submission.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words;
use crate::store::submissions::SubmissionReceipt;

/// What was sent is stored. Its answer follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Receipt, example = json!({
    "submission_no": "381204419702",
    "subject_id": "7b1a3c5e-0f2d-8c4b-9a6e-1d2f3a4b5c6d",
    "submitted_at": "2025-11-11T09:30:00Z",
    "delivered": false
}))]
pub struct ReceiptView {
    #[schema(schema_with = words::tracking)]
    pub submission_no: String,
    /// The id of what was made: of the registration, the finding or the objection.
    pub subject_id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Timestamp,
    /// Whether it was handed over to be decided.
    pub delivered: bool,
}

impl ReceiptView {
    pub fn new(receipt: &SubmissionReceipt) -> Self {
        Self {
            submission_no: receipt.tracking.clone(),
            subject_id: receipt.id,
            submitted_at: receipt.submitted_at,
            delivered: receipt.delivered_at.is_some(),
        }
    }
}
