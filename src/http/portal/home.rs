//! The first page. It is open for everybody and shows nothing personal.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::templates::page;
use super::{ErrorPage, Portal, Visitor};

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>کمک‌هزینهٔ ازدواج به بیمه‌شده‌ای پرداخت می‌شود که شرط‌های مادهٔ ۸۵ قانون تأمین اجتماعی را دارد. ثبت ازدواج از دفتر رسمی به ما می‌رسد و درخواست دیگری لازم نیست.</p>
{% if is_signed_in %}<p><a href="/account">حساب من</a></p>
{% else if has_sign_in %}<p><a href="/sign-in">ورود</a></p>
<p><a href="/sign-in?as=staff">ورود کارکنان</a></p>{% endif %}"#
)]
struct Content {
    is_signed_in: bool,
    has_sign_in: bool,
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Option<Visitor>,
) -> Result<Html<String>, ErrorPage> {
    let content = Content { is_signed_in: visitor.is_some(), has_sign_in: portal.provider.is_some() };
    Ok(Html(page("کمک‌هزینهٔ ازدواج", &content)?))
}
