//! The portal in tests: an OpenID provider with invented people, and a browser without scripts.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use reqwest::Method;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};

use super::TestApp;
use crate::fixtures::couples::national_code;
use crate::fixtures::population;

const SECRET: &str = "a client secret for tests alone";

/// A free port of this machine.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The national codes of the invented people, by their login.
pub fn person(login: &str) -> String {
    let logins = ["zahra", "reza", "officer", "supervisor", "finance", "operator", "auditor"];
    let number = logins.iter().position(|one| *one == login).unwrap();
    national_code(810_000_000 + u32::try_from(number).unwrap())
}

/// The invented people of the tests, as the provider reads them.
pub fn people() -> Value {
    let with = |login: &str, more: Value| {
        let mut claims = json!({"name": format!("نام {login}"), "national_code": person(login)});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let married =
        |number: u32| json!({"name": "مریم کریمی", "national_code": population::person(number).code()});
    json!({
        "married1": married(1),
        "married2": married(2),
        "zahra": with("zahra", json!({})),
        "reza": with("reza", json!({})),
        "officer": with("officer", json!({"peyvand_officer": "12"})),
        "supervisor": with("supervisor", json!({"peyvand_supervisor": "7"})),
        "finance": with("finance", json!({"peyvand_finance": true})),
        "operator": with("operator", json!({"peyvand_operator": true})),
        "auditor": with("auditor", json!({"peyvand_auditor": true})),
        "nobody": {"name": "بی‌کد"},
    })
}

/// The audience of access tokens in tests.
pub const AUDIENCE: &str = "https://api.example.org";

/// A running `oidc-provider`.
pub struct TestProvider {
    address: SocketAddr,
    origin: String,
    /// The provider's variables.
    variables: Vec<(String, String)>,
    child: Child,
    /// The provider ends if it cannot write.
    _stdout: BufReader<ChildStdout>,
}

impl TestProvider {
    /// Starts the provider, and sets the portal's settings for every later process. Returns the portal's origin, too.
    pub fn start(app: &mut TestApp, claims_only_in_userinfo: bool) -> (Self, String) {
        let userinfo = if claims_only_in_userinfo { "1" } else { "0" };
        Self::with(app, &[("OIDC_PEOPLE", &people().to_string()), ("OIDC_USERINFO_ONLY", userinfo)])
    }

    /// With these variables of the provider.
    pub fn with(app: &mut TestApp, variables: &[(&str, &str)]) -> (Self, String) {
        let [portal, address] = [free_address(), free_address()];
        let origin = format!("http://{portal}");
        app.set("portal_listen", &portal.to_string());
        app.set("portal_url", &origin);
        app.set("oidc_issuer", &format!("http://{address}"));
        app.set("oidc_client_secret", SECRET);
        app.set("api_audience", AUDIENCE);
        let variables =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        (Self::run(address, origin.clone(), variables), origin)
    }

    /// The provider again, with other keys.
    #[must_use]
    pub fn with_new_keys(self) -> Self {
        let (address, origin, variables) = (self.address, self.origin.clone(), self.variables.clone());
        drop(self);
        Self::run(address, origin, variables)
    }

    fn run(address: SocketAddr, origin: String, variables: Vec<(String, String)>) -> Self {
        let folder = std::env::var("OUTSIDE_NODE").expect(
            "OUTSIDE_NODE names no folder with the installed tools of tests/outside/node: run `make test`",
        );
        let mut child = Command::new("node")
            .arg(PathBuf::from(folder).join("../../../deploy/local/oidc/provider.mjs"))
            .args([&address.port().to_string(), &origin])
            .env("OIDC_SECRET", SECRET)
            .env("OIDC_AUDIENCE", AUDIENCE)
            .env("OIDC_MINT", "1")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "listening", "the OpenID provider did not start");
        Self { address, origin, variables, child, _stdout: stdout }
    }

    /// An access token of a person, as a program gets it.
    pub fn token(&self, login: &str) -> String {
        self.mint(&json!({"login": login}))
    }

    /// Any token that the provider's keys, or others, can sign.
    pub fn mint(&self, wanted: &Value) -> String {
        let minted = Program::new(&format!("http://{}", self.address)).send(
            Method::POST,
            "/mint",
            &[],
            wanted.to_string(),
        );
        assert_eq!(minted.status, 200, "{}", minted.body);
        minted.body
    }

    /// An access token by the authorization code flow, with the API as the resource.
    pub fn token_by_code(&self, login: &str) -> String {
        let issuer = format!("http://{}", self.address);
        let mut browser = Browser::new("http://127.0.0.1:9");
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let query = encoded(&[
            ("client_id", "program"),
            ("redirect_uri", PROGRAM_REDIRECT),
            ("response_type", "code"),
            ("scope", "openid api"),
            ("resource", AUDIENCE),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]);
        let form = browser.get(&format!("{issuer}/auth?{query}"));
        let fields = urlencoded(&[("prompt", "login"), ("login", login), ("password", "x")]);
        // Nobody listens at the program's address: the last redirect has the code.
        let last = browser.follow(Method::POST, &form.url, Some(fields), &[]);
        let code = reqwest::Url::parse(&last.url).unwrap();
        let code = code.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let answer = Program::new(&issuer).send(
            Method::POST,
            "/token",
            &[("content-type", "application/x-www-form-urlencoded")],
            encoded(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", PROGRAM_REDIRECT),
                ("client_id", "program"),
                ("client_secret", SECRET),
                ("resource", AUDIENCE),
                ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            ]),
        );
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    String::from_utf8(urlencoded(fields).1).unwrap()
}

