//! The data of the status page: what is not done yet, and where.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Serialize;

use super::format::{TehranTime, rial};
use super::incomplete_files::{self, IncompleteFileView};
use crate::app::AppContext;
use crate::config::Settings;
use crate::store::Result;
use crate::store::figures::{self, ClosedMonth, OpenCase};
use crate::store::objections::{self, OpenObjection};
use crate::store::{offsets, submissions};

/// The state of the installation. Contains no personal data.
#[derive(Clone, Debug, Serialize)]
pub struct StatusView {
    /// With `--wait`: what was not done in time; otherwise empty.
    pub unfinished: Vec<String>,
    /// Problems of the topics: a missing one, another number of partitions, an end before what was read.
    pub topic_problems: Vec<String>,
    /// Messages without a disposition, by input topic.
    pub lag: BTreeMap<&'static str, i64>,
    /// Input partitions with messages that no client can read, and so no process ingests.
    pub stalled_partitions: Vec<StalledPartitionView>,
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
    /// Days after which an open objection counts as overdue.
    pub objection_days: u16,
    pub overdue_objections_count: i64,
    pub overdue_objections: Vec<OverdueObjectionView>,
    /// Submissions of the portal that are not in their topics.
    pub undelivered_submissions: i64,
    pub oldest_undelivered_submission: Option<TehranTime>,
    pub open_cases_count: i64,
    pub open_cases: Vec<OpenCaseView>,
    /// Dead letters that are not applied or discarded yet.
    pub dead_letters: i64,
    /// Messages that are not in the partition of their key, by input topic.
    pub misrouted: BTreeMap<String, i64>,
}

/// A partition that cannot be read at its offset.
#[derive(Clone, Debug, Serialize)]
pub struct StalledPartitionView {
    pub topic: &'static str,
    pub partition: i32,
    pub offset: i64,
    pub error: String,
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
pub struct OverdueObjectionView {
    pub objection_id: String,
    pub claim_id: String,
    /// A reason code, or `amount`.
    pub disputed: String,
    pub submitted_at: TehranTime,
}

#[derive(Clone, Debug, Serialize)]
pub struct OpenCaseView {
    pub case_id: String,
    pub kind: String,
    pub document_id: String,
    pub grounds: Vec<String>,
    pub opened_at: TehranTime,
}

/// What the broker knows of the input.
pub struct InputState {
    pub lag: BTreeMap<&'static str, i64>,
    pub stalled_partitions: Vec<StalledPartitionView>,
}

/// The numbers of days after which something without an answer is listed.
#[derive(Clone, Copy)]
pub struct AnswerDays {
    /// For a document without an answer from finance.
    pub unanswered: u16,
    /// For an open objection.
    pub objection: u16,
}

impl AnswerDays {
    pub fn of(settings: &Settings) -> Self {
        Self { unanswered: settings.unanswered_days, objection: settings.objection_days }
    }
}

/// Reads the state. `unfinished` is what `--wait` did not see done; lists have at most `limit` rows.
pub async fn status(
    ctx: &AppContext,
    input: InputState,
    unfinished: Vec<String>,
    days: AnswerDays,
    limit: i64,
) -> Result<StatusView> {
    let before = ctx.clock.now() - SignedDuration::from_hours(24 * i64::from(days.unanswered));
    let overdue_before = ctx.clock.now() - SignedDuration::from_hours(24 * i64::from(days.objection));
    let mut connection = ctx.pool.acquire().await?;
    let figures = figures::figures(&mut connection, before).await?;
    let unanswered = figures::unanswered(&mut connection, before, limit).await?;
    let cases = figures::open_cases(&mut connection, limit).await?;
    let overdue_count = objections::count_open(&mut connection, overdue_before).await?;
    let overdue = objections::open(&mut connection, overdue_before, limit).await?;
    let incomplete = incomplete_files::files(&mut connection, limit).await?;
    let without_claim = incomplete_files::records_without_claim(&mut connection, ctx.deeds_from).await?;
    let (undelivered_submissions, oldest_submission) = submissions::waiting(&mut connection).await?;
    let misrouted = offsets::misrouted(&mut connection).await?;
    Ok(StatusView {
        unfinished,
        topic_problems: Vec::new(),
        lag: input.lag,
        stalled_partitions: input.stalled_partitions,
        outbox_depth: figures.outbox_depth,
        held_messages: figures.held_messages,
        open_files: figures.open_files,
        incomplete_files_count: figures.incomplete_files,
        incomplete_files: incomplete,
        records_without_claim: without_claim,
        months_closed: figures.months_closed.iter().map(ClosedMonthView::of).collect(),
        month_under_way: figures.month_under_way.map(|month| month.to_string()),
        held: figures.held.map(|held| HeldMonthView { month: held.month, reason: held.reason }),
        unanswered_days: days.unanswered,
        unanswered_count: figures.unanswered,
        unanswered: unanswered
            .into_iter()
            .map(|d| UnansweredView {
                document_id: d.document_id,
                month: d.month.to_string(),
                issued_at: TehranTime::of(&ctx.clock, d.issued_at),
            })
            .collect(),
        objection_days: days.objection,
        overdue_objections_count: overdue_count,
        overdue_objections: overdue.into_iter().map(|open| overdue_objection(ctx, &open)).collect(),
        undelivered_submissions,
        oldest_undelivered_submission: oldest_submission.map(|at| TehranTime::of(&ctx.clock, at)),
        open_cases_count: figures.open_cases,
        open_cases: cases.into_iter().map(|case| open_case(ctx, case)).collect(),
        dead_letters: figures.dead_letters,
        misrouted,
    })
}

fn open_case(ctx: &AppContext, case: OpenCase) -> OpenCaseView {
    OpenCaseView {
        case_id: case.case_id.to_string(),
        kind: case.kind,
        document_id: case.document_id,
        grounds: case.grounds,
        opened_at: TehranTime::of(&ctx.clock, case.opened_at),
    }
}

fn overdue_objection(ctx: &AppContext, open: &OpenObjection) -> OverdueObjectionView {
    OverdueObjectionView {
        objection_id: open.objection_id.to_string(),
        claim_id: open.claim_id.to_string(),
        disputed: open.disputed.clone(),
        submitted_at: TehranTime::of(&ctx.clock, open.submitted_at),
    }
}
