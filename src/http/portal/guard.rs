//! The guard of every route: session, right, limits, and what protects a POST.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::csrf::{self, CsrfToken};
use super::error_page::ReturnTo;
use super::rights::{Right, right_of};
use super::{ErrorPage, Portal, cookies, error_page, upload};
use crate::http::pages::{Visitor, paths};
use crate::store::scope::PersonScope;
use crate::store::sessions::{self, PortalRole, SignedIn};

/// The scope of the visitor's own file. Only a route with [`Right::OwnFile`] has it.
#[derive(Clone)]
pub struct OwnFile(pub PersonScope);

/// A visitor is an extension of every request with a session; so is [`SignedIn`].
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

/// A valid session.
struct Session {
    signed_in: SignedIn,
    csrf: CsrfToken,
}

impl Session {
    fn visitor(&self) -> Visitor {
        Visitor {
            csrf: self.csrf.as_str().to_owned(),
            has_own_file: self.signed_in.role() == PortalRole::Insured,
        }
    }
}

pub(super) async fn guard(
    State(portal): State<Arc<Portal>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    if right_of(request.method(), path.as_str(), None) == Some(Right::Open) {
        return next.run(request).await;
    }
    let session = match resume(&portal, request.headers()).await {
        Ok(session) => session,
        Err(page) => return page.into_response(),
    };
    let visitor = session.as_ref().map(Session::visitor);
    let response = match admit(&portal, path.as_str(), session, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => *refused,
    };
    error_page::write(response, visitor.as_ref())
}

/// Boxed, because a response is large and rarely refused.
type Refused = Box<Response>;

fn refuse(page: ErrorPage) -> Refused {
    Box::new(page.into_response())
}

async fn admit(
    portal: &Portal,
    path: &str,
    session: Option<Session>,
    mut request: Request,
) -> Result<Request, Refused> {
    let method = request.method().clone();
    let role = session.as_ref().map(|session| session.signed_in.role());
    let right = right_of(&method, path, role).ok_or_else(|| refuse(ErrorPage::NotFound))?;
    if let Some(session) = &session {
        portal.limits.check_person(session.signed_in.person()).map_err(refuse)?;
    }
    match (right, &session) {
        (Right::Open | Right::Anyone, _) | (Right::SignedIn | Right::OwnFile, Some(_)) => {}
        (Right::SignedIn | Right::OwnFile, None) if method == Method::POST => {}
        (Right::SignedIn | Right::OwnFile, None) if is_part_of_a_page(request.headers()) => {
            return Err(refuse(ErrorPage::SessionOver));
        }
        (Right::SignedIn | Right::OwnFile, None) => return Err(ask_to_sign_in(request.uri())),
        // As for a route that does not exist.
        // Casework is a right of programs alone.
        (Right::None | Right::Casework, _) => return Err(refuse(ErrorPage::NotFound)),
    }
    if let Some(session) = &session {
        let extensions = request.extensions_mut();
        if right == Right::OwnFile {
            extensions.insert(OwnFile(PersonScope::own(&session.signed_in)));
        }
        extensions.insert(session.visitor());
        extensions.insert(session.signed_in.clone());
    }
    match (method == Method::POST, session) {
        (false, _) => Ok(request),
        (true, Some(session)) => {
            csrf::check(&portal.settings.url, &session.csrf, request).await.map_err(refuse)
        }
        (true, None) => {
            let page = ask_again(&request);
            upload::drain(request.into_body()).await;
            Err(page)
        }
    }
}

async fn resume(portal: &Portal, headers: &HeaderMap) -> Result<Option<Session>, ErrorPage> {
    let Some(token) = cookies::session(portal, headers) else {
        return Ok(None);
    };
    let found =
        portal.ctx.with_timeout(sessions::resume(&portal.ctx.pool, &token, portal.settings.sessions)).await?;
    Ok(found.map(|signed_in| Session { signed_in, csrf: CsrfToken::of_session(&token) }))
}

/// A picture or a script's request must begin no sign-in: its cookie would replace that of the person's own.
fn is_part_of_a_page(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_some_and(|wanted| wanted != "document")
}

/// A page is opened again after the sign-in.
fn ask_to_sign_in(uri: &Uri) -> Refused {
    let to = form_urlencoded(uri.path_and_query().map_or("/", |path| path.as_str()));
    Box::new(Redirect::to(&format!("{}?to={to}", paths::SIGN_IN)).into_response())
}

/// What a form has sent without a session is not kept. The sign-in leads back to its page, where one exists: what was kept
/// before is there.
fn ask_again(request: &Request) -> Refused {
    let mut page = ErrorPage::SessionOver.into_response();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    if right_of(&Method::GET, route, None).is_some() {
        page.extensions_mut().insert(ReturnTo(request.uri().path().to_owned()));
    }
    Box::new(page)
}

fn form_urlencoded(text: &str) -> String {
    openidconnect::url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
