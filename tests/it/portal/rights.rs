//! Every route with every role, with another person's number, and from another site.

use peyvand::http::portal::{RIGHTS, Right};
use peyvand::store::sessions::PortalRole;

use super::Installation;
use super::objector::{Objector, jpeg_file, path_of, photo};
use crate::harness::{Answer, Browser};
use crate::portal::submissions::register;

/// The login of a person with this role.
fn login(role: PortalRole) -> &'static str {
    if role == PortalRole::Insured { "reza" } else { role.as_str() }
}

fn send(browser: &mut Browser, method: &str, path: &str, csrf: &str) -> Answer {
    match method {
        "GET" => browser.get(path),
        _ => browser.post(path, &[("csrf", csrf), ("key", "6a0e7f0e-2f5b-4b1c-9a64-0d6e2a1b7c11")]),
    }
}

/// What one person has, by its numbers.
struct Numbers {
    submission: String,
    claim: String,
    objection: String,
    picture: String,
}

impl Numbers {
    /// `zahra` registers a marriage and objects to the answer.
    fn of_zahra(home: &Installation) -> Self {
        let submission = register(&mut home.signed_in("zahra"), &[]);
        home.app.wait("the registration has a claim", || {
            home.app.value("SELECT count(*)::text FROM claims") == "1"
        });
        let mut objector = Objector::new(home, "zahra");
        let form = objector.browser.get(&format!("{}/new", objector.path)).body;
        let ground = form.split("name=\"disputed\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(objector.write(ground, "x").url.ends_with("/pictures"));
        objector.upload("other", &jpeg_file(&photo(1)));
        let objection = path_of(&objector.send());
        Self {
            submission,
            claim: objector.claim,
            objection: objection.rsplit('/').next().unwrap().to_owned(),
            picture: home.app.value("SELECT picture_id::text FROM portal_pictures"),
        }
    }
}

/// The path with a number of this person's, and with one that nobody has.
fn numbered(path: &str, numbers: &Numbers) -> [String; 2] {
    let no = if path.contains("my/objections") || path.contains("/my-objections") {
        &numbers.objection
    } else {
        &numbers.submission
    };
    let is_picture = path.starts_with("/my/pictures") || path.starts_with("/api/v1/pictures");
    let id = if is_picture { &numbers.picture } else { &numbers.claim };
    [(no.as_str(), id.as_str()), ("000000000001", "00000000-0000-4000-8000-000000000000")]
        .map(|(no, id)| path.replace("{no}", no).replace("{id}", id).replace("{picture}", id))
}

/// "another person's claim id gives the same 404 as an unknown one"
#[test]
fn every_route_keeps_to_the_table_of_rights() {
    let home = Installation::start("intake,relay");
    let foreign = Numbers::of_zahra(&home);
    for role in PortalRole::ALL {
        let mut browser = home.signed_in(login(role));
        let csrf = browser.get("/account").hidden("csrf");
        let position = PortalRole::ALL.iter().position(|one| *one == role).unwrap();
        let lines = RIGHTS.iter().filter(|line| !line.path.starts_with("/sign-") && !is_api(line.path));
        for line in lines.filter(|line| line.rights[position] != Right::Open) {
            let what = format!("{role:?} {} {}", line.method, line.path);
            if line.path.contains('{') {
                let [theirs, nobodys] =
                    numbered(line.path, &foreign).map(|path| send(&mut browser, line.method, &path, &csrf));
                assert_eq!((theirs.status, nobodys.status), (404, 404), "{what}");
                assert_eq!(theirs.body, nobodys.body, "{what}: another's number looks like none");
                continue;
            }
            let status = send(&mut browser, line.method, line.path, &csrf).status;
            match line.rights[position] {
                Right::None => assert_eq!(status, 404, "{what}"),
                // An empty form is refused with its faults.
                _ => assert!([200, 422].contains(&status), "{what}: {status}"),
            }
        }
    }
    let mut own = home.signed_in("zahra");
    for path in [
        "/my/submissions/{no}",
        "/my/claims/{id}",
        "/my/claims/{id}/letter",
        "/my/objections/{no}",
        "/my/objections/{no}/pictures",
        "/my/objections/{no}/withdraw",
        "/my/pictures/{id}",
    ] {
        assert_eq!(own.get(&numbered(path, &foreign)[0]).status, 200, "{path}");
    }
    home.app.settle();
    home.app.finish();
}

fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

/// The same for programs, with an access token of each role.
#[test]
fn every_route_of_the_api_keeps_to_the_table_of_rights() {
    let home = Installation::start("intake,relay");
    let numbers = Numbers::of_zahra(&home);
    let (program, key) = (home.program(), "6a0e7f0e-2f5b-4b1c-9a64-0d6e2a1b7c11");
    for role in PortalRole::ALL {
        let token = home.provider.token(login(role));
        let position = PortalRole::ALL.iter().position(|one| *one == role).unwrap();
        for line in RIGHTS.iter().filter(|line| is_api(line.path)) {
            let what = format!("{role:?} {} {}", line.method, line.path);
            let paths = numbered(line.path, &numbers);
            let [theirs, nobodys] = paths.clone().map(|path| match line.method {
                "GET" => program.get(&path, &token),
                method => program.command(method, &path, &token, key, &serde_json::json!({})),
            });
            assert!(theirs.body == nobodys.body || line.path == "/api/v1/views", "{what}: {}", theirs.body);
            match line.rights[position] {
                Right::None => assert_eq!(theirs.problem(), "not-found", "{what}"),
                _ if line.path == "/api/v1/claims/{id}/objection-draft/pictures" => {
                    assert_eq!(theirs.problem(), "unsupported-media-type", "{what}");
                }
                _ if ["POST", "PUT"].contains(&line.method) => {
                    assert_eq!(theirs.problem(), "invalid-fields", "{what}");
                }
                _ if line.path.contains('{') => assert_eq!(theirs.problem(), "not-found", "{what}"),
                _ => assert_eq!(theirs.status, 200, "{what}"),
            }
        }
    }
    let own = home.provider.token("zahra");
    for path in [
        "/api/v1/submissions/{no}",
        "/api/v1/claims/{id}",
        "/api/v1/my-objections/{no}",
        "/api/v1/pictures/{id}",
    ] {
        assert_eq!(program.get(&numbered(path, &numbers)[0], &own).status, 200, "{path}");
    }
    home.app.settle();
    home.app.finish();
}

/// Without a session, a page leads to the sign-in, and a form is not accepted.
#[test]
fn nobody_uses_a_route_without_a_session() {
    let home = Installation::start("");
    let closed = RIGHTS.iter().filter(|line| !matches!(line.rights[0], Right::Open | Right::Anyone));
    for line in closed.filter(|line| !is_api(line.path)) {
        let mut browser = home.browser();
        let path = line.path.replace("{no}", "1").replace("{id}", "1");
        match line.method {
            "GET" => assert!(!browser.get(&path).url.starts_with(&home.origin), "{path}"),
            _ => assert_eq!(browser.post(&path, &[("csrf", "x")]).status, 403, "{path}"),
        }
    }
    assert_eq!(home.app.value("SELECT count(*)::text FROM file_views"), "0");
    home.app.finish();
}

#[test]
fn a_form_from_another_site_is_refused() {
    let home = Installation::start("");
    let mut browser = home.signed_in("zahra");
    let csrf = browser.get("/account").hidden("csrf");
    let other = home.signed_in("reza").get("/account").hidden("csrf");
    let origin = home.origin.clone();
    for (token, headers) in [
        (csrf.as_str(), &[("origin", "https://evil.example.org")][..]),
        (&csrf, &[("origin", "null")]),
        (&csrf, &[]),
        ("", &[("origin", origin.as_str())]),
        (&other, &[("origin", origin.as_str())]),
    ] {
        let refused = browser.post_from("/sign-out", &[("csrf", token)], headers);
        assert_eq!(refused.status, 403, "{token} {headers:?}");
        assert!(refused.body.contains("چیزی ثبت نشد"));
    }
    assert_eq!(browser.get("/account").status, 200, "the session still exists");
    home.app.finish();
}

#[test]
fn a_person_who_asks_too_often_waits() {
    let mut app = crate::harness::TestApp::without_service("1404-08-01");
    app.set("portal_requests_per_min", "10");
    let (provider, origin) = crate::harness::TestProvider::start(&mut app, false);
    app.serve(&["--roles", "portal"]);
    app.wait("the portal is open", || {
        std::net::TcpStream::connect(origin.trim_start_matches("http://")).is_ok()
    });
    let mut browser = Browser::new(&origin);
    app.wait("a person is signed in", || browser.sign_in("zahra", "/account").status == 200);
    let last = (0..15).map(|_| browser.get("/account")).last().unwrap();
    assert_eq!(last.status, 429);
    assert_eq!(last.header("retry-after"), "60");
    assert!(last.body.contains("یک دقیقه صبر کنید"));
    drop(provider);
    app.finish();
}
