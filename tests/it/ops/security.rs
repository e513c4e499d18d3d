//! TLS, passwords and rights, with a broker and a database of this test's own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The settings in docs/OPERATIONS.md are sufficient, and weaker ones are refused: `tests/outside/security.sh` lists
/// the attempts.
#[test]
fn tls_passwords_and_rights_are_enough_and_needed() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside/security.sh");
    let python = std::env::var("OUTSIDE_PYTHON")
        .expect("OUTSIDE_PYTHON names no Python with Confluent's client: run `make test`");
    let output =
        Command::new("bash").arg(script).args([env!("CARGO_BIN_EXE_peyvand"), &python]).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{errors}");
    let found: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert!(found["documents"].as_u64().unwrap() > 0, "{stdout}{errors}");
}
