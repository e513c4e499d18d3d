//! Pictures of an objection: one upload is one picture, however often it is sent.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::limits::MAX_PICTURES;
use super::read::is_closed;
use super::target::{Failure, Target, lock};
use crate::app::AppContext;
use crate::app::portal::read_file;
use crate::blobs::{self, Blobs};
use crate::claim::codes::PictureKind;
use crate::picture_worker::{CleanError, PictureWorker};
use crate::pictures::{CleanPicture, Refusal, check_document};
use crate::store::portal_objections::touch_draft;
use crate::store::portal_pictures::{self, NewPicture, PictureRow};
use crate::store::scope::{PersonScope, ScopedTransaction};
use crate::store::{self, Error};

/// What reads received pictures, and where they are stored.
#[derive(Clone, Debug)]
pub struct PictureStore {
    pub worker: PictureWorker,
    pub blobs: Blobs,
}

/// Why a picture was not stored.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The person has no such draft or objection.
    #[error("there is no such objection")]
    NoSuchObjection,
    /// It was withdrawn or answered.
    #[error("the objection takes no more pictures")]
    Closed,
    /// It has [`MAX_PICTURES`] pictures.
    #[error("the objection has all pictures that it may have")]
    TooMany,
    /// Another picture was stored with this key.
    #[error("the key was used for another picture")]
    KeyUsed,
    #[error(transparent)]
    Refused(Refusal),
    /// Too many pictures wait to be read.
    #[error("too many pictures wait to be read")]
    Busy,
    #[error("no process could be started to read a picture: {0}")]
    NoWorker(std::io::Error),
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<store::Error> for UploadError {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<blobs::Error> for UploadError {
    fn from(error: blobs::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<CleanError> for UploadError {
    fn from(error: CleanError) -> Self {
        match error {
            CleanError::Refused(refusal) => Self::Refused(refusal),
            CleanError::Busy => Self::Busy,
            CleanError::Unavailable(error) => Self::NoWorker(error),
        }
    }
}

/// An upload: what is sent, and for which objection.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    pub objection_id: Uuid,
    pub kind: PictureKind,
    /// The form's own key.
    pub key: &'a str,
    pub received: &'a [u8],
}

/// Stores a picture of a draft or of a sent objection. The picture that is returned is durable, and so is its row. The same
/// bytes with the same key are one picture; so are the same pixels twice of one kind.
///
/// # Errors
/// See [`UploadError`].
pub async fn add_picture(
    ctx: &AppContext,
    store: &PictureStore,
    scope: &PersonScope,
    upload: Upload<'_>,
) -> Result<PictureRow, UploadError> {
    let id = picture_id(ctx, scope, &upload);
    // Before the work of reading it.
    if let Some(stored) = look(ctx, scope, &upload, id, None).await? {
        return Ok(stored);
    }
    let picture = store.worker.clean(upload.received).await?;
    check_document(&picture).map_err(UploadError::Refused)?;
    if let Some(stored) = look(ctx, scope, &upload, id, Some(&picture)).await? {
        return Ok(stored);
    }
    // No lock is held: the store may take long.
    store.blobs.put(id, picture.bytes()).await?;
    insert(ctx, scope, &upload, id, &picture).await
}

/// The id of a picture. It contains the digest of what was received: a key that is used for another picture cannot meet
/// bytes that were stored for the first one, also where their row was never written.
fn picture_id(ctx: &AppContext, scope: &PersonScope, upload: &Upload<'_>) -> Uuid {
    let (person, objection) = (scope.person().to_string(), upload.objection_id.to_string());
    let digest = hex::encode(Sha256::digest(upload.received));
    ctx.ids.id("picture", &[&person, &objection, upload.key, &digest])
}

/// Whether the picture is already there, or there is a place for it.
async fn look(
    ctx: &AppContext,
    scope: &PersonScope,
    upload: &Upload<'_>,
    id: Uuid,
    picture: Option<&CleanPicture>,
) -> Result<Option<PictureRow>, UploadError> {
    let look = async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        Ok(place(&mut tx, upload, id, picture).await)
    };
    ctx.with_timeout(look).await?
}

/// Locks the objection and looks for a place. A picture that is already there needs none.
async fn place(
    tx: &mut ScopedTransaction,
    upload: &Upload<'_>,
    id: Uuid,
    picture: Option<&CleanPicture>,
) -> Result<Option<PictureRow>, UploadError> {
    let target = lock(tx, upload.objection_id).await?.ok_or(UploadError::NoSuchObjection)?;
    let stored = portal_pictures::of_objection(tx, upload.objection_id).await?;
    let sha256 = picture.map(sha256_of).transpose()?;
    for row in &stored {
        if row.picture_id == id || (row.kind == upload.kind && Some(row.sha256) == sha256) {
            return Ok(Some(row.clone()));
        }
    }
    if stored.iter().any(|row| row.upload_key == upload.key) {
        return Err(UploadError::KeyUsed);
    }
    if let Target::Sent(sent) = target
        && is_closed(tx, &sent).await?
    {
        return Err(UploadError::Closed);
    }
    if stored.len() >= MAX_PICTURES { Err(UploadError::TooMany) } else { Ok(None) }
}

fn sha256_of(picture: &CleanPicture) -> store::Result<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(picture.sha256(), &mut digest)
        .map_err(|_| Error::Invariant("a clean picture has its SHA-256"))?;
    Ok(digest)
}

