//! The routes and their handlers. `super::rights` has the rights of each.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use super::{Portal, account, home, register, sign_in, submission, views};

/// A route with its handler.
pub(super) struct PortalRoute {
    pub method: &'static str,
    pub path: &'static str,
    /// Whether it exists only with an OpenID provider.
    is_personal: bool,
    pub handler: MethodRouter<Arc<Portal>>,
}

fn all() -> Vec<PortalRoute> {
    let public = |path, handler| PortalRoute { method: "GET", path, is_personal: false, handler };
    let page = |path, handler| PortalRoute { method: "GET", path, is_personal: true, handler };
    let form = |path, handler| PortalRoute { method: "POST", path, is_personal: true, handler };
    vec![
        public("/", get(home::show)),
        page("/sign-in", get(sign_in::begin)),
        page("/sign-in/callback", get(sign_in::complete)),
        form("/sign-out", post(sign_in::end)),
        page("/account", get(account::show)),
        page("/my/views", get(views::show)),
        page("/my/register", get(register::show)),
        form("/my/register", post(register::submit)),
        page("/my/submissions/{no}", get(submission::show)),
    ]
}

pub(super) fn routes(has_provider: bool) -> impl Iterator<Item = PortalRoute> {
    all().into_iter().filter(move |route| has_provider || !route.is_personal)
}

/// Method and path of every route.
pub fn route_names() -> Vec<(&'static str, &'static str)> {
    all().iter().map(|route| (route.method, route.path)).collect()
}
