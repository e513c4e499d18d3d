//! `finance.payment-documents.v1`: the documents and vouchers of a month, and the event that closes the batch. Amounts
//! are in rials.

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
    /// Starts at 1 and increases by one after each return.
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

/// Shows only the document id, so that no log contains a name or an account.
impl std::fmt::Debug for PaymentDocumentIssued<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaymentDocumentIssued")
            .field("document_id", &self.document_id)
            .finish_non_exhaustive()
    }
}

/// `finance.voucher.issued`: one balanced voucher for each batch and cost centre.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VoucherIssued<'a> {
    pub voucher_id: Cow<'a, str>,
    pub batch_id: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    pub cost_centre: Cow<'a, str>,
    /// Number of documents that the voucher covers.
    pub documents: u64,
    pub lines: Vec<VoucherLine<'a>>,
}

/// One line of a voucher. Either the debit or the credit is zero.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VoucherLine<'a> {
    pub account: Cow<'a, str>,
    pub debit_rial: u64,
    pub credit_rial: u64,
}

/// `finance.batch.closed`: the last event of a batch. A month without documents has one too.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BatchClosed<'a> {
    pub batch_id: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    pub documents: u64,
    pub total_rial: u64,
    /// SHA-256 in lower-case hex over one line `document_id,amount_rial\n` for each document, with ids in byte order.
    pub digest: Cow<'a, str>,
}
