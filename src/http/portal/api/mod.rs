//! The API of programs, below `/api/v1`. It answers a program of a person or of a member of staff, who is named by an
//! access token of the OpenID provider (`access_token`). The handlers call the same use cases as the pages.
//!
//! Every error is a problem (`problem`), also those of the router and of the limits. `openapi` describes the routes from
//! the handlers themselves.

mod casework;
mod claims;
mod extract;
pub(super) mod guard;
mod objections;
pub mod openapi;
pub mod paths;
mod pictures;
pub(super) mod problem;
mod registrations;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::{Portal, upload};

fn described() -> OpenApiRouter<Arc<Portal>> {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(claims::list))
        .routes(routes!(claims::show))
        .routes(routes!(claims::views))
        .routes(routes!(registrations::register))
        .routes(routes!(registrations::receipt))
        .routes(routes!(objections::show_draft, objections::write_draft))
        .routes(routes!(pictures::add).layer(upload::body_limit()))
        .routes(routes!(pictures::remove))
        .routes(routes!(pictures::show))
        .routes(routes!(objections::list, objections::send))
        .routes(routes!(objections::show))
        .routes(routes!(objections::withdraw))
        .routes(routes!(casework::list_findings, casework::propose_finding))
        .routes(routes!(casework::show_finding))
        .routes(routes!(casework::approve_finding))
        .routes(routes!(casework::reject_finding))
        .routes(routes!(casework::list_objections))
        .routes(routes!(casework::close_objection))
        .routes(routes!(casework::list_cases))
        .routes(routes!(casework::show_case))
        .routes(routes!(casework::propose_ending))
        .routes(routes!(casework::approve_ending))
        .routes(routes!(casework::reject_ending))
}

/// The routes with their handlers, without the guard.
pub(super) fn router() -> Router<Arc<Portal>> {
    let (router, _) = described().split_for_parts();
    router.route(paths::OPENAPI, get(openapi::show))
}

/// Method and path of every route, as the document has them.
pub fn route_names() -> Vec<(String, String)> {
    let mut names = vec![("GET".to_owned(), paths::OPENAPI.to_owned())];
    names.extend(openapi::operations(&openapi::document()));
    names
}
