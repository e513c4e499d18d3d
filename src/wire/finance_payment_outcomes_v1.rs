//! `finance.payment-outcomes.v1`: finance's answers about payment documents.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::event_type::EventType;
use super::fault::Fault;
use super::form::{OpaqueId, ReturnCode, Strict, Text, reason};
use crate::claim::codes::PaymentOutcome;

/// `finance.document.accepted`, `.paid` or `.returned`: the event type is the outcome.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DocumentOutcome {
    #[serde_as(as = "Text<OpaqueId>")]
    pub document_id: String,
    /// Repeats the event type. If the data omit it, it is set from the event type.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub outcome: Option<PaymentOutcome>,
    /// Why the document was returned (ISO 20022 external code, e.g. AC04); none for other outcomes.
    #[serde_as(as = "Option<Text<ReturnCode>>")]
    #[serde(default)]
    pub code: Option<String>,
    #[serde_as(as = "Strict")]
    pub at: Timestamp,
}

impl DocumentOutcome {
    /// Checks the rules that span fields and the event type.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self, by_type: PaymentOutcome) -> Result<(), Fault> {
        if self.outcome.is_some_and(|outcome| outcome != by_type) {
            return Err(Fault::field("outcome", reason::CONTRADICTORY));
        }
        if by_type == PaymentOutcome::Returned && self.code.is_none() {
            return Err(Fault::field("code", reason::MISSING));
        }
        Ok(())
    }
}

/// The event type of an outcome.
pub fn event_type(outcome: PaymentOutcome) -> EventType {
    match outcome {
        PaymentOutcome::Accepted => EventType::DocumentAccepted,
        PaymentOutcome::Paid => EventType::DocumentPaid,
        PaymentOutcome::Returned => EventType::DocumentReturned,
    }
}
