//! The identities of answers and delivery reports within a record batch.

use jiff::Timestamp;

use crate::claim::codes::DeliveryStatus;
use crate::store::payments::FinanceAnswer;

/// The identity of an answer: document, instant and outcome code.
pub type AnswerKey = (String, Timestamp, &'static str);

pub fn answer_key(answer: &FinanceAnswer) -> AnswerKey {
    (answer.document_id.clone(), answer.answered_at, answer.outcome.as_str())
}

pub type ReportKey = (String, Timestamp, DeliveryStatus);
