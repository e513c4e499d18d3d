//! What a person does about published files that never become complete.

use super::AppContext;
use crate::failpoint::failpoint;
use crate::store::files::{self, ListedFile};
use crate::store::{Error, Result};

/// The files, the oldest first. With `open`, only those that have no receipt and were not ended.
pub async fn list(ctx: &AppContext, open: bool) -> Result<Vec<ListedFile>> {
    let mut connection = ctx.pool.acquire().await?;
    files::list(&mut connection, open).await
}

/// Ends a file: it gets no receipt, and no close waits for it. Returns the file as it is then. A file that was ended
/// before stays as it is.
///
/// # Errors
/// [`Error::Refused`] if the file has its receipt, or is not known.
pub async fn end(ctx: &AppContext, file_id: &str, by: &str, why: &str) -> Result<ListedFile> {
    let mut tx = failpoint!("file_end.begin", ctx.pool.begin().await)?;
    files::end(&mut tx, file_id, by, why, ctx.clock.now()).await?;
    let file = files::list(&mut tx, false).await?.into_iter().find(|file| file.file_id == file_id);
    failpoint!("file_end.commit", tx.commit().await)?;
    match file {
        None => Err(Error::Refused(format!(
            "file {file_id:?} is not known; `peyvand files list --open` shows those that can be ended"
        ))),
        Some(file) if file.is_received => Err(Error::Refused(format!(
            "file {file_id} is complete and has its receipt: nothing waits for it"
        ))),
        Some(file) => Ok(file),
    }
}
