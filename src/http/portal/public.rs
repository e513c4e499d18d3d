//! The first page. It is open for everybody and shows nothing personal.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;

use super::{ErrorPage, Portal};
use crate::http::pages::{self, Visitor};
use crate::views::my::public::PublicPage;

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Option<Visitor>,
) -> Result<Html<String>, ErrorPage> {
    let view = PublicPage::new(&portal.ctx.tables, portal.today());
    Ok(Html(pages::public(visitor.as_ref(), portal.provider.is_some(), &view)?))
}
