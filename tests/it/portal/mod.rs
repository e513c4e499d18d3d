mod api;
mod api_casework;
mod api_objections;
mod api_schemathesis;
mod api_tokens;
mod casework_scope;
mod complaints;
mod complaints_status;
#[cfg(feature = "failpoints")]
mod deaths;
mod journey;
mod long_journey;
mod my;
#[cfg(feature = "failpoints")]
mod objection_deaths;
mod objections;
mod objector;
mod rights;
mod scope;
mod sign_in;
mod submissions;
mod sweep;
mod trial;

use crate::harness::{Browser, Program, TestApp, TestProvider};

/// An installation with a portal, the provider of its people, and the portal's origin.
struct Installation {
    app: TestApp,
    provider: TestProvider,
    origin: String,
}

impl Installation {
    /// `roles` besides portal.
    fn start(roles: &str) -> Self {
        Self::start_with(roles, false)
    }

    fn start_with(roles: &str, claims_only_in_userinfo: bool) -> Self {
        Self::open(TestApp::without_service("1404-08-01"), roles, claims_only_in_userinfo)
    }

    /// Adds the portal to an installation.
    fn open(mut app: TestApp, roles: &str, claims_only_in_userinfo: bool) -> Self {
        let provider = TestProvider::start(&mut app, claims_only_in_userinfo);
        Self::with_provider(app, roles, provider)
    }

    fn with_provider(mut app: TestApp, roles: &str, (provider, origin): (TestProvider, String)) -> Self {
        let roles = if roles.is_empty() { "portal".to_owned() } else { format!("portal,{roles}") };
        app.serve(&["--roles", &roles]);
        let home = Self { app, provider, origin };
        home.wait_until_open();
        home
    }

    fn wait_until_open(&self) {
        let address = self.origin.trim_start_matches("http://");
        self.app.wait("the portal is open", || {
            std::net::TcpStream::connect(address).is_ok() && self.browser().get("/").status == 200
        });
    }

    /// Changes the business date. One process has the role portal, another one the roles of ingest and delivery.
    fn set_today(&mut self, today: &str) {
        self.app.set_today(today);
        self.app.serve(&["--roles", "portal"]);
        self.wait_until_open();
    }

    fn program(&self) -> Program {
        Program::new(&self.origin)
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.origin)
    }

    /// A browser in which this person has signed in.
    fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let is_person = ["zahra", "reza", "married1", "married2"].contains(&login);
        let answer = browser.sign_in(login, if is_person { "/sign-in" } else { "/sign-in?as=staff" });
        let first = if is_person { "/my" } else { "/account" };
        assert_eq!((answer.status, answer.url.ends_with(first)), (200, true), "{}", answer.body);
        browser
    }
}
