//! Sign-in through a certified provider, and the life of a session.

use super::Installation;
use crate::harness::{Answer, Browser, TestApp, TestProvider, free_address, people, person};

const SESSION: &str = "peyvand-session";

#[track_caller]
fn asks_to_sign_in(answer: &Answer, portal: &str) {
    assert!(!answer.url.starts_with(portal), "{} {}", answer.url, answer.body);
}

#[test]
fn a_person_signs_in_returns_to_the_page_and_signs_out() {
    let home = Installation::start("");
    let mut browser = home.browser();
    let first = browser.get("/");
    assert!(first.body.contains("href=\"/sign-in\"") && first.status == 200);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(first.header(name), value);
    }
    let policy = first.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-inline"));

    let views = browser.sign_in("zahra", "/my/views");
    assert_eq!((views.status, views.url.as_str()), (200, format!("{}/my/views", home.origin).as_str()));
    assert!(views.body.contains("خودتان"), "the view itself is recorded: {}", views.body);
    let cookie = browser.set_cookies.iter().rfind(|set| set.starts_with(SESSION)).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"));
    let token = browser.portal_cookie(SESSION).unwrap();
    let stored = home.app.value("SELECT encode(token_digest, 'hex') FROM portal_sessions");
    assert!(!stored.contains(&token) && token.len() == 64, "only a digest is stored");

    // Another sign-in has another token, and ends the old session.
    browser.sign_in("zahra", "/sign-in?to=/account");
    assert_ne!(browser.portal_cookie(SESSION).unwrap(), token);
    assert_eq!(home.app.value("SELECT count(*)::text FROM portal_sessions"), "1");

    let account = browser.get("/account");
    assert!(account.body.contains("نام zahra") && account.body.contains("بیمه‌شده"), "{}", account.body);
    let gone = sign_out(&mut browser);
    assert!(gone.body.contains("از این سامانه بیرون رفتید"), "{}", gone.body);
    assert_eq!(browser.portal_cookie(SESSION), None);
    assert_eq!(home.app.value("SELECT count(*)::text FROM portal_sessions"), "0");
    // The token of the old session opens nothing.
    let mut thief = home.browser();
    thief.set_portal_cookie(SESSION, &token);
    asks_to_sign_in(&thief.get("/account"), &home.origin);
    let log = home.app.logs();
    assert!(!log.contains(&person("zahra")) && !log.contains(&token), "{log}");
    home.app.finish();
}

fn sign_out(browser: &mut Browser) -> Answer {
    let csrf = browser.get("/account").hidden("csrf");
    let gone = browser.post("/sign-out", &[("csrf", &csrf)]);
    assert_eq!(gone.status, 200, "{}", gone.body);
    gone
}

/// Where the page after a sign-out goes on by itself.
#[track_caller]
fn goes_on(gone: &Answer) -> String {
    let (_, rest) = gone.body.split_once("content=\"0;url=").unwrap_or_else(|| panic!("{}", gone.body));
    rest.split('"').next().unwrap().replace("&#38;", "&")
}

/// Presses the button of the provider's page, which asks those of whom it has no ID token.
fn confirm(browser: &mut Browser, page: &Answer) -> Answer {
    let (_, action) = page.body.split_once("action=\"").unwrap();
    let xsrf = page.hidden("xsrf");
    let action = action.split('"').next().unwrap();
    browser.post_from(action, &[("xsrf", &xsrf), ("logout", "yes")], &[])
}

/// After a sign-out, the provider's own session opens the file to nobody.
#[test]
fn a_sign_out_also_ends_the_session_at_the_provider() {
    let mut home = Installation::start("");
    let mut browser = home.signed_in("zahra");
    // The provider's session alone opens a new one.
    browser.cookies.retain(|(_, name), _| name != SESSION);
    assert_eq!(browser.get("/my").url, format!("{}/my", home.origin));
    let gone = sign_out(&mut browser);
    let to = goes_on(&gone);
    assert!(to.contains("/session/end?") && to.contains("id_token_hint="), "{to}");
    let page = browser.get(&to);
    assert!(
        page.body.contains("<script>"),
        "whose session it is is proved, so nothing is asked: {}",
        page.body
    );
    let done = confirm(&mut browser, &page);
    assert_eq!(done.url, format!("{}/signed-out?state=provider", home.origin));
    assert!(done.body.contains("هم در این سامانه و هم در درگاه ورود"), "{}", done.body);
    asks_to_sign_in(&browser.get("/my"), &home.origin);

    // Another process has no ID token: the provider asks, and returns, too.
    let cookies = home.signed_in("zahra").cookies;
    home.app.stop();
    home.app.serve(&["--roles", "portal"]);
    home.app.wait("the portal is open", || home.browser().get("/").status == 200);
    let mut browser = home.browser();
    browser.cookies = cookies;
    let to = goes_on(&sign_out(&mut browser));
    assert!(!to.contains("id_token_hint") && to.contains("client_id=peyvand"), "{to}");
    let page = browser.get(&to);
    assert!(!page.body.contains("<script>"), "{}", page.body);
    assert!(confirm(&mut browser, &page).url.ends_with("/signed-out?state=provider"));
    asks_to_sign_in(&browser.get("/my"), &home.origin);
    let log = home.app.logs();
    assert!(!log.contains("id_token"), "{log}");
    home.app.finish();
}

