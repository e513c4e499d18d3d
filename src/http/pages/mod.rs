//! The pages of the insured person as HTML. Each function renders one view; no route, session or database is named
//! here.
//!
//! Architecture invariants: values are escaped by the templates, none of which marks a value as safe. No page has a
//! script or a style inside, so that a strict content security policy holds.

mod icons;
mod templates;

use askama::Template;

use crate::views::my::error_page::ErrorPage;
use crate::views::my::public::PublicPage;
use crate::views::my::register::{RegisterCheck, RegisterForm, RegisterReceipt};
use crate::views::my::{MyAllowance, MyClaim, MyLetter, MyOpenings, MySum};

/// The HTML of a page.
pub type Rendered = Result<String, askama::Error>;

/// The paths that pages link to. The routes use the same constants.
pub mod paths {
    pub const PUBLIC: &str = "/";
    pub const MY: &str = "/my";
    /// The suffixes `/sum` and `/letter` follow the id.
    pub const CLAIM: &str = "/my/claims";
    pub const OPENINGS: &str = "/my/views";
    pub const REGISTER: &str = "/my/register";
    pub const REGISTER_CHECK: &str = "/my/register/check";
    pub const REGISTER_SEND: &str = "/my/register/send";
    pub const SIGN_IN: &str = "/sign-in";
    pub const SIGN_OUT: &str = "/sign-out";
}

/// The content security policy that every page keeps.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A signed-in person, for pages with forms.
#[derive(Clone)]
pub struct Visitor {
    /// The token that every form returns in its field `csrf`.
    pub csrf: String,
}

/// `/`, for anyone.
///
/// # Errors
/// None that an input can cause; the same holds for every function here.
pub fn public(view: &PublicPage) -> Rendered {
    templates::Public { visitor: None, here: paths::PUBLIC, view }.render()
}

/// `/my`
///
/// # Errors
/// As for [`public`].
pub fn my(visitor: &Visitor, view: &MyAllowance) -> Rendered {
    templates::My { visitor: Some(visitor), here: paths::MY, view }.render()
}

/// `/my/claims/{id}`
///
/// # Errors
/// As for [`public`].
pub fn claim(visitor: &Visitor, view: &MyClaim) -> Rendered {
    templates::Claim { visitor: Some(visitor), here: paths::CLAIM, view }.render()
}

/// `/my/claims/{id}/sum`
///
/// # Errors
/// As for [`public`].
pub fn sum(visitor: &Visitor, view: &MySum) -> Rendered {
    templates::Sum { visitor: Some(visitor), here: paths::CLAIM, view }.render()
}

/// `/my/claims/{id}/letter`
///
/// # Errors
/// As for [`public`].
pub fn letter(visitor: &Visitor, view: &MyLetter) -> Rendered {
    templates::Letter { visitor: Some(visitor), here: paths::CLAIM, view }.render()
}

/// `/my/views`
///
/// # Errors
/// As for [`public`].
pub fn openings(visitor: &Visitor, view: &MyOpenings) -> Rendered {
    templates::Openings { visitor: Some(visitor), here: paths::OPENINGS, view }.render()
}

/// `/my/register`, empty or with errors.
///
/// # Errors
/// As for [`public`].
pub fn register(visitor: &Visitor, view: &RegisterForm) -> Rendered {
    templates::Register { visitor: Some(visitor), here: paths::REGISTER, view }.render()
}

/// The answer to `/my/register/check`.
///
/// # Errors
/// As for [`public`].
pub fn register_check(visitor: &Visitor, view: &RegisterCheck) -> Rendered {
    templates::Check { visitor: Some(visitor), here: paths::REGISTER_CHECK, view }.render()
}

/// The receipt of a registration that is durable.
///
/// # Errors
/// As for [`public`].
pub fn register_receipt(visitor: &Visitor, view: &RegisterReceipt) -> Rendered {
    templates::Receipt { visitor: Some(visitor), here: paths::REGISTER_SEND, view }.render()
}

/// The page of an error, signed in or not.
///
/// # Errors
/// As for [`public`].
pub fn error(visitor: Option<&Visitor>, view: &ErrorPage) -> Rendered {
    templates::Failure { visitor, here: "", view }.render()
}
