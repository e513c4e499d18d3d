//! `notifications.sms.v1`: messages for the SMS gateway.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use uuid::Uuid;

use super::form::Strict;
use crate::claim::codes::SmsKind;

/// `notifications.sms.requested`: send this text; `sms_id` is the gateway's idempotency id.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsRequested<'a> {
    pub sms_id: Cow<'a, str>,
    /// 09xxxxxxxxx.
    pub mobile: Cow<'a, str>,
    /// Persian; never holds a national code.
    pub text: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub kind: SmsKind,
    /// Parts of 67 UCS-2 units, or one of 70.
    pub segments: u32,
    /// Not to be sent before this instant (21:00-08:00 Tehran is quiet); none: at once.
    #[serde_as(as = "Option<Strict>")]
    pub not_before: Option<Timestamp>,
    pub about: About<'a>,
}

/// What a message is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct About<'a> {
    pub claim_id: Uuid,
    pub document_id: Cow<'a, str>,
}

/// Number and text stay out of every log.
impl std::fmt::Debug for SmsRequested<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsRequested").field("sms_id", &self.sms_id).finish_non_exhaustive()
    }
}
