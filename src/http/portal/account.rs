//! Who is signed in, and in which role.

use axum::Extension;
use axum::response::Html;

use super::ErrorPage;
use crate::http::pages::{self, AccountView, Visitor};
use crate::ident::text::persian_digits;
use crate::store::sessions::{PortalRole, SignedIn};
use crate::texts::PageTexts;

/// The name of a role, as people read it.
fn role_fa(role: PortalRole) -> &'static str {
    match role {
        PortalRole::Insured => "بیمه‌شده",
        staff => PageTexts::built_in().get("role", staff.as_str()).unwrap_or_default(),
    }
}

pub(super) async fn show(
    Extension(who): Extension<SignedIn>,
    visitor: Visitor,
) -> Result<Html<String>, ErrorPage> {
    let view = AccountView {
        full_name: who.full_name().to_owned(),
        role: role_fa(who.role()).to_owned(),
        unit: who.unit().map(persian_digits),
    };
    Ok(Html(pages::account(&visitor, &view)?))
}
