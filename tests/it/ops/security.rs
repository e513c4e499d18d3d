//! TLS, passwords and rights, at a broker and a database of this test's own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What docs/OPERATIONS.md says of them is enough, and less is refused: `tests/outside/security.sh` says what is tried.
#[test]
fn tls_passwords_and_rights_are_enough_and_needed() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside/security.sh");
    let python = std::env::var("OUTSIDE_PYTHON")
        .expect("OUTSIDE_PYTHON names no Python with Confluent's client: run `make test`");
    let output =
        Command::new("bash").arg(script).args([env!("CARGO_BIN_EXE_peyvand"), &python]).output().unwrap();
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}{errors}");
    let found: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert!(found["documents"].as_u64().unwrap() > 0, "{told}{errors}");
}
