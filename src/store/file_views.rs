//! Who has opened a person's file. `super::record_view` writes the rows.

use jiff::Timestamp;
use sqlx::FromRow;

use super::scope::ScopedTransaction;
use super::sessions::PortalRole;
use super::{Result, code, from_micros};
use crate::ident::NationalCode;

/// One view of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileView {
    /// Ascends with the openings of a person.
    pub view_id: i64,
    pub viewer: NationalCode,
    pub role: PortalRole,
    /// The officer's branch or the supervisor's province.
    pub unit: Option<String>,
    pub page: String,
    pub at: Timestamp,
}

#[derive(FromRow)]
struct FileViewRow {
    view_id: i64,
    viewer: i64,
    role: String,
    unit: Option<String>,
    page: String,
    at_us: i64,
}

impl TryFrom<FileViewRow> for FileView {
    type Error = super::Error;

    fn try_from(row: FileViewRow) -> Result<Self> {
        Ok(Self {
            view_id: row.view_id,
            viewer: code(row.viewer)?,
            role: row.role.parse()?,
            unit: row.unit,
            page: row.page,
            at: from_micros(row.at_us)?,
        })
    }
}

/// The latest views of the person's file, the latest first.
pub async fn latest(tx: &mut ScopedTransaction, limit: u32) -> Result<Vec<FileView>> {
    before(tx, None, limit).await
}

/// The views of the person's file before this one, the latest first.
pub async fn before(tx: &mut ScopedTransaction, view_id: Option<i64>, limit: u32) -> Result<Vec<FileView>> {
    let rows: Vec<FileViewRow> = sqlx::query_as(
        "SELECT view_id, viewer, role, unit, page, (extract(epoch FROM at) * 1000000)::bigint AS at_us
         FROM file_views WHERE person = $1 AND view_id < coalesce($3, 9223372036854775807) ORDER BY view_id DESC LIMIT $2",
    )
    .bind(tx.scope().person().to_i64())
    .bind(i64::from(limit))
    .bind(view_id)
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
