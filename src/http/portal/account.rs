//! Who is signed in, in which role, and the way out.

use askama::Template;
use axum::response::Html;

use super::templates::page;
use super::{CsrfToken, ErrorPage, Visitor};
use crate::ident::text::persian_digits;
use crate::store::sessions::PortalRole;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>{{ full_name }}، {{ role }}{% if let Some(unit) = unit %} <bdi dir="ltr">{{ unit }}</bdi>{% endif %}</p>
{% if has_own_file %}<ul>
<li><a href="/my/register">ثبت ازدواج</a></li>
<li><a href="/my/views">چه کسی پروندهٔ مرا دیده است</a></li>
</ul>{% endif %}
<form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{{ csrf.as_str() }}"><button>خروج</button></form>"#
)]
struct Content<'a> {
    full_name: &'a str,
    role: &'static str,
    unit: Option<String>,
    has_own_file: bool,
    csrf: &'a CsrfToken,
}

/// The name of a role, as people read it.
pub(super) fn role_fa(role: PortalRole) -> &'static str {
    match role {
        PortalRole::Insured => "بیمه‌شده",
        PortalRole::Officer => "کارشناس شعبه",
        PortalRole::Supervisor => "ناظر استان",
        PortalRole::Finance => "امور مالی",
        PortalRole::Operator => "راهبر سامانه",
        PortalRole::Auditor => "حسابرس",
    }
}

pub(super) async fn show(visitor: Visitor) -> Result<Html<String>, ErrorPage> {
    let who = &visitor.signed_in;
    let content = Content {
        full_name: who.full_name(),
        role: role_fa(who.role()),
        unit: who.unit().map(persian_digits),
        has_own_file: who.role() == PortalRole::Insured,
        csrf: &visitor.csrf,
    };
    Ok(Html(page("حساب من", &content)?))
}
