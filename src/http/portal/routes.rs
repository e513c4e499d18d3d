//! The routes and their handlers. `super::rights` has the rights of each.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use super::{Portal, account, assets, draft, my, objection, picture, public, register, sign_in, upload};
use crate::http::pages::paths;

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
        public(paths::PUBLIC, get(public::show)),
        public(paths::ASSET, get(assets::show)),
        public(paths::FAVICON, get(assets::favicon)),
        page(paths::SIGN_IN, get(sign_in::begin)),
        page(paths::SIGN_IN_CALLBACK, get(sign_in::complete)),
        form(paths::SIGN_OUT, post(sign_in::end)),
        page(paths::SIGNED_OUT, get(sign_in::ended)),
        page(paths::ACCOUNT, get(account::show)),
        page(paths::MY, get(my::show)),
        page(paths::CLAIM_OF_ID, get(my::claim)),
        page(paths::SUM_OF_ID, get(my::sum)),
        page(paths::LETTER_OF_ID, get(my::letter)),
        page(paths::OBJECT_OF_ID, get(draft::form)),
        form(paths::OBJECT_OF_ID, post(draft::save)),
        page(paths::OBJECT_PICTURES_OF_ID, get(draft::pictures)),
        form(paths::OBJECT_PICTURES_OF_ID, post(draft::upload).layer(upload::body_limit())),
        form(paths::OBJECT_PICTURES_REMOVE_OF_ID, post(draft::remove)),
        page(paths::OBJECT_CHECK_OF_ID, get(draft::check)),
        form(paths::OBJECT_SEND_OF_ID, post(draft::send)),
        page(paths::OBJECTION_OF_NO, get(objection::show)),
        page(paths::OBJECTION_PICTURES_OF_NO, get(objection::pictures)),
        form(paths::OBJECTION_PICTURES_OF_NO, post(objection::upload).layer(upload::body_limit())),
        form(paths::OBJECTION_PICTURES_REMOVE_OF_NO, post(objection::remove)),
        form(paths::OBJECTION_PICTURES_SEND_OF_NO, post(objection::send_pictures)),
        page(paths::OBJECTION_WITHDRAW_OF_NO, get(objection::ask_to_withdraw)),
        form(paths::OBJECTION_WITHDRAW_OF_NO, post(objection::withdraw)),
        page(paths::PICTURE_OF_ID, get(picture::show)),
        page(paths::OPENINGS, get(my::views)),
        page(paths::REGISTER, get(register::show)),
        form(paths::REGISTER, post(register::change)),
        form(paths::REGISTER_CHECK, post(register::check)),
        form(paths::REGISTER_SEND, post(register::send)),
        page(paths::SUBMISSION_OF_NO, get(register::receipt)),
    ]
}

pub(super) fn routes(has_provider: bool) -> impl Iterator<Item = PortalRoute> {
    all().into_iter().filter(move |route| has_provider || !route.is_personal)
}

/// Method and path of every route, of pages and of the API.
pub fn route_names() -> Vec<(String, String)> {
    let pages = all().into_iter().map(|route| (route.method.to_owned(), route.path.to_owned()));
    pages.chain(super::api::route_names()).collect()
}
