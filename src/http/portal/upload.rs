//! Uploads of pictures: one form, one picture.
//!
//! A body that is refused is read to its end where that is possible: a browser that cannot send the rest shows a failed
//! connection in the place of the answer.

use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart};
use futures_util::StreamExt as _;

use super::{ErrorPage, Portal};
use crate::app::portal::objections::{Failure, Upload, UploadError, add_picture};
use crate::claim::codes::PictureKind;
use crate::pictures::{MAX_PICTURE_BYTES, Refusal};
use crate::store::portal_pictures::PictureRow;
use crate::store::scope::PersonScope;
use crate::telemetry::Metrics;

/// How much of a body is read. What is larger than a picture is read and dropped.
const MAX_BODY_BYTES: usize = 64 << 20;
/// Pictures that are received at the same time, each in memory.
pub(super) const MAX_UPLOADS: usize = 64;
/// How long the rest of a refused body is read.
const DRAIN_TIME: Duration = Duration::from_secs(60);
/// Longest field besides the picture.
const MAX_FIELD_BYTES: usize = 100;

/// Only routes that take pictures have it.
pub(super) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_BODY_BYTES)
}

/// Reads and drops the rest of a body.
pub(super) async fn drain(body: Body) {
    let read = async {
        let (mut stream, mut bytes) = (body.into_data_stream(), 0);
        while let Some(Ok(chunk)) = stream.next().await {
            bytes += chunk.len();
            if bytes > MAX_BODY_BYTES {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, read).await;
}

/// What a form has sent.
#[derive(Default)]
struct Received {
    kind: String,
    key: String,
    /// The first bytes, at most one more than a picture may have.
    picture: Vec<u8>,
    /// All bytes of the picture.
    bytes: usize,
}

/// Why an upload has no picture, with what it was said to show.
pub(super) struct NotStored {
    pub kind: Option<PictureKind>,
    pub error: UploadError,
}

impl NotStored {
    fn new(kind: Option<PictureKind>, error: UploadError) -> Self {
        Self { kind, error }
    }

    /// Logs a failure of ours. A refusal is none.
    pub(super) fn log(&self) {
        match &self.error {
            UploadError::NoWorker(_) | UploadError::Failed(_) => {
                Metrics::global().errors.add(1);
                tracing::error!(error = %self.error, "a picture could not be stored");
            }
            _ => {}
        }
    }
}

/// Receives the picture of a form, and stores it for an objection of the person.
pub(super) async fn receive(
    portal: &Portal,
    scope: &PersonScope,
    objection_id: uuid::Uuid,
    form: Result<Multipart, MultipartRejection>,
) -> Result<PictureRow, NotStored> {
    let Ok(_place) = portal.uploads.try_acquire() else {
        return Err(NotStored::new(None, UploadError::Busy));
    };
    let received = match form {
        Ok(form) => read(form).await?,
        // A form without a picture.
        Err(_) => Received::default(),
    };
    let kind: Option<PictureKind> = received.kind.parse().ok();
    if received.bytes > MAX_PICTURE_BYTES {
        let refusal = Refusal::TooLarge { bytes: received.bytes };
        return Err(NotStored::new(kind, UploadError::Refused(refusal)));
    }
    let (Some(known), false) = (kind, received.picture.is_empty()) else {
        return Err(NotStored::new(kind, UploadError::Refused(Refusal::Empty)));
    };
    let store = match &portal.pictures {
        Some(store) => store,
        None => return Err(NotStored::new(kind, UploadError::NoSuchObjection)),
    };
    let upload = Upload { objection_id, kind: known, key: &received.key, received: &received.picture };
    let stored = add_picture(&portal.ctx, store, scope, upload).await;
    stored.map_err(|error| NotStored::new(kind, error))
}

async fn read(mut form: Multipart) -> Result<Received, NotStored> {
    let mut received = Received::default();
    loop {
        let kind = received.kind.parse().ok();
        let field = form.next_field().await.map_err(|error| broken(kind, error.status().as_u16()))?;
        let Some(mut field) = field else { return Ok(received) };
        let read = match field.name().unwrap_or_default() {
            "kind" => short(&mut field).await.map(|text| received.kind = text),
            "key" => short(&mut field).await.map(|text| received.key = text),
            "picture" => picture(&mut field, &mut received).await,
            _ => short(&mut field).await.map(|_| ()),
        };
        read.map_err(|status| broken(kind, status))?;
    }
}

/// The body ended early, or is larger than what is read.
fn broken(kind: Option<PictureKind>, status: u16) -> NotStored {
    let refusal =
        if status == 413 { Refusal::TooLarge { bytes: MAX_BODY_BYTES } } else { Refusal::Truncated };
    NotStored::new(kind, UploadError::Refused(refusal))
}

async fn short(field: &mut Field<'_>) -> Result<String, u16> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| error.status().as_u16())? {
        let room = MAX_FIELD_BYTES.saturating_sub(bytes.len()).min(chunk.len());
        bytes.extend_from_slice(&chunk[..room]);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn picture(field: &mut Field<'_>, received: &mut Received) -> Result<(), u16> {
    while let Some(chunk) = field.chunk().await.map_err(|error| error.status().as_u16())? {
        received.bytes += chunk.len();
        let room = (MAX_PICTURE_BYTES + 1).saturating_sub(received.picture.len()).min(chunk.len());
        received.picture.extend_from_slice(&chunk[..room]);
    }
    Ok(())
}

/// The page for what is not about the picture.
impl From<&UploadError> for ErrorPage {
    fn from(error: &UploadError) -> Self {
        match error {
            UploadError::KeyUsed => Self::SentBefore,
            UploadError::NoSuchObjection | UploadError::Closed => Self::NotFound,
            UploadError::Failed(Failure::Store(_) | Failure::Blobs(_) | Failure::Altered(_))
            | UploadError::NoWorker(_)
            | UploadError::Busy
            | UploadError::TooMany
            | UploadError::Refused(_) => Self::Unavailable,
        }
    }
}
