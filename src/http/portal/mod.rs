//! The portal: pages for people. Handlers never decide a claim and never write to Kafka; they call `crate::app::portal`.
//!
//! Each request passes the security headers (`headers`), what makes every error a page (`error_page`), the limit of its
//! address (`limits`), and the guard of its route (`guard`): session, right (`rights`), the person's limit, and for a POST its origin and CSRF token. A route without
//! a line in the table of rights is refused.
//!
//! Programs use the routes of `api`, which have a guard of their own: an access token counts only there, and a cookie
//! never.

mod access_token;
mod account;
pub mod api;
mod assets;
mod cookies;
mod csrf;
mod draft;
mod error_page;
mod guard;
mod headers;
mod id_tokens;
mod limits;
mod my;
mod objection;
mod picture;
mod provider;
mod public;
mod register;
mod rights;
mod routes;
mod sign_in;
mod upload;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::sync::{Notify, Semaphore};

pub use guard::OwnFile;
use my::read as read_own;
pub use provider::{ClaimNames, OpenIdProvider, ProviderSettings};
pub use rights::{RIGHTS, Right, RouteRights, right_of};
pub use routes::route_names;

use crate::app::AppContext;
use crate::app::portal::objections::PictureStore;
use crate::law::SolarDate;
use crate::store::sessions::SessionLimits;
pub use crate::views::my::error_page::ErrorPage;
use crate::views::my::file::LawTables;
use id_tokens::IdTokens;
use limits::RequestLimits;

/// The largest body of a form.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// What an installation's settings say about the portal.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    /// The origin that browsers see.
    pub url: String,
    pub proxies: Vec<IpAddr>,
    pub sessions: SessionLimits,
    pub requests_per_min: u32,
}

/// What the handlers share.
pub struct Portal {
    pub ctx: AppContext,
    pub settings: PortalSettings,
    /// Without it there are no personal routes.
    pub provider: Option<OpenIdProvider>,
    /// Wakes the delivery of submissions.
    pub submitted: Arc<Notify>,
    /// Where there are personal routes.
    pub pictures: Option<PictureStore>,
    law_tables: LawTables,
    limits: RequestLimits,
    id_tokens: IdTokens,
    /// Places for pictures that are being received.
    uploads: Semaphore,
}

impl Portal {
    pub fn new(
        ctx: AppContext,
        settings: PortalSettings,
        provider: Option<OpenIdProvider>,
        pictures: Option<PictureStore>,
        submitted: Arc<Notify>,
    ) -> Self {
        let limits = RequestLimits::new(settings.requests_per_min);
        let law_tables = LawTables::new([(*ctx.tables).clone()]);
        let id_tokens = IdTokens::new(settings.sessions.absolute);
        let uploads = Semaphore::new(upload::MAX_UPLOADS);
        Self { ctx, settings, provider, submitted, pictures, law_tables, limits, id_tokens, uploads }
    }

    /// The store of pictures, which every installation with a provider has.
    fn pictures(&self) -> Result<&PictureStore, ErrorPage> {
        self.pictures.as_ref().ok_or(ErrorPage::NotFound)
    }

    fn today(&self) -> SolarDate {
        self.ctx.business_date(self.ctx.clock.now())
    }

    /// Whether browsers reach the portal with TLS. Only then cookies have the prefix `__Host-`.
    fn has_tls(&self) -> bool {
        self.settings.url.starts_with("https://")
    }
}

/// The lifetimes of sessions by the settings, in minutes.
pub fn session_limits(idle_min: u64, absolute_min: u64) -> SessionLimits {
    let minutes = |n: u64| Duration::from_secs(n.saturating_mul(60));
    SessionLimits { idle: minutes(idle_min), absolute: minutes(absolute_min) }
}

pub fn router(portal: Arc<Portal>) -> Router {
    let mut router = Router::new();
    for route in routes::routes(portal.provider.is_some()) {
        router = router.route(route.path, route.handler);
    }
    router = router.route_layer(from_fn_with_state(portal.clone(), guard::guard));
    if portal.provider.as_ref().is_some_and(OpenIdProvider::has_api) {
        let guarded = from_fn_with_state(portal.clone(), api::guard::guard);
        router = router.merge(api::router().route_layer(guarded));
    }
    router
        .fallback(error_page::not_found)
        .method_not_allowed_fallback(error_page::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn_with_state(portal.clone(), limits::limit_address))
        .layer(from_fn(error_page::replace_plain_errors))
        // The outermost, so that every answer has the headers.
        .layer(from_fn_with_state(portal.clone(), headers::add))
        .with_state(portal)
}
