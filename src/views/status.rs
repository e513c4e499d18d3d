//! The data of the status page: what is not done yet, and where.

use std::collections::BTreeMap;

use serde::Serialize;

use super::format::{TehranTime, rial};
use super::incomplete_files::IncompleteFileView;
use crate::store::figures::ClosedMonth;

/// The state of the installation. Contains no personal data.
#[derive(Clone, Debug, Serialize)]
pub struct StatusView {
    /// With `--wait`: what was not done in time; otherwise empty.
    pub unfinished: Vec<String>,
    /// Messages without a disposition, by input topic.
    pub lag: BTreeMap<&'static str, i64>,
    pub outbox_depth: i64,
    /// SMS that wait until the broker has their payment document.
    pub held_messages: i64,
    pub open_files: i64,
    pub incomplete_files_count: i64,
    pub incomplete_files: Vec<IncompleteFileView>,
    /// The first registry records of insured persons without a decision. The next close decides them.
    pub records_without_claim: Vec<String>,
    pub months_closed: Vec<ClosedMonthView>,
    pub month_under_way: Option<String>,
    pub held: Option<HeldMonthView>,
    /// Days after which a document counts as unanswered.
    pub unanswered_days: u16,
    pub unanswered_count: i64,
    pub unanswered: Vec<UnansweredView>,
    pub open_cases_count: i64,
    pub open_cases: Vec<OpenCaseView>,
    pub dead_letters: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClosedMonthView {
    pub month: String,
    pub documents: i64,
    pub total_rial: u64,
}

impl ClosedMonthView {
    pub fn of(closed: &ClosedMonth) -> Self {
        Self {
            month: closed.month.to_string(),
            documents: closed.documents,
            total_rial: rial(closed.total_rial),
        }
    }
}

/// The month that the variance check holds.
#[derive(Clone, Debug, Serialize)]
pub struct HeldMonthView {
    pub month: String,
    pub reason: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct UnansweredView {
    pub document_id: String,
    pub month: String,
    pub issued_at: TehranTime,
}

#[derive(Clone, Debug, Serialize)]
pub struct OpenCaseView {
    pub case_id: String,
    pub kind: String,
    pub document_id: String,
    pub grounds: Vec<String>,
    pub opened_at: TehranTime,
}
