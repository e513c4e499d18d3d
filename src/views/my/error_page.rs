//! The page of an error: what happened, and what to do, without words of HTTP.

use serde::Serialize;

use crate::pictures::limit_values;
use crate::texts::PageTexts;

/// Why a page is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorPage {
    /// Nothing is there, or not for this person: both look the same.
    NotFound,
    SessionOver,
    /// A form that does not come from our own page.
    OtherSite,
    TooMany,
    TooLarge,
    /// The same form was sent before with other content.
    SentBefore,
    /// The provider's answer cannot be used; the person must sign in again.
    SignInFailed,
    /// The provider has named no valid national code.
    NoNationalCode,
    /// The provider has named no role, or several.
    NoStaffRole,
    /// Database or provider do not answer.
    Unavailable,
}

impl ErrorPage {
    pub const ALL: [Self; 10] = [
        Self::NotFound,
        Self::SessionOver,
        Self::OtherSite,
        Self::TooMany,
        Self::TooLarge,
        Self::SentBefore,
        Self::SignInFailed,
        Self::NoNationalCode,
        Self::NoStaffRole,
        Self::Unavailable,
    ];

    /// The keys of its texts.
    fn keys(self) -> [&'static str; 2] {
        match self {
            Self::NotFound => ["not_found", "not_found_do"],
            Self::SessionOver => ["session_over", "session_over_do"],
            Self::OtherSite => ["other_site", "other_site_do"],
            Self::TooMany => ["too_many", "too_many_do"],
            Self::TooLarge => ["too_large", "too_large_do"],
            Self::SentBefore => ["sent_before", "sent_before_do"],
            Self::SignInFailed => ["sign_in_failed", "sign_in_failed_do"],
            Self::NoNationalCode => ["no_national_code", "no_national_code_do"],
            Self::NoStaffRole => ["no_staff_role", "no_staff_role_do"],
            Self::Unavailable => ["unavailable", "unavailable_do"],
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErrorView {
    pub what: String,
    pub todo: String,
    /// Whether a new sign-in is what to do.
    pub leads_to_sign_in: bool,
    /// The path that the sign-in leads back to.
    pub return_to: Option<String>,
}

impl ErrorView {
    pub fn new(error: ErrorPage) -> Self {
        let texts = PageTexts::built_in();
        let [what, todo] = error.keys().map(|key| texts.say("error", key, &limit_values()));
        let leads_to_sign_in = matches!(error, ErrorPage::SessionOver | ErrorPage::SignInFailed);
        Self { what, todo, leads_to_sign_in, return_to: None }
    }
}
