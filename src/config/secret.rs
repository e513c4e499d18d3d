//! A value that must not reach a screen or a log by accident.

use std::fmt;

/// What stands in the place of a secret wherever settings are shown.
pub(super) const HIDDEN: &str = "(hidden)";

/// Text that shows itself only to who asks for it by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the library that needs it, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// A database URL fit for the screen: its passwords, before the `@` or as a parameter, are hidden; all of it where its
/// form is not known.
pub(super) fn masked_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.is_empty() { String::new() } else { HIDDEN.to_owned() };
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let place = match place.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:{HIDDEN}@{host}"),
            None => place.to_owned(),
        },
        None => place.to_owned(),
    };
    let query = query.map(|query| query.split('&').map(masked_parameter).collect::<Vec<_>>().join("&"));
    match query {
        Some(query) => format!("{scheme}://{place}?{query}"),
        None => format!("{scheme}://{place}"),
    }
}

fn masked_parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    }
}

/// Whether a librdkafka property may hold something that is nobody's business.
pub(super) fn property_is_secret(property: &str) -> bool {
    let shown = matches!(property, "sasl.mechanism" | "sasl.mechanisms");
    !shown
        && (property.starts_with("sasl.")
            || property.contains("password")
            || property.contains("secret")
            || property.ends_with(".pem"))
}
