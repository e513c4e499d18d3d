//! A short run of the fault runner, on brokers and a database of its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Everything that `tests/chaos` knows how to break, for half a minute, then the checker. `make chaos` does it for longer.
#[test]
fn a_short_run_of_faults_breaks_no_promise() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chaos/run");
    let evidence = tempfile::tempdir().unwrap();
    let seed = rand::random::<u16>().to_string();
    let output = Command::new("bash")
        .arg(script)
        .args(["--peyvand", env!("CARGO_BIN_EXE_peyvand"), "--seed", &seed, "--minutes", "0.5"])
        .args(["--marriages", "120", "--services", "2", "--closes", "1", "--gap", "2", "--evidence"])
        .arg(evidence.path())
        .output()
        .unwrap();
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        panic!("{told}{errors}\nthe evidence is kept in {}", evidence.keep().display());
    }
    let line = told.lines().find(|line| line.starts_with('{'));
    let found: Value = serde_json::from_str(line.unwrap()).unwrap();
    let kills: u64 = found["kills"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert!(kills > 3 && found["documents"].as_u64().unwrap() > 0, "{found}");
}