/// "a page that says what happened if the provider has none"
#[test]
fn without_a_logout_at_the_provider_the_page_says_so() {
    let mut app = TestApp::without_service("1404-08-01");
    let people = people().to_string();
    let provider = TestProvider::with(&mut app, &[("OIDC_PEOPLE", &people), ("OIDC_NO_LOGOUT", "1")]);
    let home = Installation::with_provider(app, "", provider);
    let mut browser = home.signed_in("zahra");
    let gone = sign_out(&mut browser);
    assert_eq!(gone.url, format!("{}/signed-out", home.origin));
    assert!(gone.body.contains("درگاه ورود شاید هنوز باز باشد"), "{}", gone.body);
    assert_eq!(home.app.value("SELECT count(*)::text FROM portal_sessions"), "0");
    home.app.finish();
}

#[test]
fn staff_have_the_role_that_the_provider_names() {
    let home = Installation::start_with("", true);
    for (login, shown) in [
        ("officer", "کارشناس شعبه"),
        ("supervisor", "سرپرست استان"),
        ("finance", "امور مالی"),
        ("operator", "بهره‌بردار سامانه"),
        ("auditor", "بازرس"),
    ] {
        let account = home.signed_in(login).get("/account");
        assert!(account.body.contains(shown), "{login}: {}", account.body);
    }
    let units = home.app.query("SELECT role, unit FROM portal_sessions WHERE unit IS NOT NULL ORDER BY 1");
    assert_eq!(units, [["officer", "0012"], ["supervisor", "07"]]);
    for (login, start, status) in [("zahra", "/sign-in?as=staff", 403), ("nobody", "/sign-in", 403)] {
        let refused = home.browser().sign_in(login, start);
        assert_eq!(refused.status, status, "{}", refused.body);
        assert!(refused.body.contains("lang=\"fa\""));
    }
    // A member of staff who signs in as a person has a person's rights only.
    let mut own = home.browser();
    assert!(own.sign_in("officer", "/my/views").body.contains("خودتان"));
    home.app.finish();
}

/// A session ends after a time without requests, and after a time in any case.
#[test]
fn a_session_ends_by_itself() {
    let home = Installation::start("");
    for (column, minutes) in [("used_at", 15), ("signed_in_at", 480)] {
        let mut browser = home.signed_in("zahra");
        let age = |minutes: i32| {
            let sql = format!("UPDATE portal_sessions SET {column} = now() - interval '{minutes} min'");
            assert!(home.app.execute(&sql).unwrap() > 0);
        };
        age(minutes - 1);
        assert_eq!(browser.get("/my/views").status, 200);
        age(minutes + 1);
        let mut again = Browser::new(&home.origin);
        again.set_portal_cookie(SESSION, &browser.portal_cookie(SESSION).unwrap());
        asks_to_sign_in(&again.get("/my/views"), &home.origin);
    }
    home.app.finish();
}

/// The provider's answer counts once, and only in the browser that began the sign-in.
#[test]
fn an_answer_of_the_provider_cannot_be_replayed_or_planted() {
    let home = Installation::start("");
    let mut victim = home.browser();
    for query in ["", "?code=x", "?state=x&code=x", "?error=access_denied&state=x"] {
        let planted = victim.get(&format!("/sign-in/callback{query}"));
        assert_eq!(planted.status, 400, "{query}");
        assert!(planted.body.contains("ورود را از نو آغاز کنید"));
    }
    assert_eq!(victim.portal_cookie(SESSION), None);
    // The attacker's state in the victim's browser, which has begun a sign-in of its own.
    let mut attacker = home.browser();
    let form = attacker.get("/sign-in");
    victim.get("/sign-in");
    let states = home.app.value("SELECT count(DISTINCT state_digest)::text FROM portal_sign_ins");
    assert_eq!(states, "2");
    assert!(!form.body.is_empty());
    let own = attacker.portal_cookie("peyvand-sign-in").unwrap();
    assert_ne!(Some(own), victim.portal_cookie("peyvand-sign-in"));
    home.app.finish();
}

#[test]
fn without_a_provider_there_is_no_personal_route() {
    let mut app = TestApp::without_service("1404-08-01");
    let address = free_address();
    let origin = format!("http://{address}");
    app.serve(&["--roles", "portal", "--portal-listen", &address.to_string(), "--portal-url", &origin]);
    app.wait("the portal is open", || std::net::TcpStream::connect(address).is_ok());
    app.wait("the portal answers", || Browser::new(&origin).get("/").status == 200);
    let mut browser = Browser::new(&origin);
    assert!(!browser.get("/").body.contains("/sign-in"));
    for path in ["/sign-in", "/account", "/my", "/my/views", "/my/register", "/no-such-page"] {
        let answer = browser.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("این صفحه پیدا نشد"));
    }
    app.finish();
}
