//! What protects a POST from other sites: the browser's statement of its origin, and a token that only our pages know.
//!
//! The token is a field `csrf` of a form, or the header `x-csrf-token` of a script. A form with files
//! (`multipart/form-data`) carries it in its address, `?csrf=…`, because its body is not read here.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use openidconnect::url::form_urlencoded;
use sha2::{Digest, Sha256};

use super::{ErrorPage, MAX_FORM_BYTES, upload};

/// The name of the field.
pub const FIELD: &str = "csrf";
const HEADER: &str = "x-csrf-token";

/// The token of a session. It is derived from the secret in the session's cookie, which other sites cannot read.
#[derive(Clone, PartialEq, Eq)]
pub struct CsrfToken(String);

impl CsrfToken {
    pub(super) fn of_session(token: &str) -> Self {
        Self(hex::encode(Sha256::digest(format!("csrf\x1f{token}"))))
    }

    /// The text for the hidden field.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares without telling by its time how much of the text is right.
    fn is(&self, text: &str) -> bool {
        let different = self.0.bytes().zip(text.bytes()).fold(0, |different, (a, b)| different | (a ^ b));
        self.0.len() == text.len() && different == 0
    }
}

/// Refuses a POST from another site.
pub(super) async fn check(origin: &str, csrf: &CsrfToken, request: Request) -> Result<Request, ErrorPage> {
    if !is_same_origin(origin, request.headers()) {
        return Err(ErrorPage::OtherSite);
    }
    let sent = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    if sent.is_some_and(|sent| csrf.is(sent)) {
        return Ok(request);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    if kind.starts_with("multipart/form-data") {
        let query = request.uri().query().unwrap_or_default().to_owned();
        if has_token(query.as_bytes(), csrf) {
            return Ok(request);
        }
        upload::drain(request.into_body()).await;
        return Err(ErrorPage::OtherSite);
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(ErrorPage::OtherSite);
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_FORM_BYTES).await.map_err(|_| ErrorPage::TooLarge)?;
    if !has_token(&bytes, csrf) {
        return Err(ErrorPage::OtherSite);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn has_token(form: &[u8], csrf: &CsrfToken) -> bool {
    form_urlencoded::parse(form).any(|(name, value)| name == FIELD && csrf.is(&value))
}

/// Browsers name the origin of every POST. Without it, only a statement of the browser itself counts.
fn is_same_origin(origin: &str, headers: &HeaderMap) -> bool {
    match headers.get(header::ORIGIN) {
        Some(sent) => sent.as_bytes().eq_ignore_ascii_case(origin.as_bytes()),
        None => headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_belongs_to_one_session() {
        let own = CsrfToken::of_session("a");
        assert!(own.is(own.as_str()) && !own.is("") && !own.is(CsrfToken::of_session("b").as_str()));
        assert!(!own.is(&own.as_str()[1..]));
        assert!(has_token(format!("x=1&csrf={}", own.as_str()).as_bytes(), &own));
        assert!(!has_token(b"x=1&csrf=", &own) && !has_token(b"", &own));
    }

    #[test]
    fn only_the_own_origin_may_post() {
        let origin = "https://portal.example.org";
        let headers = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            headers
        };
        for (sent, expected) in [
            (&[("origin", "https://portal.example.org")][..], true),
            (&[("origin", "https://evil.example.org"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", "null")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[], false),
        ] {
            assert_eq!(is_same_origin(origin, &headers(sent)), expected, "{sent:?}");
        }
    }
}
