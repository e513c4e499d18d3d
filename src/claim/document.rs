//! Payment documents with the answers of finance.

use super::codes::PaymentOutcome;
use crate::law::{Rial, SolarDate, Tables};

#[derive(Clone)]
pub struct StoredDocument {
    pub document_id: String,
    pub attempt: i32,
    pub amount: Rial,
    pub sheba: String,
    /// The answers of finance: sorted by instant, then by their place in the topic. The last one speaks.
    pub answers: Vec<DocumentAnswer>,
}

/// One answer of finance about a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentAnswer {
    /// In microseconds since 1970.
    pub at: i64,
    /// The Solar day of `at` in Tehran: the tables of the law are read as of this day.
    pub on: SolarDate,
    pub outcome: PaymentOutcome,
    pub code: Option<String>,
}

/// The ISO 20022 codes with which finance returns a duplicate.
pub const DUPLICATES: [&str; 2] = ["AM05", "DUPL"];

/// The ground of a case about a document that finance returned as a duplicate.
pub const RETURNED_AS_DUPLICATE: &str = "RETURNED_AS_DUPLICATE";

impl StoredDocument {
    /// The answer that speaks: the one with the latest instant, then the later one in the topic.
    pub fn answer(&self) -> Option<&DocumentAnswer> {
        self.answers.last()
    }

    pub fn state(&self) -> Option<PaymentOutcome> {
        self.answer().map(|answer| answer.outcome)
    }

    pub fn is_returned(&self) -> bool {
        self.state() == Some(PaymentOutcome::Returned)
    }

    /// Whether the document was returned at this instant, by what finance had said until then.
    pub fn was_returned_at(&self, instant: i64) -> bool {
        let until_then = self.answers.iter().rfind(|answer| answer.at <= instant);
        until_then.is_some_and(|answer| answer.outcome == PaymentOutcome::Returned)
    }

    /// Whether the document was returned for a reason that another account can mend.
    ///
    /// A return with another code stays in the way of further attempts if a later return has a code that an account can
    /// mend: money may have been paid twice, so an officer must review it.
    pub fn may_retry(&self, tables: &Tables) -> bool {
        self.is_returned() && self.unmendable_grounds(tables).is_empty()
    }

    /// The grounds of its returns with codes that no account can mend, sorted. None while another answer speaks.
    pub(super) fn unmendable_grounds(&self, tables: &Tables) -> Vec<String> {
        if !self.is_returned() {
            return Vec::new();
        }
        let mut grounds = Vec::new();
        for answer in self.answers.iter().filter(|answer| answer.outcome == PaymentOutcome::Returned) {
            let code = answer.code.as_deref().unwrap_or_default();
            if DUPLICATES.contains(&code) {
                grounds.push(RETURNED_AS_DUPLICATE.to_owned());
            } else if !tables.account_mends(code, answer.on) {
                grounds.push(format!("RETURNED_{code}"));
            }
        }
        grounds.sort();
        grounds.dedup();
        grounds
    }

    /// Whether a return speaks although finance had said `paid` before it.
    pub(super) fn is_returned_after_paid(&self) -> bool {
        let Some(speaking) = self.answer().filter(|answer| answer.outcome == PaymentOutcome::Returned) else {
            return false;
        };
        self.answers.iter().any(|answer| answer.outcome == PaymentOutcome::Paid && answer.at < speaking.at)
    }
}
