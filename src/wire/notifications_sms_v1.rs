//! `notifications.sms.v1`: messages for the SMS gateway.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use uuid::Uuid;

use super::form::Strict;
use crate::claim::codes::SmsKind;

/// `notifications.sms.requested`: a request to send this text. `sms_id` is the gateway's idempotency key.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsRequested<'a> {
    pub sms_id: Cow<'a, str>,
    /// In the form 09xxxxxxxxx.
    pub mobile: Cow<'a, str>,
    /// In Persian. Never contains a national code.
    pub text: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub kind: SmsKind,
    /// Number of parts: one part of up to 70 UCS-2 units, or several of up to 67.
    pub segments: u32,
    /// The gateway must not send before this instant, because no SMS is sent from 21:00 to 08:00 in Tehran. None means
    /// immediately.
    #[serde_as(as = "Option<Strict>")]
    pub not_before: Option<Timestamp>,
    pub about: About<'a>,
}

/// The claim and the document of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct About<'a> {
    pub claim_id: Uuid,
    pub document_id: Cow<'a, str>,
}

/// Shows only the id, so that no log contains the number or the text.
impl std::fmt::Debug for SmsRequested<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsRequested").field("sms_id", &self.sms_id).finish_non_exhaustive()
    }
}
