//! Deletes what nobody needs: drafts on which nobody works, and pictures that no row names.

use uuid::Uuid;

use super::pictures::PictureStore;
use super::target::Failure;
use crate::app::AppContext;
use crate::failpoint::failpoint;
use crate::store::{portal_objections, portal_pictures};

/// A picture gets its row within minutes; a younger picture without a row may be about to get it.
const ORPHAN_HOURS: u16 = 24;
/// Pictures that one statement looks up.
const CHUNK: usize = 1000;

/// What a sweep has deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    pub drafts: u64,
    /// Rows of pictures that were never sent.
    pub rows: u64,
    /// Pictures in the store that no row named.
    pub pictures: usize,
    /// Files that a process left that ended while it wrote.
    pub unfinished: usize,
}

impl Swept {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Deletes drafts and unsent pictures on which nobody has worked for `draft_days`, and then the pictures in the store that
/// no row names. Several processes may do it at the same time.
///
/// # Errors
/// If database or store do not answer. The next sweep continues.
pub async fn sweep(ctx: &AppContext, store: &PictureStore, draft_days: u16) -> Result<Swept, Failure> {
    let mut swept = Swept::default();
    let before = ctx
        .with_timeout(async {
            let mut tx = failpoint!("sweep.begin", ctx.pool.begin().await)?;
            swept.drafts = portal_objections::delete_old_drafts(&mut tx, draft_days).await?;
            swept.rows = portal_pictures::delete_unsent(&mut tx, draft_days).await?;
            let before = portal_pictures::hours_ago(&mut tx, ORPHAN_HOURS).await?;
            failpoint!("sweep.commit", tx.commit().await)?;
            Ok(before)
        })
        .await?;
    let old = store.blobs.list_older_than(before, usize::MAX).await?;
    for chunk in old.chunks(CHUNK) {
        swept.pictures += delete_orphans(ctx, store, chunk).await?;
    }
    swept.unfinished = store.blobs.delete_unfinished(before).await?;
    Ok(swept)
}

async fn delete_orphans(ctx: &AppContext, store: &PictureStore, chunk: &[Uuid]) -> Result<usize, Failure> {
    let named = ctx
        .with_timeout(async { portal_pictures::named(&mut *ctx.pool.acquire().await?, chunk).await })
        .await?;
    let mut deleted = 0;
    for picture_id in chunk.iter().filter(|picture_id| !named.contains(picture_id)) {
        store.blobs.delete(*picture_id).await?;
        deleted += 1;
    }
    Ok(deleted)
}
