//! Objections and pictures by the API of insured persons.

use reqwest::Method;
use serde_json::{Value, json};

use super::Installation;
use super::objector::{TEXT, heic, photo, reviewed};
use crate::harness::{Answer, Program};

const KEY: &str = "6a0e7f0e-2f5b-4b1c-9a64-0d6e2a1b7c11";
const SENT: &str = "/api/v1/my-objections";

/// A program of one person with a claim under review.
struct Client {
    program: Program,
    token: String,
    draft: String,
}

impl Client {
    fn new(home: &Installation, login: &str) -> Self {
        let (program, token) = (home.program(), home.provider.token(login));
        let claims = program.get("/api/v1/claims", &token).json();
        let claim = claims["items"][0]["claim_id"].as_str().unwrap();
        let draft = format!("/api/v1/claims/{claim}/objection-draft");
        Self { program, token, draft }
    }

    fn get(&self, path: &str) -> Answer {
        self.program.get(path, &self.token)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.program.post(path, &self.token, KEY, body)
    }

    fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [headers, &[("authorization", bearer.as_str())]].concat();
        self.program.send(method, path, &headers, body)
    }

    fn write(&self, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(Method::PUT, &self.draft, &headers, body.to_string().into_bytes())
    }

    fn written(&self) -> Value {
        let answer = self.write(&json!({"disputed": "IDENTITY_MISMATCH", "text": TEXT}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    fn upload(&self, kind: &str, key: &str, picture: Vec<u8>) -> Answer {
        let path = format!("{}/pictures?kind={kind}", self.draft);
        let headers = [("content-type", "image/jpeg"), ("idempotency-key", key)];
        self.send(Method::PUT, &path, &headers, picture)
    }
}

/// From the draft to the receipt and the withdrawal; a repeated request changes nothing.
#[test]
fn a_person_objects_with_pictures_by_a_program() {
    let home = reviewed();
    let client = Client::new(&home, "married1");
    assert_eq!(client.get(&client.draft).problem(), "not-found");
    let draft = client.written();
    assert_eq!((&draft["text"], &draft["disputed"]), (&json!(TEXT), &json!("IDENTITY_MISMATCH")));
    let first = client.upload("deed", KEY, photo(1));
    assert_eq!(first.status, 200, "{}", first.body);
    let again = client.upload("deed", KEY, photo(1));
    assert_eq!(first.json(), again.json(), "one upload is one picture");
    let other = client.upload("deed", KEY, photo(2));
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-key-reused"));
    let second = client.upload("booklet", "another-key", photo(2)).json();
    assert_eq!(client.get(&client.draft).json()["pictures"], json!([first.json(), second]));
    assert_eq!(home.app.value("SELECT count(*)::text FROM portal_pictures"), "2");
    let path = format!("{}/pictures/{}", client.draft, second["picture_id"].as_str().unwrap());
    for _ in 0..2 {
        let left = client.send(Method::DELETE, &path, &[], Vec::new());
        assert_eq!((left.status, left.json()["pictures"].as_array().unwrap().len()), (200, 1));
    }
    let picture = first.json();
    let shown = client.get(&format!("/api/v1/pictures/{}", picture["picture_id"].as_str().unwrap()));
    assert_eq!((shown.status, shown.header("content-type")), (200, "image/jpeg"));
    assert_eq!(json!(shown.bytes.len()), picture["bytes"]);

    let named = json!({"objection_id": draft["objection_id"]});
    let receipt = client.post(SENT, &named);
    assert_eq!(receipt.status, 202, "{}", receipt.body);
    assert_eq!(client.post(SENT, &named).json()["objection_no"], receipt.json()["objection_no"]);
    assert_eq!(client.get(&client.draft).problem(), "not-found", "the draft was sent");
    assert_eq!(
        client.write(&json!({"disputed": "IDENTITY_MISMATCH", "text": "x"})).problem(),
        "already-open"
    );
    let path = receipt.header("location").to_owned();
    home.app.wait("the objection is delivered", || client.get(&path).json()["delivered"] == true);
    home.app.settle();
    let shown = client.get(&path).json();
    assert_eq!((&shown["state"], &shown["pictures"][0]["sent"]), (&json!("open"), &json!(true)), "{shown}");
    assert_eq!(client.get(SENT).json()["items"], json!([shown]));
    assert_eq!(home.app.value("SELECT count(*)::text FROM objections WHERE submitted_at IS NOT NULL"), "1");
    nobody_else(&home, &path, picture["picture_id"].as_str().unwrap(), &named);
    withdrawn(&client, &path, &named);
    home.app.settle();
    assert_eq!(home.app.value("SELECT withdrawn::text FROM objections"), "true");
    home.app.finish();
}

fn nobody_else(home: &Installation, path: &str, picture: &str, named: &Value) {
    let other = Client::new(home, "married2");
    assert_eq!(other.get(SENT).json()["items"], json!([]));
    for path in [path, &format!("/api/v1/pictures/{picture}")] {
        assert_eq!(other.get(path).problem(), "not-found");
    }
    assert_eq!(other.post(SENT, named).problem(), "not-found");
    assert_eq!(other.post(&format!("{path}/withdrawal"), named).problem(), "not-found");
}

fn withdrawn(client: &Client, path: &str, named: &Value) {
    let path = format!("{path}/withdrawal");
    let wrong = client.post(&path, &json!({"objection_id": uuid::Uuid::nil()}));
    assert_eq!(
        (wrong.problem().as_str(), &wrong.json()["errors"][0]["field"]),
        ("invalid-fields", &json!("objection_id"))
    );
    for _ in 0..2 {
        let withdrawn = client.post(&path, named);
        assert_eq!((withdrawn.status, &withdrawn.json()["state"]), (202, &json!("withdrawn")));
    }
}

/// Each refusal names field and reason, and stores nothing.
#[test]
fn what_cannot_be_stored_or_sent_is_a_problem_with_its_field() {
    let home = reviewed();
    let client = Client::new(&home, "married1");
    let no_draft = client.upload("deed", KEY, photo(1));
    assert_eq!(no_draft.problem(), "not-found");
    for (body, field, reason) in [
        (json!({"disputed": "ALREADY_PAID", "text": "x"}), "disputed", "not_a_ground_of_this_claim"),
        (json!({"disputed": "nothing", "text": "x"}), "disputed", "unknown_word"),
        (json!({"disputed": "IDENTITY_MISMATCH", "text": "x".repeat(2_001)}), "text", "too_long"),
        (json!({"disputed": "IDENTITY_MISMATCH"}), "text", "missing"),
    ] {
        let refused = client.write(&body).json();
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["reason"]),
            (&json!(field), &json!(reason)),
            "{refused}"
        );
    }
    let empty = client.write(&json!({"disputed": "IDENTITY_MISMATCH", "text": " "})).json();
    let refused = client.post(SENT, &json!({"objection_id": empty["objection_id"]})).json();
    assert_eq!(refused["errors"], json!([{"field": "text", "reason": "missing"}]));
    client.written();
    for (bytes, reason) in [(heic(), "heic"), (Vec::new(), "empty"), (photo(1)[..900].to_vec(), "truncated")]
    {
        let refused = client.upload("deed", KEY, bytes).json();
        let error = &refused["errors"][0];
        assert_eq!((&error["field"], &error["reason"]), (&json!("body"), &json!(reason)), "{refused}");
        assert!(error["text"].is_string(), "the person reads why");
    }
    let path = format!("{}/pictures", client.draft);
    let (jpeg, key) = (("content-type", "image/jpeg"), ("idempotency-key", KEY));
    let large = vec![0; (10 << 20) + 1];
    for (query, headers, body, status, slug) in [
        ("?kind=deed", &[key][..], photo(1), 415, "unsupported-media-type"),
        ("?kind=deed", &[key, ("content-type", "image/heic")], heic(), 415, "unsupported-media-type"),
        ("?kind=deed", &[key, jpeg], large, 413, "too-large"),
        ("?kind=deed", &[jpeg], photo(1), 400, "no-idempotency-key"),
        ("?kind=selfie", &[key, jpeg], photo(1), 422, "invalid-fields"),
        ("", &[key, jpeg], photo(1), 422, "invalid-fields"),
    ] {
        let refused = client.send(Method::PUT, &format!("{path}{query}"), headers, body);
        assert_eq!((refused.status, refused.problem().as_str()), (status, slug), "{query} {}", refused.body);
    }
    assert_eq!(home.app.value("SELECT count(*)::text FROM portal_pictures"), "0");
    for number in 0..10 {
        assert_eq!(client.upload("other", &format!("picture-{number}"), photo(number)).status, 200);
    }
    let full = client.upload("other", "picture-10", photo(10)).json();
    assert_eq!(full["errors"], json!([{"field": "pictures", "reason": "too_many"}]));
    home.app.settle();
    home.app.finish();
}
