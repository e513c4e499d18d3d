//! The store of pictures: a local folder, or a bucket of an S3 server. Only this module names `object_store`.
//!
//! Invariants:
//! - A picture is durable before [`Blobs::put`] returns: the local folder is written with `fsync` of file and folder, and an
//!   S3 server answers a put only after it has stored the object.
//! - A stored picture is never replaced. A second put of the same picture succeeds; one with other bytes is refused.
//! - Whether a picture is still needed is not known here. The caller asks for the old ones, and deletes those that no row
//!   names.

mod location;
mod unfinished;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt as _;
use jiff::Timestamp;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use uuid::Uuid;

use crate::config::Settings;
use crate::failpoint::failpoint;

/// Why the store refused or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings do not name a usable store.
    #[error("blobs_url: {0}")]
    Settings(String),
    #[error("the store of pictures does not {task}: {source}")]
    Store { task: &'static str, source: object_store::Error },
    #[error("the folder of pictures {folder}: {source}")]
    Folder { folder: String, source: std::io::Error },
    /// Another picture is stored under this id.
    #[error("other bytes are stored under the picture id {0}; nothing was replaced")]
    Different(Uuid),
}

pub type Result<T> = std::result::Result<T, Error>;

/// The store of pictures.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The names of all pictures begin with it.
    prefix: Path,
    /// The folder, if the store is local.
    folder: Option<PathBuf>,
}

impl Blobs {
    /// Opens the store that the settings name. A missing local folder is created; an S3 server is not asked yet.
    ///
    /// # Errors
    /// If the settings contradict each other, or the folder cannot be used.
    pub fn open(settings: &Settings) -> Result<Self> {
        location::open(settings)
    }

    /// A store that ends with the process, for tests.
    pub fn in_memory() -> Self {
        Self { store: Arc::new(InMemory::new()), prefix: Path::default(), folder: None }
    }

    /// Stores a picture durably. Storing the same picture again changes nothing.
    ///
    /// # Errors
    /// If the store does not confirm, or has other bytes under this id.
    pub async fn put(&self, picture_id: Uuid, bytes: &[u8]) -> Result<()> {
        let path = self.path(picture_id);
        let payload = PutPayload::from(bytes.to_vec());
        let options = PutOptions::from(PutMode::Create);
        match failpoint!("blobs.put", self.store.put_opts(&path, payload, options).await) {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                let stored = self.get(picture_id).await?;
                if stored.is_some_and(|stored| stored == bytes) {
                    Ok(())
                } else {
                    Err(Error::Different(picture_id))
                }
            }
            Err(source) => Err(Error::Store { task: "store", source }),
        }
    }

    /// The bytes of a picture. None if there is none with this id.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn get(&self, picture_id: Uuid) -> Result<Option<Vec<u8>>> {
        let failed = |source| Error::Store { task: "read", source };
        match self.store.get(&self.path(picture_id)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(failed)?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed(source)),
        }
    }

    /// The size of a picture in bytes. None if there is none with this id.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn size(&self, picture_id: Uuid) -> Result<Option<u64>> {
        match self.store.head(&self.path(picture_id)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(Error::Store { task: "look up", source }),
        }
    }

    /// Deletes a picture. It is no error if there is none.
    ///
    /// # Errors
    /// If the store does not confirm.
    pub async fn delete(&self, picture_id: Uuid) -> Result<()> {
        let path = self.path(picture_id);
        match failpoint!("blobs.delete", self.store.delete(&path).await) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::Store { task: "delete", source }),
        }
    }

    /// Up to `limit` pictures that were stored before `before`. The caller deletes those that no row names.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn list_older_than(&self, before: Timestamp, limit: usize) -> Result<Vec<Uuid>> {
        let mut found = Vec::new();
        let mut listed = self.store.list(Some(&self.prefix));
        while let Some(meta) = listed.next().await {
            let meta = meta.map_err(|source| Error::Store { task: "list", source })?;
            let id = meta.location.filename().and_then(|name| name.parse::<Uuid>().ok());
            let Some(id) = id.filter(|id| self.path(*id) == meta.location) else { continue };
            // Whole seconds: S3 knows no more.
            if meta.last_modified.timestamp() < before.as_second() {
                found.push(id);
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// Deletes what processes left that ended while they wrote before `before`, and returns how much it was. S3 keeps no
    /// unfinished object.
    ///
    /// # Errors
    /// If the folder cannot be read, or a file cannot be deleted.
    pub async fn delete_unfinished(&self, before: Timestamp) -> Result<usize> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let shown = folder.display().to_string();
        let deleted = tokio::task::spawn_blocking(move || unfinished::delete(&folder, before)).await;
        deleted
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(|source| Error::Folder { folder: shown, source })
    }

    /// Folders of 256 names keep a local folder short.
    fn path(&self, picture_id: Uuid) -> Path {
        let name = picture_id.to_string();
        let folder = name.get(..2).unwrap_or_default().to_owned();
        self.prefix.clone().join(folder).join(name)
    }
}
