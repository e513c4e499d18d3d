//! The inputs that each page of a close saw, so that the close can be replayed with them.

use sqlx::FromRow;

use super::offsets::{self, PartitionOffset};
use super::{PgConnection, Result, parsed};
use crate::law::{SolarDate, SolarMonth};

/// Greater than every person's code: the end of the page at which the close found no person left.
pub const END: i64 = i64::MAX;

/// Waits until no ingest batch is half written, prevents new ones until this transaction ends, and returns the next
/// offset of each input. The page sees every batch before these offsets, and nothing of any other batch. A batch
/// takes its own lock on this table in its first statement, before any other lock, so a page and a batch cannot
/// deadlock.
pub async fn lock_inputs(tx: &mut PgConnection) -> Result<Vec<PartitionOffset>> {
    sqlx::query("LOCK TABLE input_offsets IN SHARE MODE").execute(&mut *tx).await?;
    offsets::all(tx).await
}

/// A page of a close, and what it saw.
pub struct ClosePage {
    /// The page contains every person after the previous page, up to this code.
    pub upto: i64,
    pub inputs: Vec<PartitionOffset>,
    pub tables_version: String,
}

pub async fn insert(tx: &mut PgConnection, month: SolarMonth, page: &ClosePage) -> Result<()> {
    sqlx::query(
        "INSERT INTO close_pages (month, upto, input_offsets, tables_version) VALUES ($1, $2, $3, $4)
         ON CONFLICT (month, upto) DO UPDATE SET input_offsets = excluded.input_offsets, tables_version = excluded.tables_version",
    )
    .bind(month.to_string())
    .bind(page.upto)
    .bind(offsets::to_text(&page.inputs))
    .bind(&page.tables_version)
    .execute(tx)
    .await?;
    Ok(())
}

/// A close that has ended, with its pages in order.
pub struct PastClose {
    pub month: SolarMonth,
    pub business_date: SolarDate,
    pub input_offsets: String,
    pub pages: Vec<ClosePage>,
}

#[derive(FromRow)]
struct ClosePageRow {
    month: String,
    business_date: String,
    waited_for: String,
    upto: i64,
    input_offsets: String,
    tables_version: String,
}

/// Every closed month, in order.
pub async fn past_closes(tx: &mut PgConnection) -> Result<Vec<PastClose>> {
    let rows: Vec<ClosePageRow> = sqlx::query_as(
        "SELECT month, business_date, b.input_offsets AS waited_for, upto, p.input_offsets, tables_version
         FROM close_pages p JOIN closes b USING (month) WHERE closed_at IS NOT NULL ORDER BY month, upto",
    )
    .fetch_all(tx)
    .await?;
    let mut closes: Vec<PastClose> = Vec::new();
    for row in rows {
        let month = parsed(&row.month, "month")?;
        if closes.last().is_none_or(|past| past.month != month) {
            let business_date = parsed(&row.business_date, "business date")?;
            closes.push(PastClose { month, business_date, input_offsets: row.waited_for, pages: Vec::new() });
        }
        let page = ClosePage {
            upto: row.upto,
            inputs: offsets::from_text(&row.input_offsets)?,
            tables_version: row.tables_version,
        };
        if let Some(past) = closes.last_mut() {
            past.pages.push(page);
        }
    }
    Ok(closes)
}
