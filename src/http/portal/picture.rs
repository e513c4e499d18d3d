//! A stored picture, for its owner alone.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::my::claim_id;
use super::{ErrorPage, OwnFile, Portal};
use crate::app::portal::objections::read_picture;

/// The browser may keep it for this session: another one has another cookie.
const CACHE_CONTROL: &str = "private, max-age=900";
/// A picture is shown, and nothing in it runs.
const POLICY: &str = "default-src 'none'; img-src 'self'; sandbox; frame-ancestors 'none'";

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let id = claim_id(&id)?;
    let found = read_picture(&portal.ctx, portal.pictures()?, &scope, id).await?;
    let (row, bytes) = found.ok_or(ErrorPage::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, row.media_type.as_str()),
        (header::CACHE_CONTROL, CACHE_CONTROL),
        (header::VARY, "Cookie"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, bytes).into_response())
}