const PROGRAM_REDIRECT: &str = "http://127.0.0.1:9/program";

/// A program that uses the API. It follows no redirect and keeps no cookie.
pub struct Program {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    origin: String,
}

impl Program {
    pub fn new(origin: &str) -> Self {
        let Browser { runtime, client, .. } = Browser::new(origin);
        Self { runtime, client, origin: origin.to_owned() }
    }

    pub fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = format!("{}{path}", self.origin);
        let mut request = self.client.request(method, &url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let headers =
                headers.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
            let bytes = response.bytes().await.unwrap().to_vec();
            Answer { status, url, body: String::from_utf8_lossy(&bytes).into_owned(), bytes, headers }
        })
    }

    pub fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, &[("authorization", &format!("Bearer {token}"))], String::new())
    }

    /// Sends JSON with an idempotency key.
    pub fn post(&self, path: &str, token: &str, key: &str, body: &Value) -> Answer {
        self.command("POST", path, token, key, body)
    }

    pub fn command(&self, method: &str, path: &str, token: &str, key: &str, body: &Value) -> Answer {
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", key.to_owned()),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.send(method.parse().unwrap(), path, &headers, body.to_string())
    }
}

impl Drop for TestProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status of an answer that did not come: the other end is gone.
pub const NO_ANSWER: u16 = 0;

/// An answer after all redirects.
pub struct Answer {
    pub status: u16,
    pub url: String,
    pub body: String,
    pub bytes: Vec<u8>,
    pub headers: Vec<(String, String)>,
}

impl Answer {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        &found.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).1
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The slug of the problem's type, after a check of its form.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem["type"].as_str().unwrap().strip_prefix("urn:peyvand:problem:").unwrap().to_owned()
    }

    /// The value of a form's hidden field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let from = format!("name=\"{name}\" value=\"");
        let rest = self.body.split_once(&from).unwrap_or_else(|| panic!("no field {name}: {}", self.body)).1;
        rest.split('"').next().unwrap().to_owned()
    }
}

/// What a form sends, with its content type.
type FormBody = (String, Vec<u8>);

/// A file as a form sends it: its name, its declared type, its bytes.
pub struct FormFile<'a> {
    pub name: &'a str,
    pub media_type: &'a str,
    pub bytes: &'a [u8],
}

/// A browser: cookies by host and name, redirects, the origin of a form. It runs no scripts.
pub struct Browser {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    portal: String,
    pub cookies: BTreeMap<(String, String), String>,
    /// Every `Set-Cookie` header so far.
    pub set_cookies: Vec<String>,
}

impl Browser {
    pub fn new(portal: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // No kept connection: on a slow machine the server closes it while the next request is sent.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let client = client.pool_max_idle_per_host(0).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let portal = portal.to_owned();
        Self { runtime, client, portal, cookies: BTreeMap::new(), set_cookies: Vec::new() }
    }

