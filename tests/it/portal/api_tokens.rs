//! Access tokens: which ones open the API, and that nothing else does.

use serde_json::{Value, json};

use super::Installation;
use crate::harness::person;

const CLAIMS: &str = "/api/v1/claims";

/// A certified provider issues the token for the API as a resource.
#[test]
fn a_token_of_the_code_flow_opens_the_own_file_and_nothing_else_does() {
    let home = Installation::start("");
    let program = home.program();
    let token = home.provider.token_by_code("zahra");
    let answer = program.get(CLAIMS, &token);
    assert_eq!((answer.status, answer.json()), (200, json!({"items": []})), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(home.app.value("SELECT page FROM file_views"), "api_claims");

    let none = program.send(reqwest::Method::GET, CLAIMS, &[], String::new());
    assert_eq!((none.status, none.problem().as_str()), (401, "unauthorized"));
    assert_eq!(none.header("www-authenticate"), "Bearer realm=\"peyvand\"");
    // A session's cookie does not count here, and a token not on a page.
    let browser = home.signed_in("zahra");
    let cookie = format!("peyvand-session={}", browser.portal_cookie("peyvand-session").unwrap());
    let by_cookie = program.send(reqwest::Method::GET, CLAIMS, &[("cookie", &cookie)], String::new());
    assert_eq!(by_cookie.problem(), "unauthorized");
    assert_eq!(program.get("/my", &token).status, 303);
    assert_eq!(program.get("/account", &token).status, 303);
    let log = home.app.logs();
    assert!(!log.contains(&token) && !log.contains(&person("zahra")), "{log}");
    home.app.finish();
}

/// "issuer, audience, exp, signature … algorithms allow-listed; clock skew"
#[expect(clippy::disallowed_methods, reason = "the provider and the service use the real time")]
#[test]
fn a_faulty_token_is_refused_and_says_so() {
    let home = Installation::start("");
    let program = home.program();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let with = |wanted: Value| {
        let mut wanted = wanted;
        wanted["login"] = "zahra".into();
        home.provider.mint(&wanted)
    };
    for (what, wanted) in [
        ("the usual one", json!({})),
        ("another key of the provider", json!({"key": "es256"})),
        ("the long type", json!({"header": {"typ": "application/at+jwt"}})),
        ("just expired, within the skew", json!({"claims": {"exp": now - 5}})),
        (
            "for several services",
            json!({"claims": {"aud": ["https://api.example.org", "https://other.example.org"]}}),
        ),
    ] {
        let answer = program.get(CLAIMS, &with(wanted));
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    }
    for (what, wanted) in [
        ("expired", json!({"claims": {"exp": now - 60}})),
        ("not valid yet", json!({"claims": {"nbf": now + 300}})),
        ("issued in the future", json!({"claims": {"iat": now + 300}})),
        ("for another service", json!({"claims": {"aud": "https://other.example.org"}})),
        ("for the portal itself", json!({"claims": {"aud": "peyvand"}})),
        ("of another issuer", json!({"claims": {"iss": "https://evil.example.org"}})),
        ("without an end", json!({"claims": {"exp": null}})),
        ("an ID token", json!({"header": {"typ": "JWT"}})),
        ("without a type", json!({"header": {"typ": null}})),
        ("signed by a stranger", json!({"key": "stranger"})),
        ("signed with the shared secret", json!({"key": "secret"})),
        ("without a national code", json!({"claims": {"national_code": null}})),
        ("with two roles", json!({"claims": {"peyvand_finance": true, "peyvand_officer": "12"}})),
    ] {
        let answer = program.get(CLAIMS, &with(wanted));
        assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid-token"), "{what}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{what}");
    }
    let good = with(json!({}));
    let [head, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    // {"alg":"none","typ":"at+jwt"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{body}.");
    let other_body = with(json!({"claims": {"national_code": person("reza")}}));
    let other_body = other_body.split('.').nth(1).unwrap();
    for token in [
        unsigned.as_str(),
        &format!("{head}.{other_body}.{signature}"),
        &format!("{head}.{body}"),
        "x",
        "",
        &"a".repeat(9000),
    ] {
        assert_eq!(program.get(CLAIMS, token).status, 401, "{token}");
    }
    assert!(!home.app.logs().contains(&person("zahra")));
    home.app.finish();
}

/// The provider may change its keys at any time.
#[test]
fn new_keys_of_the_provider_are_read_when_they_are_needed() {
    let home = Installation::start("");
    let old = home.provider.token("zahra");
    assert_eq!(home.program().get(CLAIMS, &old).status, 200);
    let Installation { app, provider, origin } = home;
    let home = Installation { app, provider: provider.with_new_keys(), origin };
    let new = home.provider.token("zahra");
    // Keys stand for some seconds, so that tokens with a wrong signature do not burden the provider.
    home.app.wait("the new key is known", || home.program().get(CLAIMS, &new).status == 200);
    assert_eq!(home.program().get(CLAIMS, &old).problem(), "invalid-token");
    home.app.finish();
}
