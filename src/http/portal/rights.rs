//! Who may use which route: one table. What it does not list, nobody may use.

use axum::http::Method;

use super::api::paths as api;
use crate::http::pages::paths;
use crate::store::sessions::PortalRole;

/// What a role may do on a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// The same for everybody: no session is read.
    Open,
    /// Open, also without a session.
    Anyone,
    /// With a session; the route reads nobody's file.
    SignedIn,
    /// The person's own file.
    OwnFile,
    /// The persons of the officer's branch or the supervisor's province, without the own file and that of a spouse.
    Casework,
    /// For this role the route does not exist.
    None,
}

/// The rights of the roles on a route, in the order of [`PortalRole::ALL`].
#[derive(Clone, Copy, Debug)]
pub struct RouteRights {
    pub method: &'static str,
    pub path: &'static str,
    pub rights: [Right; PortalRole::ALL.len()],
}

const OPEN: [Right; 6] = [Right::Open; 6];
const ANYONE: [Right; 6] = [Right::Anyone; 6];
const SIGNED_IN: [Right; 6] = [Right::SignedIn; 6];
/// A session of staff reads no own file: staff sign in as a person for that.
const INSURED: [Right; 6] = [Right::OwnFile, Right::None, Right::None, Right::None, Right::None, Right::None];

/// Casework of officers and supervisors.
const STAFF: [Right; 6] =
    [Right::None, Right::Casework, Right::Casework, Right::None, Right::None, Right::None];
/// Who has sent something reads the own receipts.
const SENDERS: [Right; 6] =
    [Right::OwnFile, Right::Casework, Right::Casework, Right::None, Right::None, Right::None];

const fn get(path: &'static str, rights: [Right; 6]) -> RouteRights {
    RouteRights { method: "GET", path, rights }
}

const fn post(path: &'static str, rights: [Right; 6]) -> RouteRights {
    RouteRights { method: "POST", path, rights }
}

const fn put(path: &'static str, rights: [Right; 6]) -> RouteRights {
    RouteRights { method: "PUT", path, rights }
}

const fn delete(path: &'static str, rights: [Right; 6]) -> RouteRights {
    RouteRights { method: "DELETE", path, rights }
}

/// Every route of the portal.
pub const RIGHTS: &[RouteRights] = &[
    get(paths::PUBLIC, ANYONE),
    get(paths::ASSET, OPEN),
    get(paths::FAVICON, OPEN),
    get(paths::SIGN_IN, ANYONE),
    get(paths::SIGN_IN_CALLBACK, ANYONE),
    post(paths::SIGN_OUT, SIGNED_IN),
    get(paths::SIGNED_OUT, ANYONE),
    get(paths::ACCOUNT, SIGNED_IN),
    get(paths::MY, INSURED),
    get(paths::CLAIM_OF_ID, INSURED),
    get(paths::SUM_OF_ID, INSURED),
    get(paths::LETTER_OF_ID, INSURED),
    get(paths::OBJECT_OF_ID, INSURED),
    post(paths::OBJECT_OF_ID, INSURED),
    get(paths::OBJECT_PICTURES_OF_ID, INSURED),
    post(paths::OBJECT_PICTURES_OF_ID, INSURED),
    post(paths::OBJECT_PICTURES_REMOVE_OF_ID, INSURED),
    get(paths::OBJECT_CHECK_OF_ID, INSURED),
    post(paths::OBJECT_SEND_OF_ID, INSURED),
    get(paths::OBJECTION_OF_NO, INSURED),
    get(paths::OBJECTION_PICTURES_OF_NO, INSURED),
    post(paths::OBJECTION_PICTURES_OF_NO, INSURED),
    post(paths::OBJECTION_PICTURES_REMOVE_OF_NO, INSURED),
    post(paths::OBJECTION_PICTURES_SEND_OF_NO, INSURED),
    get(paths::OBJECTION_WITHDRAW_OF_NO, INSURED),
    post(paths::OBJECTION_WITHDRAW_OF_NO, INSURED),
    get(paths::PICTURE_OF_ID, INSURED),
    get(paths::OPENINGS, INSURED),
    get(paths::REGISTER, INSURED),
    post(paths::REGISTER, INSURED),
    post(paths::REGISTER_CHECK, INSURED),
    post(paths::REGISTER_SEND, INSURED),
    get(paths::SUBMISSION_OF_NO, INSURED),
    get(api::OPENAPI, OPEN),
    get(api::CLAIMS, INSURED),
    get(api::CLAIM, INSURED),
    get(api::VIEWS, INSURED),
    post(api::SELF_REGISTRATIONS, INSURED),
    get(api::OBJECTION_DRAFT, INSURED),
    put(api::OBJECTION_DRAFT, INSURED),
    put(api::DRAFT_PICTURES, INSURED),
    delete(api::DRAFT_PICTURE, INSURED),
    get(api::PICTURE, INSURED),
    get(api::MY_OBJECTIONS, INSURED),
    post(api::MY_OBJECTIONS, INSURED),
    get(api::MY_OBJECTION, INSURED),
    post(api::WITHDRAWAL, INSURED),
    get(api::SUBMISSION, SENDERS),
    get(api::FINDINGS, STAFF),
    post(api::FINDINGS, STAFF),
    get(api::FINDING, STAFF),
    post(api::FINDING_APPROVAL, STAFF),
    post(api::FINDING_REJECTION, STAFF),
    get(api::OBJECTIONS, STAFF),
    post(api::OBJECTION_CLOSING, STAFF),
    get(api::CASES, STAFF),
    get(api::CASE, STAFF),
    post(api::CASE_ENDINGS, STAFF),
    post(api::ENDING_APPROVAL, STAFF),
    post(api::ENDING_REJECTION, STAFF),
];

/// The right of a visitor; `role` is none without a session. Also none without a line: then nobody has a right.
pub fn right_of(method: &Method, path: &str, role: Option<PortalRole>) -> Option<Right> {
    // axum answers HEAD with the handler of GET.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let line = RIGHTS.iter().find(|line| line.method == method && line.path == path)?;
    let position = match role {
        Some(role) => PortalRole::ALL.into_iter().position(|one| one == role)?,
        None => 0,
    };
    line.rights.get(position).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::portal::route_names;

    #[test]
    fn every_route_has_one_line_and_every_line_a_route() {
        let routes = route_names();
        let lines: Vec<_> =
            RIGHTS.iter().map(|line| (line.method.to_owned(), line.path.to_owned())).collect();
        let once: BTreeSet<_> = lines.iter().cloned().collect();
        assert_eq!(once.len(), lines.len(), "two lines for one route");
        assert_eq!(once, routes.into_iter().collect(), "routes of the router and lines of the table");
    }

    #[test]
    fn what_is_not_listed_nobody_may_use() {
        assert_eq!(right_of(&Method::GET, "/my/nothing", Some(PortalRole::Insured)), None);
        assert_eq!(right_of(&Method::DELETE, "/account", Some(PortalRole::Insured)), None);
        assert_eq!(right_of(&Method::HEAD, "/", None), Some(Right::Anyone));
    }

    /// A route is open for all or for nobody without a session.
    #[test]
    fn no_line_is_open_for_some_roles_only() {
        for line in RIGHTS {
            let is_open = |right: &&Right| matches!(right, Right::Open | Right::Anyone);
            let open = line.rights.iter().filter(is_open).count();
            assert!(open == 0 || open == line.rights.len(), "{} {}", line.method, line.path);
        }
    }
}
