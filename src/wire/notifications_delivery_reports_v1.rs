//! `notifications.delivery-reports.v1`: what the SMS gateway answers about a message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::event_type::EventType;
use super::fault::Fault;
use super::form::{Strict, reason};
use crate::claim::codes::DeliveryStatus;

/// `notifications.sms.delivered` or `.failed`: the type is the status.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliveryReported {
    #[serde_as(as = "Strict")]
    pub sms_id: String,
    /// Repeats the event's type; filled from it where the data leave it out.
    #[serde_as(as = "Option<Strict>")]
    #[serde(default)]
    pub status: Option<DeliveryStatus>,
    #[serde_as(as = "Strict")]
    pub at: Timestamp,
}

impl DeliveryReported {
    /// The rules that span fields, and the event's type.
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
