//! Sign-in by OpenID Connect (authorization code flow with PKCE, state and nonce), and sign-out.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;

use super::provider::{Answer, FROM_PROVIDER, Identity, OpenIdProvider, ProviderError};
use super::{ErrorPage, Portal, cookies};
use crate::http::pages::{self, SignedOut, Visitor, paths};
use crate::store::sessions::{self, PendingSignIn, SignInProof};
use crate::telemetry::Metrics;

#[derive(Deserialize)]
pub(super) struct Begin {
    /// The page to return to.
    to: Option<String>,
    /// `staff` for a session with a role of staff.
    r#as: Option<String>,
}

type Answered = Result<(CookieJar, Redirect), ErrorPage>;

/// 244 random bits.
fn random_token() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// A path of our own pages; anything else leads to the first page of the role.
fn return_to(to: Option<String>, as_staff: bool) -> String {
    let is_own = |path: &String| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/sign-")
            && path.len() <= 500
            && path.chars().all(|c| c.is_ascii_graphic() && c != '\\')
    };
    let first = if as_staff { paths::ACCOUNT } else { paths::MY };
    to.filter(is_own).unwrap_or_else(|| first.to_owned())
}

fn provider(portal: &Portal) -> Result<&OpenIdProvider, ErrorPage> {
    portal.provider.as_ref().ok_or(ErrorPage::NotFound)
}

fn failed(error: ProviderError) -> ErrorPage {
    tracing::warn!(%error, "a sign-in failed");
    Metrics::global().portal_sign_ins_failed.add(1);
    match error {
        ProviderError::Unavailable(_) => ErrorPage::Unavailable,
        ProviderError::NoNationalCode => ErrorPage::NoNationalCode,
        ProviderError::NoStaffRole => ErrorPage::NoStaffRole,
        ProviderError::Refused(_) => ErrorPage::SignInFailed,
    }
}

pub(super) async fn begin(State(portal): State<Arc<Portal>>, Query(begin): Query<Begin>) -> Answered {
    let (state, browser) = (random_token(), random_token());
    let request = provider(&portal)?.authorize(&state).await.map_err(failed)?;
    let as_staff = begin.r#as.as_deref() == Some("staff");
    let pending = PendingSignIn {
        nonce: request.nonce,
        verifier: request.verifier,
        as_staff,
        return_to: return_to(begin.to, as_staff),
    };
    let proof = SignInProof { state: &state, browser: &browser };
    portal.ctx.with_timeout(sessions::begin_sign_in(&portal.ctx.pool, proof, &pending)).await?;
    let jar = cookies::set_sign_in(&portal, CookieJar::new(), Some(browser));
    Ok((jar, Redirect::to(&request.url)))
}

#[derive(Deserialize)]
pub(super) struct Callback {
    code: Option<String>,
    state: Option<String>,
}

/// The provider's answer. It counts once, and only in the browser that began the sign-in.
pub(super) async fn complete(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
    Query(callback): Query<Callback>,
) -> Answered {
    let browser = cookies::sign_in(&portal, &headers).ok_or(ErrorPage::SignInFailed)?;
    let state = callback.state.ok_or(ErrorPage::SignInFailed)?;
    let proof = SignInProof { state: &state, browser: &browser };
    let taken = portal.ctx.with_timeout(sessions::take_sign_in(&portal.ctx.pool, proof)).await?;
    let pending = taken.ok_or(ErrorPage::SignInFailed)?;
    // Without a code, the person or the provider has refused.
    let code = callback.code.ok_or(ErrorPage::SignInFailed)?;
    let answer =
        Answer { code, verifier: pending.verifier, nonce: pending.nonce, as_staff: pending.as_staff };
    let Identity { session: new, id_token } = provider(&portal)?.identity(answer).await.map_err(failed)?;
    // The id of a session is never kept over a sign-in.
    if let Some(old) = cookies::session(&portal, &headers) {
        portal.ctx.with_timeout(sessions::end(&portal.ctx.pool, &old)).await?;
        portal.id_tokens.take(&old, portal.ctx.clock.instant());
    }
    let token = random_token();
    let limits = portal.settings.sessions;
    portal.ctx.with_timeout(sessions::open(&portal.ctx.pool, &token, &new, limits)).await?;
    portal.id_tokens.keep(&token, id_token, portal.ctx.clock.instant());
    Metrics::global().portal_sign_ins.add(1);
    let jar = cookies::set_session(&portal, CookieJar::new(), Some(token));
    let jar = cookies::set_sign_in(&portal, jar, None);
    Ok((jar, Redirect::to(&pending.return_to)))
}

/// Ends the session here, and leads to the provider's logout. The answer is a page that goes on by itself and not a
/// redirect: the content security policy lets a form lead to no other site.
pub(super) async fn end(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
) -> Result<Response, ErrorPage> {
    let mut id_token = None;
    if let Some(token) = cookies::session(&portal, &headers) {
        portal.ctx.with_timeout(sessions::end(&portal.ctx.pool, &token)).await?;
        id_token = portal.id_tokens.take(&token, portal.ctx.clock.instant());
    }
    let jar = cookies::set_session(&portal, CookieJar::new(), None);
    Ok(match logout_url(&portal, id_token.as_deref()).await {
        Some(url) => (jar, Html(pages::signed_out(None, &SignedOut::GoingOn { url })?)).into_response(),
        None => (jar, Redirect::to(paths::SIGNED_OUT)).into_response(),
    })
}

/// None if the provider has no logout or does not answer: the session here is over in any case.
async fn logout_url(portal: &Portal, id_token: Option<&str>) -> Option<String> {
    match portal.provider.as_ref()?.logout_url(id_token).await {
        Ok(url) => url,
        Err(error) => {
            tracing::warn!(%error, "a session at the provider is not ended");
            None
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Returned {
    state: Option<String>,
}

/// What has happened: the provider's logout returns here, with the state that it was given.
pub(super) async fn ended(
    visitor: Option<Visitor>,
    Query(returned): Query<Returned>,
) -> Result<Html<String>, ErrorPage> {
    let by_provider = returned.state.as_deref() == Some(FROM_PROVIDER);
    let what = if by_provider { SignedOut::Everywhere } else { SignedOut::HereOnly };
    Ok(Html(pages::signed_out(visitor.as_ref(), &what)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_returns_only_to_an_own_page() {
        for (to, expected) in [
            ("/my/register?x=1", "/my/register?x=1"),
            ("//evil.example.org", "/my"),
            ("/\\evil.example.org", "/my"),
            ("https://evil.example.org", "/my"),
            ("/sign-out", "/my"),
            ("/my\r\nset-cookie: x", "/my"),
            ("", "/my"),
        ] {
            assert_eq!(return_to(Some(to.to_owned()), false), expected, "{to}");
        }
        assert_eq!(
            (return_to(None, false), return_to(None, true)),
            ("/my".to_owned(), "/account".to_owned())
        );
    }

    #[test]
    fn tokens_are_long_and_differ() {
        let tokens: std::collections::BTreeSet<_> = (0..100).map(|_| random_token()).collect();
        assert!(tokens.len() == 100 && tokens.iter().all(|token| token.len() == 64));
    }
}
