//! `finance.payment-documents.v1`: a month's documents, its vouchers, and the event that closes the batch. In rials.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use uuid::Uuid;

use super::form::Strict;
use crate::ident::NationalCode;
use crate::law::SolarMonth;

/// `finance.payment-document.issued`: pay this person this amount.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDocumentIssued<'a> {
    pub document_id: Cow<'a, str>,
    pub claim_id: Uuid,
    pub decision_id: Uuid,
    /// 1, and one more after each return.
    pub attempt: u32,
    pub batch_id: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    pub full_name: Cow<'a, str>,
    pub sheba: Cow<'a, str>,
    pub amount_rial: u64,
    /// The branch that last received the person's premium.
    pub cost_centre: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub issued_at: Timestamp,
}

/// Name and account stay out of every log.
impl std::fmt::Debug for PaymentDocumentIssued<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaymentDocumentIssued")
            .field("document_id", &self.document_id)
            .finish_non_exhaustive()
    }
}

/// `finance.voucher.issued`: one per batch and cost centre, balanced.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VoucherIssued<'a> {
    pub voucher_id: Cow<'a, str>,
    pub batch_id: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    pub cost_centre: Cow<'a, str>,
    /// How many documents it covers.
    pub documents: u64,
    pub lines: Vec<VoucherLine<'a>>,
}

/// One side of a booking; the other amount is zero.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VoucherLine<'a> {
    pub account: Cow<'a, str>,
    pub debit_rial: u64,
    pub credit_rial: u64,
}

/// `finance.batch.closed`: the last event of its batch; also of a month without documents.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BatchClosed<'a> {
    pub batch_id: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    pub documents: u64,
    pub total_rial: u64,
    /// SHA-256, lower-case hex, over `document_id,amount_rial` and a newline for each document, ids in byte order.
    pub digest: Cow<'a, str>,
}
