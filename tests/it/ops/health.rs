//! What `/healthz`, `/readyz` and `/metrics` say in each role, also when the broker is frozen.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use crate::harness::TestApp;
use crate::ingest::processes::listen;
use crate::ops::privacy::get;

/// A broker of this test's own, which it may freeze.
struct OwnBroker {
    name: String,
}

impl OwnBroker {
    fn start() -> Self {
        let own = Self { name: format!("health-{}", std::process::id()) };
        own.stack("up");
        own
    }

    fn stack(&self, action: &str) {
        let stack = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/local/stack");
        let output = Command::new(stack).args([action, "--name", &self.name]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, name: &str) -> String {
        let home = std::env::var_os("LOCAL_STACK_HOME").map(PathBuf::from);
        let home = home.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".local"));
        std::fs::read_to_string(home.join(&self.name).join("kafka").join(name)).unwrap().trim().to_owned()
    }

    fn signal(&self, signal: &str) {
        let process = self.file("pid").split(' ').next().unwrap().to_owned();
        assert!(Command::new("kill").args([format!("-{signal}"), process]).status().unwrap().success());
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stack("down");
            return;
        }
        let stack = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/local/stack");
        self.signal("CONT");
        let _ = Command::new(stack).args(["down", "--name", &self.name]).status();
    }
}

fn is_ready(address: SocketAddr) -> bool {
    get(address, "/readyz").starts_with("HTTP/1.1 200")
}

fn broker_is_up(address: SocketAddr) -> bool {
    let page = get(address, "/metrics");
    let line = page.lines().find_map(|line| line.strip_prefix("peyvand_broker_up "));
    line.expect("no peyvand_broker_up") == "1"
}

#[test]
fn a_frozen_broker_is_seen_by_every_role() {
    const LIMIT_S: u64 = 60;
    let broker = OwnBroker::start();
    let mut app = TestApp::without_service("1404-08-01");
    app.brokers = broker.file("address");
    let roles = ["intake", "relay", "month-end", "api"];
    let addresses = roles.map(|_| listen());
    for (role, address) in roles.iter().zip(addresses) {
        app.serve(&["--roles", role, "--http-listen", &address.to_string()]);
    }
    let answers = |address| std::net::TcpStream::connect(address).is_ok();
    app.wait("every role opens HTTP", || addresses.into_iter().all(answers));
    app.wait("every role is ready", || addresses.into_iter().all(is_ready));
    app.wait("every role meets the broker", || addresses.into_iter().all(broker_is_up));

    broker.signal("STOP");
    let frozen = crate::harness::now();
    let [intake, relay, month_end, api] = addresses;
    let is_seen = || !addresses.into_iter().any(broker_is_up) && !is_ready(intake) && !is_ready(relay);
    app.wait("the time is over", || is_seen() || frozen.elapsed().as_secs() >= LIMIT_S);
    assert!(is_seen(), "the frozen broker is not seen after {LIMIT_S} s");
    assert!(get(intake, "/readyz").ends_with(r#"{"missing":["broker"],"ready":false}"#));
    assert!(is_ready(month_end) && is_ready(api), "they need only the database");
    assert!(addresses.iter().all(|address| get(*address, "/healthz").ends_with("ok\n")));

    broker.signal("CONT");
    app.wait("every role is ready again", || addresses.into_iter().all(is_ready));
    app.wait("every role meets the broker again", || addresses.into_iter().all(broker_is_up));
    app.finish();
}

#[test]
fn a_port_in_use_is_reported_with_its_setting_before_the_start() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let app = TestApp::without_service("1404-08-01");
    // No broker answers there: the start reports the port first.
    let error = app.refused(&["serve", "--http-listen", &address, "--kafka-brokers", "127.0.0.1:1"]);
    assert!(error.contains(&address) && error.contains("PEYVAND_HTTP_LISTEN"), "{error}");
    app.end_without_installation();
}
