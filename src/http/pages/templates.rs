//! The templates in `src/http/templates/`, with the values that each names.

use askama::Template;

use super::icons;
use super::{AccountView, Visitor, paths};
use crate::http::assets;
use crate::views::my::error_page::ErrorView;
use crate::views::my::objection::{ObjectionCheck, ObjectionForm, ObjectionPage, ObjectionPictures};
use crate::views::my::public::PublicPage;
use crate::views::my::register::{RegisterCheck, RegisterForm, RegisterReceipt};
use crate::views::my::{MyAllowance, MyClaim, MyLetter, MyOpenings, MySum};

/// Defines a template: its file, and the view that it shows. All have the visitor and the path of the page, for the
/// layout.
macro_rules! page {
    ($name:ident, $view:ty, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        pub(super) struct $name<'a> {
            pub visitor: Option<&'a Visitor>,
            /// The path of this page, which the navigation marks.
            pub here: &'a str,
            pub view: &'a $view,
        }
    };
}

#[derive(Template)]
#[template(path = "public.html")]
pub(super) struct Public<'a> {
    pub visitor: Option<&'a Visitor>,
    pub here: &'a str,
    /// Whether anybody can sign in.
    pub has_sign_in: bool,
    pub view: &'a PublicPage,
}

page!(Account, AccountView, "account.html");
page!(My, MyAllowance, "my.html");
page!(Claim, MyClaim, "claim.html");
page!(Sum, MySum, "sum.html");
page!(Letter, MyLetter, "letter.html");
page!(Openings, MyOpenings, "views.html");
page!(Register, RegisterForm, "register.html");
page!(Check, RegisterCheck, "check.html");
page!(Receipt, RegisterReceipt, "receipt.html");
page!(Objecting, ObjectionForm, "objecting.html");
page!(Pictures, ObjectionPictures, "pictures.html");
page!(ObjectionToSend, ObjectionCheck, "objection_check.html");
page!(Objection, ObjectionPage, "objection.html");
page!(Withdrawal, ObjectionPage, "withdraw.html");
page!(Failure, ErrorView, "error.html");
