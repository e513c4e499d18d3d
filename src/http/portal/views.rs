//! Who opened the person's file, when, and in which role.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::account::role_fa;
use super::templates::page;
use super::{ErrorPage, OwnFile, Portal};
use crate::app::portal;
use crate::ident::text::persian_digits;
use crate::store::file_views::FileView;

struct Line {
    at: String,
    role: &'static str,
    unit: Option<String>,
    is_own: bool,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<ol>
{% for line in lines %}<li><bdi dir="ltr">{{ line.at }}</bdi> - {% if line.is_own %}خود شما{% else %}{{ line.role }}{% if let Some(unit) = line.unit %} <bdi dir="ltr">{{ unit }}</bdi>{% endif %}{% endif %}</li>
{% endfor %}</ol>"#
)]
struct Content {
    lines: Vec<Line>,
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
) -> Result<Html<String>, ErrorPage> {
    let views = portal::views(&portal.ctx, &scope).await?;
    let line = |view: &FileView| Line {
        at: persian_digits(&portal.ctx.clock.tehran(view.at)),
        role: role_fa(view.role),
        unit: view.unit.as_deref().map(persian_digits),
        is_own: view.viewer == scope.person(),
    };
    Ok(Html(page("چه کسی پروندهٔ شما را دیده است", &Content { lines: views.iter().map(line).collect() })?))
}