    /// Opens a page; a path is one of the portal.
    pub fn get(&mut self, url: &str) -> Answer {
        self.follow(Method::GET, url, None, &[])
    }

    /// Opens a page with these headers.
    pub fn get_with(&mut self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.follow(Method::GET, url, None, headers)
    }

    /// Sends a form from the portal's own page.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = self.portal.clone();
        self.post_from(path, fields, &[("origin", &origin)])
    }

    /// Sends a form with these headers.
    pub fn post_from(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        self.follow(Method::POST, path, Some(urlencoded(fields)), headers)
    }

    /// Sends a form with a file from the portal's own page.
    pub fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: &FormFile<'_>) -> Answer {
        let origin = self.portal.clone();
        self.follow(Method::POST, path, Some(multipart(fields, file)), &[("origin", &origin)])
    }

    /// Signs in at the provider's own form, and returns to the page.
    pub fn sign_in(&mut self, login: &str, start: &str) -> Answer {
        let form = self.get(start);
        if form.url.starts_with(&self.portal) {
            return form;
        }
        let fields = urlencoded(&[("prompt", "login"), ("login", login), ("password", "x")]);
        self.follow(Method::POST, &form.url, Some(fields), &[])
    }

    fn follow(
        &mut self,
        mut method: Method,
        url: &str,
        mut body: Option<FormBody>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut url = if url.starts_with('/') { format!("{}{url}", self.portal) } else { url.to_owned() };
        for _ in 0..15 {
            let (answer, location) = self.once(&method, &url, body.take(), headers);
            let Some(location) = location else { return answer };
            url = reqwest::Url::parse(&url).unwrap().join(&location).unwrap().into();
            method = Method::GET;
        }
        panic!("too many redirects to {url}");
    }

    fn once(
        &mut self,
        method: &Method,
        url: &str,
        body: Option<FormBody>,
        headers: &[(&str, &str)],
    ) -> (Answer, Option<String>) {
        let host = reqwest::Url::parse(url).unwrap().authority().to_owned();
        let own = self.cookies.iter().filter(|((at, _), _)| *at == host);
        let cookies: Vec<_> = own.map(|((_, name), value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method.clone(), url).header(COOKIE, cookies.join("; "));
        if let Some((content_type, body)) = body {
            request = request.header("content-type", content_type).body(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = self.runtime.block_on(async {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, response.bytes().await?.to_vec()))
        });
        let Ok((status, headers, bytes)) = sent else {
            let (url, body, bytes, headers) = (url.to_owned(), String::new(), Vec::new(), Vec::new());
            return (Answer { status: NO_ANSWER, url, body, bytes, headers }, None);
        };
        for set in headers.get_all(SET_COOKIE) {
            self.keep(&host, set.to_str().unwrap());
        }
        let location = headers.get(LOCATION).filter(|_| status.is_redirection());
        let location = location.map(|to| to.to_str().unwrap().to_owned());
        let headers = headers.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        (Answer { status: status.as_u16(), url: url.to_owned(), body, bytes, headers }, location)
    }

    fn keep(&mut self, host: &str, set: &str) {
        self.set_cookies.push(set.to_owned());
        let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
        let key = (host.to_owned(), name.to_owned());
        if value.is_empty() || set.contains("Max-Age=0") {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }

    /// The value of a cookie of the portal.
    pub fn portal_cookie(&self, name: &str) -> Option<String> {
        let host = self.portal.trim_start_matches("http://").to_owned();
        self.cookies.get(&(host, name.to_owned())).cloned()
    }

    pub fn set_portal_cookie(&mut self, name: &str, value: &str) {
        let host = self.portal.trim_start_matches("http://").to_owned();
        self.cookies.insert((host, name.to_owned()), value.to_owned());
    }
}

fn urlencoded(fields: &[(&str, &str)]) -> FormBody {
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().extend_pairs(fields);
    ("application/x-www-form-urlencoded".to_owned(), url.query().unwrap_or_default().into())
}

const BOUNDARY: &str = "----a-boundary-of-a-test";

/// The body of a form with a file, as a browser writes it.
pub fn multipart(fields: &[(&str, &str)], file: &FormFile<'_>) -> FormBody {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let FormFile { name, media_type, bytes } = file;
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
    );
    body.extend(head.into_bytes());
    body.extend(*bytes);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}
