//! The view of a claim: the outcome, its reasons, the calculation, and the payment.

use serde::Serialize;
use uuid::Uuid;

use crate::texts::ReasonText;
use crate::views::cases::CaseView;
use crate::views::format::TehranTime;

/// The claim of one person for one marriage.
#[derive(Clone, Serialize)]
pub struct ClaimView {
    pub headline: String,
    pub claim_id: Uuid,
    pub deed_date: String,
    pub spouse_national_code: Option<String>,
    pub record_id: Option<String>,
    pub request_id: Option<String>,
    /// No input contains this marriage any more.
    pub withdrawn: bool,
    pub outcome: &'static str,
    pub amount_rial: Option<u64>,
    /// Every reason of the decision in force, recomputed from its stored facts.
    pub reasons: Vec<ReasonText>,
    /// The calculation of the decision in force; none if nothing was computed.
    pub working: Option<WorkingView>,
    /// Whether the recomputed decision equals the stored one byte for byte.
    pub recomputed_equal: bool,
    /// Facts changed after the decision in force without changing its answer.
    pub facts_changed_since: bool,
    /// What a close on the business date would do.
    pub next_close: NextCloseView,
    /// In ascending order of revision.
    pub decisions: Vec<DecisionView>,
    /// In ascending order of attempt.
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

/// The effect of a close on the business date.
#[derive(Clone, Default, Serialize)]
pub struct NextCloseView {
    /// Set if the answer would change.
    pub answer: Option<AnswerView>,
    /// The attempt of the document that the close would issue.
    pub issues_attempt: Option<i32>,
}

#[derive(Clone, Serialize)]
pub struct AnswerView {
    pub outcome: &'static str,
    pub amount_rial: Option<u64>,
    pub reasons: Vec<&'static str>,
}

/// The computation of the amount, in the steps of a manual calculation.
#[derive(Clone, Serialize)]
pub struct WorkingView {
    pub days: u32,
    pub required_days: u32,
    pub window_from: String,
    pub window_to: String,
    pub months: Vec<MonthView>,
    pub wage_sum_rial: Option<u64>,
    /// The divisor of the sum: the number of months of the average.
    pub divisor: Option<u8>,
    /// The truncated quotient of sum and divisor.
    pub average_rial: Option<u64>,
    pub floor_rial: Option<u64>,
    /// Days of the minimum daily wage in the floor.
    pub floor_days: Option<u32>,
    /// The greater of average and floor; none if it cannot be computed.
    pub amount_rial: Option<u64>,
}

#[derive(Clone, Serialize)]
pub struct MonthView {
    pub month: String,
    pub days: u32,
    pub counted_days: u32,
    pub wage_rial: u64,
    /// None for months that are not averaged.
    pub ceiling_rial: Option<u64>,
    pub counted_wage_rial: u64,
}

/// A published revision.
#[derive(Clone, Serialize)]
pub struct DecisionView {
    /// The id for `peyvand recompute`.
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
    /// A later attempt replaces this document.
    pub superseded: bool,
    /// Finance's answers in order; the last one is in force.
    pub answers: Vec<FinanceAnswerView>,
}

#[derive(Clone, Serialize)]
pub struct FinanceAnswerView {
    pub outcome: &'static str,
    /// Why it was returned.
    pub code: Option<String>,
    pub at: TehranTime,
}

/// An SMS, without its text and with a masked number.
#[derive(Clone, Serialize)]
pub struct MessageView {
    pub sms_id: String,
    pub kind: String,
    pub document_id: String,
    /// The mobile number with masked middle digits.
    pub mobile: String,
    pub segments: i32,
    pub written_at: TehranTime,
    /// None until the broker has the payment document.
    pub requested_at: Option<TehranTime>,
    /// The gateway's status.
    pub status: Option<String>,
    pub status_at: Option<TehranTime>,
}
