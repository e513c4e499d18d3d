//! Writes that a file was opened. Both kinds of scoped transactions use it (`super::scope`, `super::staff_scope`).

use jiff::Timestamp;

use super::sessions::SignedIn;
use super::{PgConnection, Result, instant};
use crate::ident::NationalCode;

/// Records that `viewer` opens the person's file, in the transaction that reads it.
pub(super) async fn record_view(
    tx: &mut PgConnection,
    person: NationalCode,
    viewer: &SignedIn,
    page: &str,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO file_views (person, viewer, role, unit, page, at) VALUES ($1, $2, $3, $4, $5, $6::timestamptz)",
    )
    .bind(person.to_i64())
    .bind(viewer.person().to_i64())
    .bind(viewer.role().as_str())
    .bind(viewer.unit())
    .bind(page)
    .bind(instant(at))
    .execute(tx)
    .await?;
    Ok(())
}
