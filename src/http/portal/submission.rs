//! The receipt of a submission.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;

use super::templates::page;
use super::{ErrorPage, OwnFile, Portal};
use crate::app::portal;
use crate::ident::text::{number_text, persian_digits};
use crate::wire::registration_form::tracking_fa;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>در <bdi dir="ltr">{{ at }}</bdi> ثبت شد. شمارهٔ پیگیری: <bdi dir="ltr">{{ tracking }}</bdi></p>
<p>{% if is_delivered %}به بررسی سپرده شد{% else %}محفوظ است و به‌زودی به بررسی سپرده می‌شود{% endif %}. پاسخ پس از بررسی در همین سامانه نشان داده می‌شود؛ کاری لازم نیست.</p>"#
)]
struct Content {
    at: String,
    tracking: String,
    is_delivered: bool,
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path(no): Path<String>,
) -> Result<Html<String>, ErrorPage> {
    let found = portal::submission(&portal.ctx, &scope, number_text(&no)).await?;
    let receipt = found.ok_or(ErrorPage::NotFound)?;
    let content = Content {
        at: persian_digits(&portal.ctx.clock.tehran(receipt.submitted_at)),
        tracking: tracking_fa(&receipt.tracking),
        is_delivered: receipt.delivered_at.is_some(),
    };
    Ok(Html(page("رسید", &content)?))
}
