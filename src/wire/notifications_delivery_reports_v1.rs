//! `notifications.delivery-reports.v1`: the SMS gateway's reports about messages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::event_type::EventType;
use super::fault::Fault;
use super::form::{OpaqueId, Strict, Text, reason};
use crate::claim::codes::DeliveryStatus;

/// `notifications.sms.delivered` or `.failed`: the event type is the status.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliveryReported {
    #[serde_as(as = "Text<OpaqueId>")]
    pub sms_id: String,
    /// Repeats the event type. If the data omit it, it is set from the event type.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub status: Option<DeliveryStatus>,
    #[serde_as(as = "Strict")]
    pub at: Timestamp,
}

impl DeliveryReported {
    /// Checks the rules that span fields and the event type.
    ///
    /// # Errors
    /// Returns a [`Fault`] if the status contradicts the event type.
    pub fn check(&self, by_type: DeliveryStatus) -> Result<(), Fault> {
        match self.status {
            Some(status) if status != by_type => Err(Fault::field("status", reason::CONTRADICTORY)),
            _ => Ok(()),
        }
    }
}

/// The event type of a status.
pub fn event_type(status: DeliveryStatus) -> EventType {
    match status {
        DeliveryStatus::Delivered => EventType::SmsDelivered,
        DeliveryStatus::Failed => EventType::SmsFailed,
    }
}
