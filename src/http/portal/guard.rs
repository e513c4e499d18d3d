//! The guard of every route: session, right, limits, and what protects a POST.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::csrf::{self, CsrfToken};
use super::rights::{Right, right_of};
use super::{ErrorPage, Portal, cookies};
use crate::store::scope::PersonScope;
use crate::store::sessions::{self, SignedIn};

/// Who is signed in. An extension of every request with a session.
#[derive(Clone)]
pub struct Visitor {
    pub signed_in: SignedIn,
    /// For the forms of the page.
    pub csrf: CsrfToken,
}

/// The scope of the visitor's own file. Only a route with [`Right::OwnFile`] has it.
#[derive(Clone)]
pub struct OwnFile(pub PersonScope);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = ErrorPage;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ErrorPage> {
        parts.extensions.get::<Self>().cloned().ok_or(ErrorPage::NotFound)
    }
}

impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OwnFile {
    type Rejection = ErrorPage;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ErrorPage> {
        parts.extensions.get::<Self>().cloned().ok_or(ErrorPage::NotFound)
    }
}

pub(super) async fn guard(
    State(portal): State<Arc<Portal>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    match admit(&portal, path.as_str(), request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => *refused,
    }
}

/// Boxed, because a response is large and rarely refused.
type Refused = Box<Response>;

fn refuse(page: ErrorPage) -> Refused {
    Box::new(page.into_response())
}

async fn admit(portal: &Portal, path: &str, mut request: Request) -> Result<Request, Refused> {
    let visitor = visitor(portal, request.headers()).await.map_err(refuse)?;
    let method = request.method().clone();
    let role = visitor.as_ref().map(|visitor| visitor.signed_in.role());
    let right = right_of(&method, path, role).ok_or_else(|| refuse(ErrorPage::NotFound))?;
    if let Some(visitor) = &visitor {
        portal.limits.check_person(visitor.signed_in.person()).map_err(refuse)?;
    }
    match (right, &visitor) {
        (Right::Anyone, _) | (Right::SignedIn | Right::OwnFile, Some(_)) => {}
        (Right::SignedIn | Right::OwnFile, None) => {
            return Err(ask_to_sign_in(&method, request.uri()));
        }
        // As for a route that does not exist.
        (Right::None, _) => return Err(refuse(ErrorPage::NotFound)),
    }
    let csrf = visitor.as_ref().map(|visitor| visitor.csrf.clone());
    if let Some(visitor) = visitor {
        if right == Right::OwnFile {
            request.extensions_mut().insert(OwnFile(PersonScope::own(&visitor.signed_in)));
        }
        request.extensions_mut().insert(visitor);
    }
    match (method == Method::POST, csrf) {
        (false, _) => Ok(request),
        (true, Some(csrf)) => csrf::check(&portal.settings.url, &csrf, request).await.map_err(refuse),
        (true, None) => Err(refuse(ErrorPage::SessionOver)),
    }
}

async fn visitor(portal: &Portal, headers: &HeaderMap) -> Result<Option<Visitor>, ErrorPage> {
    let Some(token) = cookies::session(portal, headers) else {
        return Ok(None);
    };
    let found =
        portal.ctx.with_timeout(sessions::resume(&portal.ctx.pool, &token, portal.settings.sessions)).await?;
    Ok(found.map(|signed_in| Visitor { signed_in, csrf: CsrfToken::of_session(&token) }))
}

/// A page is opened again after the sign-in. What a form has sent is not: the browser still shows it.
fn ask_to_sign_in(method: &Method, uri: &Uri) -> Refused {
    if method == Method::POST {
        return refuse(ErrorPage::SessionOver);
    }
    let to = form_urlencoded(uri.path_and_query().map_or("/", |path| path.as_str()));
    Box::new(Redirect::to(&format!("/sign-in?to={to}")).into_response())
}

fn form_urlencoded(text: &str) -> String {
    openidconnect::url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
