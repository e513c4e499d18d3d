//! Pictures of a draft: one request is one picture, with its bytes as the body.
//!
//! A body is read to its end before anything is refused: a program that cannot send the rest sees a failed connection in
//! the place of the problem.

use std::sync::Arc;

use axum::Json;
use axum::RequestExt as _;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use openidconnect::url::form_urlencoded;
use utoipa::IntoParams;
use uuid::Uuid;

use super::extract::{IdempotencyHeader, IdempotencyKey, PathId};
use super::objections::not_found;
use super::problem::{Answer, Problem};
use crate::app::portal::objections::{
    Failure, Upload, UploadError, add_picture, find_draft, read_picture, remove_picture,
};
use crate::claim::codes::PictureKind;
use crate::http::portal::{OwnFile, Portal};
use crate::pictures::MAX_PICTURE_BYTES;
use crate::telemetry::Metrics;
use crate::texts::Lang;
use crate::views::api::objection::{DraftView, PictureBytes, PictureView};
use crate::views::api::problem::{FieldProblem, ProblemKind};
use crate::views::api::words;

/// The field of a problem about the bytes.
const BODY: &str = "body";

/// What the picture shows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Shown {
    /// What the picture shows.
    #[param(schema_with = words::picture_kind, example = "deed")]
    kind: PictureKind,
}

impl<S: Send + Sync> FromRequestParts<S> for Shown {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut sent = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let (name, value) = sent.next().ok_or_else(|| Problem::of_field("kind", "missing"))?;
        if name != "kind" || sent.next().is_some() {
            return Err(Problem::of_field("query", "unknown_word"));
        }
        let kind = value.parse().map_err(|_| Problem::of_field("kind", "unknown_word"))?;
        Ok(Self { kind })
    }
}

/// The bytes of the body, read to its end.
async fn received(request: Request) -> Answer<Vec<u8>> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    let mut stream = request.into_limited_body().into_data_stream();
    let (mut picture, mut bytes) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        // The client is gone, or sends more than is read at all.
        let chunk = chunk.map_err(|_| Problem::new(ProblemKind::TooLarge))?;
        bytes += chunk.len();
        if bytes <= MAX_PICTURE_BYTES {
            picture.extend_from_slice(&chunk);
        }
    }
    if !matches!(kind.as_str(), "image/jpeg" | "image/png") {
        return Err(Problem::new(ProblemKind::UnsupportedMediaType));
    }
    if bytes > MAX_PICTURE_BYTES { Err(Problem::new(ProblemKind::TooLarge)) } else { Ok(picture) }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Metrics::global().errors.add(1);
        tracing::error!(error = %failure, "a request of a program could not be answered");
        Self::new(ProblemKind::Unavailable)
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::NoSuchObjection => not_found(),
            UploadError::Closed => Self::new(ProblemKind::AlreadyDecided),
            UploadError::TooMany => Self::of_field("pictures", "too_many"),
            UploadError::KeyUsed => Self::new(ProblemKind::KeyReused),
            UploadError::Refused(refusal) => {
                let text = format!("{} {}", refusal.text(Lang::Fa), refusal.remedy(Lang::Fa));
                let field = FieldProblem { text: Some(text), ..FieldProblem::new(BODY, refusal.code()) };
                Self::of_fields(vec![field])
            }
            UploadError::Busy => Self::new(ProblemKind::Unavailable),
            UploadError::NoWorker(_) => {
                Metrics::global().errors.add(1);
                tracing::error!(%error, "a picture could not be stored");
                Self::new(ProblemKind::Unavailable)
            }
            UploadError::Failed(failure) => failure.into(),
        }
    }
}

/// Add a picture to the draft
///
/// The body is a JPEG or PNG file of at most 10 MiB. The same bytes with the same key are one picture.
#[utoipa::path(put, path = "/api/v1/claims/{id}/objection-draft/pictures", tags = ["insured person", "objections"],
    operation_id = "add_picture", request_body(content((PictureBytes = "image/jpeg"), (PictureBytes = "image/png"))),
    params(("id" = Uuid, Path, description = "The id of the claim."), Shown, IdempotencyHeader),
    responses((status = 200, description = "The picture is stored.", body = PictureView)))]
pub(super) async fn add(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    claim: Result<PathId, Problem>,
    shown: Result<Shown, Problem>,
    key: Result<IdempotencyKey, Problem>,
    request: Request,
) -> Answer<Json<PictureView>> {
    // Each picture is in memory as a whole, so their number is limited.
    let _place = portal.uploads.try_acquire().map_err(|_| Problem::from(UploadError::Busy))?;
    let picture = received(request).await?;
    let (PathId(claim), Shown { kind }, IdempotencyKey(key)) = (claim?, shown?, key?);
    let draft = find_draft(&portal.ctx, &scope, claim).await?.ok_or_else(not_found)?;
    let upload = Upload { objection_id: draft.row.objection_id, kind, key: &key, received: &picture };
    let row = add_picture(&portal.ctx, portal.pictures()?, &scope, upload).await?;
    Ok(Json(PictureView::new(&row)))
}

/// Remove a picture from the draft
///
/// What was sent stays.
#[utoipa::path(delete, path = "/api/v1/claims/{id}/objection-draft/pictures/{picture}",
    tags = ["insured person", "objections"], operation_id = "remove_picture",
    params(("id" = Uuid, Path, description = "The id of the claim."),
        ("picture" = Uuid, Path, description = "The id of the picture.")),
    responses((status = 200, description = "The draft without the picture.", body = DraftView)))]
pub(super) async fn remove(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path((claim, picture)): Path<(String, String)>,
) -> Answer<Json<DraftView>> {
    let (Ok(claim), Ok(picture)) = (claim.parse::<Uuid>(), picture.parse::<Uuid>()) else {
        return Err(not_found());
    };
    let draft = find_draft(&portal.ctx, &scope, claim).await?.ok_or_else(not_found)?;
    // A picture that is gone already needs no problem: the draft shows what is there.
    remove_picture(&portal.ctx, &scope, draft.row.objection_id, picture).await?;
    let draft = find_draft(&portal.ctx, &scope, claim).await?.ok_or_else(not_found)?;
    Ok(Json(DraftView::new(&draft)))
}

/// A picture
///
/// The stored bytes of a picture of the person, of a draft or of an objection.
#[utoipa::path(get, path = "/api/v1/pictures/{id}", tags = ["insured person", "objections"],
    operation_id = "read_picture", params(("id" = Uuid, Path, description = "The id of the picture.")),
    responses((status = 200, description = "The picture.",
        content((PictureBytes = "image/jpeg"), (PictureBytes = "image/png")))))]
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    PathId(id): PathId,
) -> Answer<Response> {
    let found = read_picture(&portal.ctx, portal.pictures()?, &scope, id).await?;
    let (row, bytes) = found.ok_or_else(not_found)?;
    Ok(([(header::CONTENT_TYPE, row.media_type)], bytes).into_response())
}
