//! The cookies: the session's token, and what ties a sign-in to its browser. With TLS they have the prefix `__Host-`, so
//! that no other host and no plain connection can set them.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use super::Portal;

const SESSION: &str = "peyvand-session";
const SIGN_IN: &str = "peyvand-sign-in";

fn name(portal: &Portal, base: &str) -> String {
    if portal.has_tls() { format!("__Host-{base}") } else { base.to_owned() }
}

fn read(portal: &Portal, headers: &HeaderMap, base: &str) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(&name(portal, base)).map(|cookie| cookie.value().to_owned())
}

pub(super) fn session(portal: &Portal, headers: &HeaderMap) -> Option<String> {
    read(portal, headers, SESSION)
}

pub(super) fn sign_in(portal: &Portal, headers: &HeaderMap) -> Option<String> {
    read(portal, headers, SIGN_IN)
}

fn cookie(portal: &Portal, base: &str, value: String) -> Cookie<'static> {
    Cookie::build((name(portal, base), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(portal.has_tls())
        .build()
}

/// A jar that sets only the session's cookie. An empty token removes it.
pub(super) fn set_session(portal: &Portal, jar: CookieJar, token: Option<String>) -> CookieJar {
    set(portal, jar, SESSION, token)
}

pub(super) fn set_sign_in(portal: &Portal, jar: CookieJar, token: Option<String>) -> CookieJar {
    set(portal, jar, SIGN_IN, token)
}

fn set(portal: &Portal, jar: CookieJar, base: &str, token: Option<String>) -> CookieJar {
    let mut set = cookie(portal, base, token.clone().unwrap_or_default());
    if token.is_none() {
        set.make_removal();
    }
    jar.add(set)
}
