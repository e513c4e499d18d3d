//! The guard of every route of the API: access token, right, and the person's limit. No cookie is read here.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Problem;
use crate::http::portal::provider::ProviderError;
use crate::http::portal::rights::{Right, right_of};
use crate::http::portal::{OwnFile, Portal};
use crate::store::scope::PersonScope;
use crate::store::sessions::SignedIn;
use crate::store::staff_scope::StaffScope;
use crate::telemetry::Metrics;
use crate::views::api::problem::ProblemKind;

pub(in crate::http::portal) async fn guard(
    State(portal): State<Arc<Portal>>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let method = request.method().clone();
    if right_of(&method, path.as_str(), None) == Some(Right::Open) {
        return Ok(next.run(request).await);
    }
    let who = authenticated(&portal, request.headers()).await?;
    portal.limits.check_person(who.person()).map_err(Problem::from)?;
    let extensions = request.extensions_mut();
    match right_of(&method, path.as_str(), Some(who.role())) {
        Some(Right::OwnFile) => {
            extensions.insert(OwnFile(PersonScope::own(&who)));
        }
        Some(Right::Casework) => {
            let scope = StaffScope::of(&who).ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
            extensions.insert(Casework(scope));
        }
        // As for a route that does not exist.
        _ => return Err(Problem::new(ProblemKind::NotFound)),
    }
    extensions.insert(who);
    Ok(next.run(request).await)
}

async fn authenticated(portal: &Portal, headers: &HeaderMap) -> Result<SignedIn, Problem> {
    let token = bearer(headers).ok_or_else(|| Problem::new(ProblemKind::Unauthorized))?;
    let provider = portal.provider.as_ref().ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    provider.bearer(token).await.map_err(|error| {
        Metrics::global().portal_sign_ins_failed.add(1);
        tracing::warn!(%error, "an access token is not accepted");
        Problem::new(match error {
            ProviderError::Unavailable(_) => ProblemKind::Unavailable,
            ProviderError::Refused(_) | ProviderError::NoNationalCode | ProviderError::NoStaffRole => {
                ProblemKind::InvalidToken
            }
        })
    })
}

/// The scope of the member of staff. Only a route with [`Right::Casework`] has it.
#[derive(Clone)]
pub(super) struct Casework(pub StaffScope);

impl<S: Send + Sync> FromRequestParts<S> for Casework {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(ProblemKind::NotFound))
    }
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = sent.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && sent.next().is_none()).then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_that_of_the_one_header() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            headers
        };
        assert_eq!(bearer(&headers(&["Bearer a.b.c"])), Some("a.b.c"));
        assert_eq!(bearer(&headers(&["bearer a.b.c"])), Some("a.b.c"));
        for refused in [&[][..], &["Basic eA=="], &["Bearer"], &["Bearer a", "Bearer b"]] {
            assert_eq!(bearer(&headers(refused)), None, "{refused:?}");
        }
    }
}
