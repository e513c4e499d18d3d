//! The page of an error: what happened, and what to do.

use serde::Serialize;

use crate::texts::PageTexts;

/// Why a page cannot be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageError {
    NotFound,
    SignedOut,
    TooMany,
    Stale,
    TooLarge,
    Unavailable,
}

impl PageError {
    pub const ALL: [Self; 6] =
        [Self::NotFound, Self::SignedOut, Self::TooMany, Self::Stale, Self::TooLarge, Self::Unavailable];

    /// The keys of its texts.
    fn keys(self) -> [&'static str; 2] {
        match self {
            Self::NotFound => ["not_found", "not_found_do"],
            Self::SignedOut => ["signed_out", "signed_out_do"],
            Self::TooMany => ["too_many", "too_many_do"],
            Self::Stale => ["stale", "stale_do"],
            Self::TooLarge => ["too_large", "too_large_do"],
            Self::Unavailable => ["unavailable", "unavailable_do"],
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErrorPage {
    pub what: String,
    pub todo: String,
}

impl ErrorPage {
    pub fn new(error: PageError) -> Self {
        let texts = PageTexts::built_in();
        let [what, todo] = error.keys().map(|key| texts.get("error", key).unwrap_or("—").to_owned());
        Self { what, todo }
    }
}
