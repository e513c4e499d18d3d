//! The identities of answers within a record batch.

use jiff::Timestamp;

use crate::store::payments::FinanceAnswer;

/// The identity of an answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AnswerKey {
    pub document_id: String,
    pub answered_at: Timestamp,
    /// The outcome as its code, which gives the order.
    pub outcome: &'static str,
}

pub fn answer_key(answer: &FinanceAnswer) -> AnswerKey {
    AnswerKey {
        document_id: answer.document_id.clone(),
        answered_at: answer.answered_at,
        outcome: answer.outcome.as_str(),
    }
}
