//! The API of an insured person's program.

use reqwest::Method;
use serde_json::{Value, json};

use super::Installation;
use super::my::with_paid;
use crate::fixtures::couples::national_code;
use crate::harness::{TestApp, person};

const KEY: &str = "6a0e7f0e-2f5b-4b1c-9a64-0d6e2a1b7c11";
const REGISTER: &str = "/api/v1/self-registrations";

/// "conditions met and unmet, sum, timeline"
#[test]
fn a_program_reads_the_same_answer_as_the_page() {
    let home = with_paid();
    let (program, token) = (home.program(), home.provider.token("married1"));
    let claims = program.get("/api/v1/claims", &token).json();
    let claim = &claims["items"][0];
    assert_eq!(claims["items"].as_array().unwrap().len(), 1, "{claims}");
    assert_eq!(claim["state"], "paid");
    assert_eq!((&claim["outcome"], &claim["amount_rial"]), (&json!("APPROVED"), &json!(103_909_680)));
    assert_eq!(claim["deed_date"], "1404-05-20");
    assert!(claim["sentence"].as_str().unwrap().contains("واریز شد"));
    let id = claim["claim_id"].as_str().unwrap();
    let shown = program.get(&format!("/api/v1/claims/{id}"), &token).json();
    let conditions = shown["conditions"].as_array().unwrap();
    assert_eq!(conditions.iter().filter(|condition| condition["state"] == "met").count(), 17, "{shown}");
    assert_eq!(shown["sum"]["verified"], true);
    assert_eq!(shown["sum"]["required_days"], 720);
    let events: Vec<_> =
        shown["timeline"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert!(events.first() == Some(&"deed") && events.last() == Some(&"paid"), "{events:?}");
    let other = home.provider.token("married2");
    let unknown = "00000000-0000-4000-8000-000000000000";
    let [theirs, nobodys] = [id, unknown].map(|id| program.get(&format!("/api/v1/claims/{id}"), &other).body);
    assert_eq!(theirs, nobodys);

    // Each reading is recorded, and the pages of the list follow each other.
    let mut openings = Vec::new();
    let mut path = "/api/v1/views?limit=2".to_owned();
    loop {
        let page = program.get(&path, &token).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2 && items.iter().all(|item| item["role"] == "insured"), "{page}");
        openings.extend(items.clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/views?limit=2&cursor={cursor}");
    }
    assert_eq!(openings.len(), 3, "claims, claim, and the first page of the openings");
    let pages = home.app.query("SELECT page FROM file_views WHERE page LIKE 'api%' ORDER BY view_id");
    assert_eq!(pages.len(), 6, "{pages:?}");
    home.app.finish();
}

fn registration(day: &str) -> Value {
    json!({
        "deed_date": day,
        "spouse_national_code": national_code(820_000_001),
        "first_marriage_undertaking": true,
    })
}

/// "same key + same body → same receipt, other body → 422"
#[test]
fn a_registration_with_one_key_counts_once() {
    let home = Installation::start("intake,relay");
    let (program, token) = (home.program(), home.provider.token("zahra"));
    let first = program.post(REGISTER, &token, KEY, &registration("1404-07-15"));
    assert_eq!(first.status, 202, "{}", first.body);
    let again = program.post(REGISTER, &token, KEY, &registration("1404-07-15"));
    for same in ["submission_no", "subject_id", "submitted_at"] {
        assert_eq!(first.json()[same], again.json()[same], "{same}");
    }
    assert_eq!(first.header("location"), again.header("location"));
    let other = program.post(REGISTER, &token, KEY, &registration("1404-07-16"));
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-key-reused"));
    // The same key of another person is another registration.
    let reza = home.provider.token("reza");
    assert_eq!(program.post(REGISTER, &reza, KEY, &registration("1404-07-16")).status, 202);
    let path = first.header("location").to_owned();
    home.app.wait("the submission is delivered", || program.get(&path, &token).json()["delivered"] == true);
    assert_eq!(program.get(&path, &reza).problem(), "not-found");
    home.app.settle();
    let stored =
        home.app.query("SELECT applicant::text, deed_date FROM self_registrations ORDER BY deed_date");
    let code = |login: &str| person(login).trim_start_matches('0').to_owned();
    assert_eq!(stored, [[code("zahra"), "1404-07-15".to_owned()], [code("reza"), "1404-07-16".to_owned()]]);
    assert_eq!(program.get("/api/v1/claims", &token).json()["items"].as_array().unwrap().len(), 1);
    home.app.finish();
}

/// "`errors` naming field and reason, never a personal value … for EVERY error below /api"
#[test]
fn every_error_is_a_problem_that_names_the_field_and_no_value() {
    let home = Installation::start("");
    let (program, token) = (home.program(), home.provider.token("zahra"));
    let bearer = format!("Bearer {token}");
    let with = |field: &str, value: Value| {
        let mut body = registration("1404-07-15");
        body[field] = value;
        body
    };
    for (body, field, reason) in [
        (with("deed_date", json!("1402-12-30")), "deed_date", "no_such_date"),
        (with("deed_date", json!("1404-08-02")), "deed_date", "deed_in_future"),
        (with("deed_date", json!(14_040_715)), "deed_date", "wrong_form"),
        (with("spouse_national_code", json!("4398013084")), "spouse_national_code", "bad_check_digit"),
        (with("spouse_national_code", json!(person("zahra"))), "spouse_national_code", "spouse_is_applicant"),
        (
            with("first_marriage_undertaking", json!(false)),
            "first_marriage_undertaking",
            "undertaking_missing",
        ),
        (json!({"deed_date": "1404-07-15"}), "spouse_national_code", "missing"),
    ] {
        let refused = program.post(REGISTER, &token, KEY, &body);
        assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid-fields"), "{body}");
        let error = &refused.json()["errors"][0];
        assert_eq!((&error["field"], &error["reason"]), (&json!(field), &json!(reason)), "{error}");
        assert!(!refused.body.contains("4398013084") && !refused.body.contains(&person("zahra")));
    }
    let json = ("content-type", "application/json");
    let auth = ("authorization", bearer.as_str());
    let key = ("idempotency-key", KEY);
    let good = registration("1404-07-15").to_string();
    for (method, path, headers, body, status, slug) in [
        (Method::GET, "/api/v1/nothing", &[auth][..], "", 404, "not-found"),
        (Method::GET, "/api", &[auth], "", 404, "not-found"),
        (Method::GET, "/api/v1/claims/x", &[auth], "", 404, "not-found"),
        (Method::DELETE, "/api/v1/claims", &[auth], "", 405, "method-not-allowed"),
        (Method::PUT, REGISTER, &[auth], "", 405, "method-not-allowed"),
        (Method::POST, REGISTER, &[auth, key], &good, 415, "unsupported-media-type"),
        (Method::POST, REGISTER, &[auth, json], &good, 400, "no-idempotency-key"),
        (Method::POST, REGISTER, &[auth, json, ("idempotency-key", "short")], &good, 422, "invalid-fields"),
        (Method::POST, REGISTER, &[auth, json, key], "{", 400, "malformed"),
        (Method::POST, REGISTER, &[auth, json, key], "", 400, "malformed"),
        (Method::GET, "/api/v1/claims?limit=0", &[auth], "", 422, "invalid-fields"),
        (Method::GET, "/api/v1/claims?cursor=zz", &[auth], "", 422, "invalid-fields"),
        (Method::GET, "/api/v1/claims?cursor=7669657773", &[auth], "", 422, "invalid-fields"),
        (Method::GET, "/api/v1/claims?page=2", &[auth], "", 422, "invalid-fields"),
    ] {
        let refused = program.send(method.clone(), path, headers, body.to_owned());
        assert_eq!(refused.status, status, "{method} {path}: {}", refused.body);
        assert_eq!(refused.problem(), slug, "{method} {path}");
        if status == 405 {
            assert!(refused.header("allow").len() > 2, "{:?}", refused.headers);
        }
    }
    let large = program.send(Method::POST, REGISTER, &[auth, json, key], "x".repeat(100_000));
    assert_eq!(large.problem(), "too-large");
    assert_eq!(home.app.value("SELECT count(*)::text FROM submissions"), "0");
    home.app.finish();
}

#[test]
fn a_program_that_asks_too_often_waits() {
    let mut app = TestApp::without_service("1404-08-01");
    app.set("portal_requests_per_min", "10");
    let home = Installation::open(app, "", false);
    let (program, token) = (home.program(), home.provider.token("zahra"));
    let last = (0..12).map(|_| program.get("/api/v1/claims", &token)).last().unwrap();
    assert_eq!((last.status, last.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(last.header("retry-after"), "60");
    // The limit of an address holds for requests without a token, too.
    let last = (0..120).map(|_| program.get("/api/v1/claims", "x")).last().unwrap();
    assert_eq!(last.problem(), "too-many-requests");
    home.app.finish();
}
