//! Short runs of the fault runner, each on its own broker and database.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Asserts that the run succeeds, and returns its result line.
#[track_caller]
fn run(arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chaos/run");
    let (evidence, seed) = (tempfile::tempdir().unwrap(), rand::random::<u16>().to_string());
    let output = Command::new("bash")
        .arg(script)
        .args(["--peyvand", env!("CARGO_BIN_EXE_peyvand"), "--seed", &seed, "--services", "2", "--evidence"])
        .arg(evidence.path())
        .args(arguments)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        panic!("{stdout}{errors}\nthe evidence is kept in {}", evidence.keep().display());
    }
    let line = stdout.lines().find(|line| line.starts_with('{'));
    serde_json::from_str(line.unwrap()).unwrap()
}

/// All faults of `tests/chaos` for half a minute, then the checker. `make chaos` runs longer.
#[test]
fn a_short_run_of_faults_breaks_no_promise() {
    let found = run(&["--minutes", "0.5", "--marriages", "120", "--closes", "1", "--gap", "2"]);
    let kills: u64 = found["kills"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert!(kills > 3 && found["documents"].as_u64().unwrap() > 0, "{found}");
}

/// A process must not wait forever for an answer that will not come: it exits, and its supervisor restarts it.
#[test]
fn a_database_whose_connections_break_silently_stops_nothing_for_long() {
    let silence = ["--faults", "silence", "--gap", "4", "--closes", "0"];
    let found = run(&[&silence[..], &["--minutes", "0.4", "--marriages", "100"]].concat());
    assert!(found["faults"]["silence"].as_u64().unwrap() > 1, "{found}");
}
