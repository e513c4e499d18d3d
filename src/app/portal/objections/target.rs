//! The objection that a request changes, and why a request can fail.

use uuid::Uuid;

use crate::blobs;
use crate::store::Result;
use crate::store::portal_objections::{SentObjection, lock_draft, lock_sent};
use crate::store::scope::ScopedTransaction;

/// Why a use case that needs both database and store of pictures has failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error(transparent)]
    Blobs(#[from] blobs::Error),
    #[error("the stored bytes of the picture {0} are not those that were stored (setting blobs_url)")]
    Altered(Uuid),
}

/// An objection that a request has locked.
pub(super) enum Target {
    Draft,
    Sent(SentObjection),
}

/// Locks a draft or a sent objection of the person.
pub(super) async fn lock(tx: &mut ScopedTransaction, objection_id: Uuid) -> Result<Option<Target>> {
    if lock_draft(tx, objection_id).await?.is_some() {
        return Ok(Some(Target::Draft));
    }
    Ok(lock_sent(tx, objection_id).await?.map(Target::Sent))
}
