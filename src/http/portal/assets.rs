//! The style sheet, the script, the font and the icon. They are the same for everybody.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::ErrorPage;
use crate::http::assets::{self, Asset, CACHE_CONTROL};
use crate::http::pages::paths;

/// The path of the icon that browsers ask for by themselves has no digest, so it is kept for a day.
const FAVICON_CACHE: &str = "public, max-age=86400";

fn answer(asset: &'static Asset, cache: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, cache)];
    (headers, asset.body.as_ref()).into_response()
}

pub(super) async fn show(Path(name): Path<String>) -> Result<Response, ErrorPage> {
    let path = paths::ASSET.replace("{name}", &name);
    let asset = assets::find(&path).ok_or(ErrorPage::NotFound)?;
    Ok(answer(asset, CACHE_CONTROL))
}

pub(super) async fn favicon() -> Response {
    answer(assets::icon(), FAVICON_CACHE)
}