/// Writes the row, after another look at the objection: much can have happened meanwhile.
async fn insert(
    ctx: &AppContext,
    scope: &PersonScope,
    upload: &Upload<'_>,
    id: Uuid,
    picture: &CleanPicture,
) -> Result<PictureRow, UploadError> {
    let bytes = u32::try_from(picture.bytes().len())
        .map_err(|_| Error::Invariant("a clean picture keeps to its maximum size"))?;
    let new = NewPicture {
        picture_id: id,
        objection_id: upload.objection_id,
        upload_key: upload.key,
        kind: upload.kind,
        sha256: sha256_of(picture)?,
        media_type: picture.media_type().as_str(),
        bytes,
        width: picture.width(),
        height: picture.height(),
    };
    let written = async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        match place(&mut tx, upload, id, Some(picture)).await {
            Ok(None) => {}
            already => return Ok(already),
        }
        portal_pictures::insert(&mut tx, &new).await?;
        touch_draft(&mut tx, upload.objection_id).await?;
        let row = portal_pictures::picture(&mut tx, id).await?;
        tx.end().await?;
        Ok(Ok(row))
    };
    let row = ctx.with_timeout(written).await??;
    Ok(row.ok_or(Error::Invariant("a picture that is written can be read"))?)
}

/// What became of a picture that was to be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemovePicture {
    Removed,
    /// The person has no such picture, or it was sent: what was sent stays.
    NoSuchPicture,
}

/// Removes a picture that was not sent. The sweep deletes its bytes.
///
/// # Errors
/// If the database does not answer.
pub async fn remove_picture(
    ctx: &AppContext,
    scope: &PersonScope,
    objection_id: Uuid,
    picture_id: Uuid,
) -> store::Result<RemovePicture> {
    ctx.with_timeout(async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        if lock(&mut tx, objection_id).await?.is_none() {
            return Ok(RemovePicture::NoSuchPicture);
        }
        let removed = portal_pictures::delete(&mut tx, objection_id, picture_id).await?;
        touch_draft(&mut tx, objection_id).await?;
        tx.end().await?;
        Ok(if removed { RemovePicture::Removed } else { RemovePicture::NoSuchPicture })
    })
    .await
}

/// A picture of the person with its bytes, for its owner. The view is recorded. `None` if the person has no such picture,
/// or the store has lost it.
///
/// # Errors
/// If database or store do not answer, or the bytes are not those that were stored.
pub async fn read_picture(
    ctx: &AppContext,
    store: &PictureStore,
    scope: &PersonScope,
    picture_id: Uuid,
) -> Result<Option<(PictureRow, Vec<u8>)>, Failure> {
    let row = read_file(ctx, scope, "picture", |tx| {
        Box::pin(async move { portal_pictures::picture(tx, picture_id).await })
    });
    let Some(row) = row.await? else { return Ok(None) };
    let Some(bytes) = store.blobs.get(picture_id).await? else {
        tracing::error!(%picture_id, "a picture that a row names is not in the store of pictures (setting blobs_url)");
        return Ok(None);
    };
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    if digest != row.sha256 {
        return Err(Failure::Altered(picture_id));
    }
    Ok(Some((row, bytes)))
}
