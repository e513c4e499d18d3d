//! Figures over the whole installation, for status, report and metrics. SQL counts them; nothing here names a person.

mod report;

use jiff::Timestamp;
use sqlx::FromRow;

use super::{PgConnection, Result, closes, files, from_micros, instant, parsed};
use crate::law::SolarMonth;
pub use report::{BranchLine, ReasonGroups, RefusalCount, lines, refusals};

/// The state of the installation, as stored in the database.
#[derive(Clone, Debug)]
pub struct InstallationFigures {
    /// Outgoing events that the broker has not acknowledged yet.
    pub outbox_depth: i64,
    /// SMS that wait until the broker acknowledges their document.
    pub held_messages: i64,
    /// Published files without their closing event.
    pub open_files: i64,
    /// Files that were closed and still lack rows.
    pub incomplete_files: i64,
    /// Documents that finance has not answered for too long.
    pub unanswered: i64,
    /// Cases that wait for a person.
    pub open_cases: i64,
    /// Kafka messages that could not be read, and are not applied or discarded yet. A message that was sent again and
    /// failed again counts once.
    pub dead_letters: i64,
    /// The same by reason.
    pub dead_letters_by_reason: Vec<(String, i64)>,
    /// In ascending order.
    pub months_closed: Vec<ClosedMonth>,
    /// A month whose close has begun and not ended.
    pub month_under_way: Option<SolarMonth>,
    /// The month that the variance check holds, and the reason.
    pub held: Option<closes::HeldMonth>,
}

/// A closed month with its control sums.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClosedMonth {
    pub month: SolarMonth,
    pub documents: i64,
    pub total_rial: i64,
}

impl ClosedMonth {
    fn of(close: &closes::MonthClose) -> Self {
        Self { month: close.month, documents: close.documents(), total_rial: close.total_rial() }
    }
}

#[derive(FromRow)]
struct FigureCounts {
    unanswered: i64,
    open_cases: i64,
}

/// The figures that `status` and the gauges share. The statements do not read one snapshot. A document that was issued before `unanswered_before` should have
/// an answer.
pub async fn figures(tx: &mut PgConnection, unanswered_before: Timestamp) -> Result<InstallationFigures> {
    let counts: FigureCounts = sqlx::query_as(
        "SELECT (SELECT count(*) FROM documents WHERE state IS NULL AND issued_at < $1::timestamptz) AS unanswered,
             (SELECT count(*) FROM cases WHERE closed_at IS NULL AND gone_at IS NULL) AS open_cases",
    )
    .bind(instant(unanswered_before))
    .fetch_one(&mut *tx)
    .await?;
    let dead_letters: Vec<(String, i64)> =
        sqlx::query_as("SELECT reason, count(*) FROM dead_letters
             WHERE first_offset IS NULL AND state NOT IN ('applied', 'discarded') GROUP BY reason ORDER BY reason")
            .fetch_all(&mut *tx)
            .await?;
    let undelivered = undelivered(tx).await?;
    let closes = closes::all(tx).await?;
    let closed = closes.iter().filter(|close| close.closed);
    Ok(InstallationFigures {
        outbox_depth: undelivered.events,
        held_messages: undelivered.held_messages,
        open_files: files::open_files(tx).await?,
        incomplete_files: files::count_incomplete(tx).await?,
        unanswered: counts.unanswered,
        open_cases: counts.open_cases,
        dead_letters: dead_letters.iter().map(|(_, count)| count).sum(),
        dead_letters_by_reason: dead_letters,
        months_closed: closed.map(ClosedMonth::of).collect(),
        month_under_way: closes.iter().find(|close| !close.closed).map(|close| close.month),
        held: closes::held(tx).await?,
    })
}

/// Counts of what the broker has not acknowledged yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromRow)]
pub struct Undelivered {
    pub events: i64,
    pub held_messages: i64,
}

/// Counts both in one statement: an SMS stops being held and enters the outbox in one transaction, so every call
/// counts it in one of the two.
pub async fn undelivered(tx: &mut PgConnection) -> Result<Undelivered> {
    Ok(sqlx::query_as(
        "SELECT (SELECT coalesce(sum(h.next_position - 1 - r.delivered), 0)::bigint
                 FROM outbox_heads h JOIN relay_groups r USING (grp)) AS events,
             (SELECT count(*) FROM messages WHERE released_at IS NULL) AS held_messages",
    )
    .fetch_one(tx)
    .await?)
}

/// A document that finance should have answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnansweredDocument {
    pub document_id: String,
    pub month: SolarMonth,
    pub issued_at: Timestamp,
}

/// Documents issued before `before` without an answer, the oldest first.
pub async fn unanswered(
    tx: &mut PgConnection,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<UnansweredDocument>> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT document_id, month, (extract(epoch FROM issued_at) * 1000000)::bigint FROM documents
         WHERE state IS NULL AND issued_at < $1::timestamptz ORDER BY issued_at, document_id LIMIT $2",
    )
    .bind(instant(before))
    .bind(limit)
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|(document_id, month, issued)| {
            Ok(UnansweredDocument {
                document_id,
                month: parsed(&month, "month")?,
                issued_at: from_micros(issued)?,
            })
        })
        .collect()
}

/// A case that waits for a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenCase {
    pub case_id: uuid::Uuid,
    pub document_id: String,
    pub kind: String,
    pub grounds: Vec<String>,
    pub opened_at: Timestamp,
}

/// Open cases, the oldest first.
pub async fn open_cases(tx: &mut PgConnection, limit: i64) -> Result<Vec<OpenCase>> {
    let rows: Vec<(uuid::Uuid, String, String, Vec<String>, i64)> = sqlx::query_as(
        "SELECT case_id, document_id, kind, grounds, (extract(epoch FROM opened_at) * 1000000)::bigint FROM cases
         WHERE closed_at IS NULL AND gone_at IS NULL ORDER BY opened_at, case_id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|(case_id, document_id, kind, grounds, opened)| {
            Ok(OpenCase { case_id, document_id, kind, grounds, opened_at: from_micros(opened)? })
        })
        .collect()
}
