//! What a person sends is durable before the receipt, is delivered once or more, and is applied once.

use std::net::SocketAddr;
use std::time::Duration;

use super::Installation;
use crate::harness::{Browser, TestApp, person};
use crate::ingest::processes::listen;
use crate::ops::privacy::get;

/// Submits the forms of a self-registration, and returns the tracking number of the receipt.
#[track_caller]
pub(super) fn register(browser: &mut Browser, changed: &[(&str, &str)]) -> String {
    let form = browser.get("/my/register");
    let check = post(browser, "/my/register/check", &form.hidden("csrf"), "", changed);
    let receipt = post(browser, "/my/register/send", &check.hidden("csrf"), &check.hidden("key"), changed);
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    receipt.url.rsplit('/').next().unwrap().to_owned()
}

/// Posts the fields of a registration, some of them changed.
pub(super) fn post(
    browser: &mut Browser,
    path: &str,
    csrf: &str,
    key: &str,
    changed: &[(&str, &str)],
) -> crate::harness::Answer {
    let spouse = crate::fixtures::couples::national_code(820_000_001);
    let mut fields = vec![
        ("csrf", csrf),
        ("key", key),
        ("spouse", spouse.as_str()),
        ("year", "۱۴۰۴"),
        ("month", "۷"),
        ("day", "15"),
        ("undertaking", "yes"),
    ];
    for (name, value) in changed {
        fields.retain(|(field, _)| field != name);
        fields.push((name, value));
    }
    browser.post(path, &fields)
}

fn undelivered(app: &TestApp) -> String {
    app.value("SELECT count(*)::text FROM submissions WHERE delivered_at IS NULL")
}

#[test]
fn a_registration_is_stored_once_delivered_and_decided() {
    let home = Installation::start("intake,relay");
    let mut browser = home.signed_in("zahra");
    let csrf = browser.get("/my/register").hidden("csrf");
    let faulty = post(
        &mut browser,
        "/my/register/check",
        &csrf,
        "",
        &[("month", "12"), ("day", "30"), ("year", "1402")],
    );
    assert_eq!(faulty.status, 422);
    assert!(faulty.body.contains("اسفند ۱۴۰۲ روز ۳۰ ندارد"), "{}", faulty.body);
    assert!(faulty.body.contains(r#"<option value="30" selected>"#), "{}", faulty.body);
    assert!(!faulty.body.contains("Unprocessable"));
    let check = post(&mut browser, "/my/register/check", &csrf, "", &[]);
    assert!(check.status == 200 && check.body.contains("هنوز چیزی ثبت نشده است"), "{}", check.body);
    assert_eq!(home.app.value("SELECT count(*)::text FROM submissions"), "0");
    // Back to the form, with what was typed.
    let back = post(&mut browser, "/my/register", &csrf, "", &[]);
    assert!(back.status == 200 && back.body.contains(r#"<option value="15" selected>"#), "{}", back.body);
    let key = check.hidden("key");
    let mut send =
        |key: &str, changed: &[(&str, &str)]| post(&mut browser, "/my/register/send", &csrf, key, changed);
    assert_eq!(send("no-key", &[]).status, 403);
    assert_eq!(send(&key, &[("undertaking", "")]).status, 422);
    let first = send(&key, &[]);
    assert!(first.status == 200 && first.body.contains("شمارهٔ پیگیری"), "{}", first.body);
    let again = send(&key, &[]);
    assert_eq!(again.url, first.url, "the same form is the same submission");
    let other = send(&key, &[("day", "16")]);
    assert!(other.status == 409 && other.body.contains("فرم را از نو باز کنید"));
    assert_eq!(home.app.value("SELECT count(*)::text FROM submissions"), "1");

    home.app.wait("the submission is delivered", || undelivered(&home.app) == "0");
    home.app.settle();
    let stored = home.app.query("SELECT applicant::text, deed_date FROM self_registrations");
    assert_eq!(stored, [[person("zahra").trim_start_matches('0'), "1404-07-15"]]);
    // Delivered again, as after a death before the note: the same event, applied once.
    let decisions = home.app.value("SELECT count(*)::text FROM decisions");
    home.app.execute("UPDATE submissions SET delivered_at = NULL").unwrap();
    home.app.wait("the submission is delivered again", || undelivered(&home.app) == "0");
    home.app.settle();
    assert_eq!(home.app.value("SELECT count(*)::text FROM self_registrations"), "1");
    assert_eq!(home.app.value("SELECT count(*)::text FROM decisions"), decisions);
    let sent = home.app.stored_records("portal.self-registrations.v1");
    assert_eq!(sent.len(), 2);
    let receipt = browser.get(&first.url);
    assert!(receipt.body.contains("به بررسی سپرده شد"), "{}", receipt.body);
    let own = browser.get("/my");
    assert!(own.body.contains("ازدواج ۱۵ مهر ۱۴۰۴"), "the registration has a claim: {}", own.body);
    home.app.finish();
}

/// In `status` and in the metrics, with the age of the oldest.
fn waiting_is_shown(app: &TestApp, http: SocketAddr) {
    let status = app.json(&["status"]);
    assert_eq!(status["undelivered_submissions"], 1);
    assert!(status["oldest_undelivered_submission"].as_str().unwrap().starts_with("2025-10-23"), "{status}");
    let page = app.text(&["status"]);
    assert!(page.contains("submissions waiting   1, the oldest of 1404-08-01"), "{page}");
    app.wait("the gauges show the submission", || {
        let metrics = get(http, "/metrics");
        let value =
            |name: &str| metrics.lines().find_map(|line| line.strip_prefix(name)?.parse::<i64>().ok());
        let age = value("peyvand_undelivered_submission_age_seconds ").unwrap_or_default();
        value("peyvand_undelivered_submissions ") == Some(1) && (300..900).contains(&age)
    });
}

/// A submission that was durable when the close began is an input of that close.
#[test]
fn a_close_waits_for_submissions_that_are_durable() {
    let mut home = Installation::start("");
    register(&mut home.signed_in("zahra"), &[]);
    home.app.wait("the submission is delivered", || undelivered(&home.app) == "0");
    home.app.stop();
    home.app.execute("UPDATE submissions SET delivered_at = NULL").unwrap();
    let http = listen();
    home.app.execute("UPDATE submissions SET submitted_at = submitted_at - interval '400 s'").unwrap();
    home.app.serve(&["--http-listen", &http.to_string()]);
    waiting_is_shown(&home.app, http);
    let error = home.app.refused(&["close-month", "1404-07", "--timeout", "1"]);
    assert!(error.contains("1 submission(s) of the portal") && error.contains("role portal"), "{error}");
    let mut closing = home.app.command(&["close-month", "1404-07"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    assert!(closing.try_wait().unwrap().is_none(), "the close does not wait");
    home.app.serve(&["--roles", "portal"]);
    assert!(closing.wait().unwrap().success());
    assert_eq!(undelivered(&home.app), "0");
    assert_eq!(home.app.value("SELECT count(*)::text FROM self_registrations"), "1");
    home.app.finish();
}
