//! The use cases of the portal. They own its transactions: every one that a page needs has the scope of the person who
//! has signed in (`crate::store::scope`).

pub mod casework;
pub mod objections;
pub mod self_registration;
pub mod submissions;

use futures_util::future::BoxFuture;

use super::AppContext;
use crate::store::Result;
use crate::store::file_views::{self, FileView};
use crate::store::scope::{PersonScope, ScopedTransaction};
use crate::store::submissions::SubmissionReceipt;

/// The views that a page shows.
const VIEWS_SHOWN: u32 = 200;

/// Reads a person's file, and records the view in the same transaction: what `read` returns is returned only if the
/// record is durable. `page` names what is opened.
///
/// # Errors
/// If the database does not answer, or `read` fails.
pub async fn read_file<T: Send>(
    ctx: &AppContext,
    scope: &PersonScope,
    page: &'static str,
    read: impl for<'t> FnOnce(&'t mut ScopedTransaction) -> BoxFuture<'t, Result<T>> + Send,
) -> Result<T> {
    ctx.with_timeout(async {
        let mut tx = ScopedTransaction::begin_snapshot(&ctx.pool, scope).await?;
        tx.record_view(page, ctx.clock.now()).await?;
        let found = read(&mut tx).await?;
        tx.end().await?;
        Ok(found)
    })
    .await
}

/// Who opened the person's file, the latest view first. This view is the first of them.
///
/// # Errors
/// If the database does not answer.
pub async fn views(ctx: &AppContext, scope: &PersonScope) -> Result<Vec<FileView>> {
    read_file(ctx, scope, "views", |tx| Box::pin(file_views::latest(tx, VIEWS_SHOWN))).await
}

/// The views before this one, or the latest, at most `limit`.
///
/// # Errors
/// If the database does not answer.
pub async fn views_page(
    ctx: &AppContext,
    scope: &PersonScope,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<FileView>> {
    read_file(ctx, scope, "api_views", |tx| Box::pin(file_views::before(tx, before, limit))).await
}

/// The person's own submission. `None` if no submission of this person has the number.
///
/// # Errors
/// If the database does not answer.
pub async fn submission(
    ctx: &AppContext,
    scope: &PersonScope,
    tracking: String,
) -> Result<Option<SubmissionReceipt>> {
    read_file(ctx, scope, "submission", |tx| {
        Box::pin(async move { crate::store::submissions::by_tracking(tx, &tracking).await })
    })
    .await
}
