//! The portal dies before and after each of its writes. The person repeats what had no answer, and it counts once.

use crate::harness::{Browser, TestApp, TestProvider};
use crate::ops::failpoints::places::VISITING;

const FORM_KEY: &str = "2f1c0b7e-6a5d-4e1f-8b3a-9c7d5e3f1a2b";

/// An officer's program reads the queue. False if the portal no longer answers.
fn officer_reads(origin: &str, token: &str) -> bool {
    let authorization = format!("Bearer {token}");
    Browser::new(origin).get_with("/api/v1/objections", &[("authorization", &authorization)]).status == 200
}

/// A visit with every write. It ends where the portal no longer answers.
fn visit(browser: &mut Browser) -> bool {
    let account = browser.sign_in("zahra", "/sign-in?to=/account");
    if account.status != 200 || browser.get("/my/views").status != 200 {
        return false;
    }
    let csrf = account.hidden("csrf");
    let spouse = crate::fixtures::couples::national_code(820_000_001);
    let receipt = browser.post(
        "/my/register/send",
        &[
            ("csrf", &csrf),
            ("key", FORM_KEY),
            ("spouse", &spouse),
            ("year", "1404"),
            ("month", "7"),
            ("day", "15"),
            ("undertaking", "yes"),
        ],
    );
    receipt.status == 200 && browser.post("/sign-out", &[("csrf", &csrf)]).status == 200
}

pub(super) fn open_portal(app: &mut TestApp, origin: &str) -> usize {
    let place = app.serve(&["--roles", "portal"]);
    app.wait("the portal is open", || {
        let opened = std::net::TcpStream::connect(origin.trim_start_matches("http://")).is_ok();
        opened && Browser::new(origin).get("/").status == 200
    });
    place
}

#[test]
fn what_had_no_answer_is_repeated_and_counts_once() {
    let mut app = TestApp::without_service("1404-08-01");
    let (provider, origin) = TestProvider::start(&mut app, false);
    let mut survived = Vec::new();
    for (name, nth) in VISITING {
        for side in ["before", "after"] {
            let point = format!("{name}/{side}");
            app.inject(&match nth {
                1 => format!("{point}=return"),
                _ => format!("{point}={}*off->return", nth - 1),
            });
            let place = open_portal(&mut app, &origin);
            if visit(&mut Browser::new(&origin)) {
                officer_reads(&origin, &provider.token("officer"));
            }
            // The submission is delivered without a visitor.
            app.wait("the portal dies", || {
                let log = app.service_log(place);
                log.contains(&format!("killed at {point}")) || log.contains("peyvand has stopped")
            });
            if !app.service(place).ended_by_abort() {
                survived.push(point);
            }
            app.forget(place);
            if app.value("SELECT (to_regclass('submissions') IS NOT NULL)::text") == "true" {
                app.execute("UPDATE submissions SET delivered_at = NULL").unwrap();
            }
        }
    }
    assert!(survived.is_empty(), "{survived:?}");
    app.inject("");
    open_portal(&mut app, &origin);
    app.serve(&[]);
    assert!(visit(&mut Browser::new(&origin)), "an undisturbed visit");
    app.wait("the submission is delivered", || {
        app.value("SELECT count(*)::text FROM submissions WHERE delivered_at IS NULL") == "0"
    });
    app.settle();
    assert_eq!(app.value("SELECT count(*)::text FROM submissions"), "1");
    assert_eq!(app.value("SELECT count(*)::text FROM self_registrations"), "1");
    drop(provider);
    app.finish();
}
