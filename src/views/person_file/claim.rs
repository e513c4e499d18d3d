//! A claim as `explain` shows it: the answer, its grounds, the sum by hand, and what became of it.

use serde::Serialize;
use uuid::Uuid;

use crate::claim::ReasonText;
use crate::views::format::TehranTime;

/// One person and one marriage.
#[derive(Clone, Serialize)]
pub struct ClaimView {
    pub headline: String,
    pub claim_id: Uuid,
    pub deed_date: String,
    pub spouse_national_code: Option<String>,
    pub record_id: Option<String>,
    pub request_id: Option<String>,
    /// No input holds this marriage any more.
    pub withdrawn: bool,
    pub outcome: &'static str,
    pub amount_rial: Option<u64>,
    /// Every ground of the standing decision, recomputed from its stored facts.
    pub reasons: Vec<ReasonText>,
    /// The sum of the standing decision; none where nothing was computed.
    pub working: Option<WorkingView>,
    /// Whether the recomputed decision equals the stored one byte for byte.
    pub recomputed_equal: bool,
    /// Facts changed since the standing decision, and left the answer as it is.
    pub facts_changed_since: bool,
    /// What the next close would say or do if it came on the business date.
    pub next_close: NextCloseView,
    /// Ascending by revision.
    pub decisions: Vec<DecisionView>,
    /// Ascending by attempt.
    pub documents: Vec<DocumentView>,
    pub cases: Vec<CaseView>,
    pub messages: Vec<MessageView>,
}

impl ClaimView {
    /// The document in force, if one was issued.
    pub fn document(&self) -> Option<&DocumentView> {
        self.documents.last()
    }
}

/// What a close on the business date would make of the claim.
#[derive(Clone, Default, Serialize)]
pub struct NextCloseView {
    /// Set where the answer would be another.
    pub answer: Option<AnswerView>,
    /// The attempt of the document that it would issue.
    pub issues_attempt: Option<i32>,
}

#[derive(Clone, Serialize)]
pub struct AnswerView {
    pub outcome: &'static str,
    pub amount_rial: Option<u64>,
    pub reasons: Vec<&'static str>,
}

/// The sum as one would write it by hand.
#[derive(Clone, Serialize)]
pub struct WorkingView {
    pub days: u32,
    pub required_days: u32,
    pub window_from: String,
    pub window_to: String,
    pub months: Vec<MonthView>,
    pub wage_sum_rial: Option<u64>,
    /// Months of the average: what the sum is divided by.
    pub divisor: Option<u8>,
    /// The sum divided, truncated.
    pub average_rial: Option<u64>,
    pub floor_rial: Option<u64>,
    /// Days of the minimum daily wage in the floor.
    pub floor_days: Option<u32>,
    /// The greater of average and floor; none where it cannot be known.
    pub amount_rial: Option<u64>,
}

#[derive(Clone, Serialize)]
pub struct MonthView {
    pub month: String,
    pub days: u32,
    pub counted_days: u32,
    pub wage_rial: u64,
    /// None outside the months that are averaged.
    pub ceiling_rial: Option<u64>,
    pub counted_wage_rial: u64,
}

/// A published revision.
#[derive(Clone, Serialize)]
pub struct DecisionView {
    /// For `peyvand recompute`.
    pub decision_id: Uuid,
    pub revision: i32,
    pub outcome: String,
    pub amount_rial: Option<u64>,
    pub reasons: Vec<String>,
    pub days: Option<i32>,
    pub wage_sum_rial: Option<u64>,
    pub rules_version: String,
    pub tables_version: String,
    pub business_date: String,
    pub decided_at: TehranTime,
}

#[derive(Clone, Serialize)]
pub struct DocumentView {
    pub document_id: String,
    pub decision_id: Uuid,
    pub attempt: i32,
    pub month: String,
    pub amount_rial: u64,
    pub sheba: String,
    pub cost_centre: String,
    pub issued_at: TehranTime,
    /// A further attempt took its place.
    pub superseded: bool,
    /// Finance's words in the order in which they speak; the last one stands.
    pub answers: Vec<FinanceAnswerView>,
}

#[derive(Clone, Serialize)]
pub struct FinanceAnswerView {
    pub outcome: &'static str,
    /// Why it was returned.
    pub code: Option<String>,
    pub at: TehranTime,
}

#[derive(Clone, Serialize)]
pub struct CaseView {
    pub case_id: Uuid,
    pub document_id: String,
    pub kind: String,
    pub grounds: Vec<String>,
    pub new_amount_rial: Option<u64>,
    pub opened_at: TehranTime,
    pub closed_at: Option<TehranTime>,
}

/// An SMS; its text and the whole number stay where they are.
#[derive(Clone, Serialize)]
pub struct MessageView {
    pub sms_id: String,
    pub kind: String,
    pub document_id: String,
    /// Masked in the middle.
    pub mobile: String,
    pub segments: i32,
    pub written_at: TehranTime,
    /// None while the broker does not have its document.
    pub requested_at: Option<TehranTime>,
    /// The gateway's word.
    pub status: Option<String>,
    pub status_at: Option<TehranTime>,
}
