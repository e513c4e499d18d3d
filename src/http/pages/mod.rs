//! The pages as HTML. Each function renders one view; no route, session or database is named here.
//!
//! Architecture invariants: values are escaped by the templates, none of which marks a value as safe. No page has a
//! script or a style inside, so that a strict content security policy holds.

mod icons;
mod templates;

use askama::Template;

use crate::views::my::error_page::ErrorView;
use crate::views::my::objection::{ObjectionCheck, ObjectionForm, ObjectionPage, ObjectionPictures};
use crate::views::my::public::PublicPage;
use crate::views::my::register::{RegisterCheck, RegisterForm, RegisterReceipt};
use crate::views::my::{MyAllowance, MyClaim, MyLetter, MyOpenings, MySum};

/// The HTML of a page.
pub type Rendered = Result<String, askama::Error>;

/// The paths of the routes, to which pages link.
pub mod paths {
    pub const PUBLIC: &str = "/";
    pub const ASSET: &str = "/assets/{name}";
    pub const FAVICON: &str = "/favicon.ico";
    pub const ACCOUNT: &str = "/account";
    pub const MY: &str = "/my";
    /// The id of the claim follows, then nothing, `/sum` or `/letter`.
    pub const CLAIM: &str = "/my/claims";
    pub const CLAIM_OF_ID: &str = "/my/claims/{id}";
    pub const SUM_OF_ID: &str = "/my/claims/{id}/sum";
    pub const LETTER_OF_ID: &str = "/my/claims/{id}/letter";
    /// The tracking number follows.
    pub const SUBMISSION: &str = "/my/submissions";
    pub const SUBMISSION_OF_NO: &str = "/my/submissions/{no}";
    pub const OBJECT_OF_ID: &str = "/my/claims/{id}/objections/new";
    pub const OBJECT_PICTURES_OF_ID: &str = "/my/claims/{id}/objections/pictures";
    pub const OBJECT_PICTURES_REMOVE_OF_ID: &str = "/my/claims/{id}/objections/pictures/remove";
    pub const OBJECT_CHECK_OF_ID: &str = "/my/claims/{id}/objections/check";
    pub const OBJECT_SEND_OF_ID: &str = "/my/claims/{id}/objections/send";
    /// The tracking number follows, then nothing, `/pictures` or `/withdraw`.
    pub const OBJECTION: &str = "/my/objections";
    pub const OBJECTION_OF_NO: &str = "/my/objections/{no}";
    pub const OBJECTION_PICTURES_OF_NO: &str = "/my/objections/{no}/pictures";
    pub const OBJECTION_PICTURES_REMOVE_OF_NO: &str = "/my/objections/{no}/pictures/remove";
    pub const OBJECTION_PICTURES_SEND_OF_NO: &str = "/my/objections/{no}/pictures/send";
    pub const OBJECTION_WITHDRAW_OF_NO: &str = "/my/objections/{no}/withdraw";
    /// The id of the picture follows.
    pub const PICTURE: &str = "/my/pictures";
    pub const PICTURE_OF_ID: &str = "/my/pictures/{id}";
    pub const OPENINGS: &str = "/my/views";
    pub const REGISTER: &str = "/my/register";
    pub const REGISTER_CHECK: &str = "/my/register/check";
    pub const REGISTER_SEND: &str = "/my/register/send";
    pub const SIGN_IN: &str = "/sign-in";
    pub const SIGN_IN_STAFF: &str = "/sign-in?as=staff";
    pub const SIGN_IN_CALLBACK: &str = "/sign-in/callback";
    pub const SIGN_OUT: &str = "/sign-out";
}

/// The content security policy that every page keeps.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Visitor {
    /// The token that every form returns in its field `csrf`.
    pub csrf: String,
    /// Whether the session is that of an insured person. Staff have other pages.
    pub has_own_file: bool,
}

impl Visitor {
    /// The page of this visitor that is opened first.
    pub fn home(&self) -> &'static str {
        if self.has_own_file { paths::MY } else { paths::ACCOUNT }
    }
}

/// Who is signed in, as `/account` shows it.
pub struct AccountView {
    pub full_name: String,
    pub role: String,
    /// The branch or the province, with Persian digits.
    pub unit: Option<String>,
}

/// `/`, for anyone.
///
/// # Errors
/// None that an input can cause; the same holds for every function here.
pub fn public(visitor: Option<&Visitor>, has_sign_in: bool, view: &PublicPage) -> Rendered {
    templates::Public { visitor, here: paths::PUBLIC, has_sign_in, view }.render()
}

/// `/account`
///
/// # Errors
/// As for [`public`].
pub fn account(visitor: &Visitor, view: &AccountView) -> Rendered {
    templates::Account { visitor: Some(visitor), here: paths::ACCOUNT, view }.render()
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
    templates::Receipt { visitor: Some(visitor), here: paths::SUBMISSION, view }.render()
}

/// `/my/claims/{id}/objections/new`, empty, as a draft, or with errors.
///
/// # Errors
/// As for [`public`].
pub fn objection_form(visitor: &Visitor, view: &ObjectionForm) -> Rendered {
    templates::Objecting { visitor: Some(visitor), here: paths::CLAIM, view }.render()
}

/// The pictures of a draft, or those that are added to an objection.
///
/// # Errors
/// As for [`public`].
pub fn objection_pictures(visitor: &Visitor, view: &ObjectionPictures) -> Rendered {
    templates::Pictures { visitor: Some(visitor), here: paths::CLAIM, view }.render()
}

/// `/my/claims/{id}/objections/check`
///
/// # Errors
/// As for [`public`].
pub fn objection_check(visitor: &Visitor, view: &ObjectionCheck) -> Rendered {
    templates::ObjectionToSend { visitor: Some(visitor), here: paths::CLAIM, view }.render()
}

/// `/my/objections/{no}`
///
/// # Errors
/// As for [`public`].
pub fn objection(visitor: &Visitor, view: &ObjectionPage) -> Rendered {
    templates::Objection { visitor: Some(visitor), here: paths::OBJECTION, view }.render()
}

/// `/my/objections/{no}/withdraw`
///
/// # Errors
/// As for [`public`].
pub fn objection_withdraw(visitor: &Visitor, view: &ObjectionPage) -> Rendered {
    templates::Withdrawal { visitor: Some(visitor), here: paths::OBJECTION, view }.render()
}

/// The page of an error, signed in or not.
///
/// # Errors
/// As for [`public`].
pub fn error(visitor: Option<&Visitor>, view: &ErrorView) -> Rendered {
    templates::Failure { visitor, here: "", view }.render()
}
