//! The gate of `tests/schema_gate`, which refuses incompatible changes of the schemas.

use std::path::Path;
use std::process::Command;

/// A gate that cannot fail refuses nothing. `.ci/run` runs the gate itself.
#[test]
fn it_finds_every_planted_change() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema_gate/selftest.py");
    let output = Command::new("python3").arg(script).output().unwrap();
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && report.ends_with("\nOK\n"), "{report}");
    assert!(!report.contains("Ran 0 tests"), "{report}");
}
