//! The pages in Chromium: axe-core finds nothing on any of them, nothing overflows at 320 px or at 200 % text, scripts only
//! improve, and a screen reader reads the answer as a letter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use peyvand::http::pages::CONTENT_SECURITY_POLICY;

use super::pages;
use crate::harness::last_line;

/// The people whose page is kept as it is read aloud: one for each outcome.
const SPOKEN: [&str; 12] = [
    "approved",
    "paid",
    "sent",
    "returned",
    "no_account",
    "no_mobile",
    "days_short",
    "many_reasons",
    "awaiting_list",
    "identity",
    "acknowledged",
    "nothing",
];

/// Every page, so every reason code: each is the first reason of somebody (`sentences.rs`).
#[test]
fn pages_are_accessible_in_a_browser() {
    let tools = std::env::var("OUTSIDE_NODE").expect(
        "OUTSIDE_NODE names no folder with the installed tools of tests/outside/node: run `make test`",
    );
    let folder = pages::write_all();
    let mut command = Command::new("node");
    command.arg(Path::new(&tools).join("pages.mjs")).arg(&folder).arg(CONTENT_SECURITY_POLICY);
    if let Some(shots) = std::env::var_os("PAGES_SCREENS") {
        command.arg(shots);
    }
    let output = command.output().unwrap();
    let (found, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{faults}");
    assert_eq!(last_line(&found)["pages"], pages::all().len());
    is_read_as_before(&folder.join("spoken"));
}

/// What a screen reader reads of `/my`. With `UPDATE_SNAPSHOTS=1` the stored files are written anew: read them, each is a
/// letter to a person.
fn is_read_as_before(spoken: &Path) {
    let stored = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/http/snapshots");
    let updates = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut changed = Vec::new();
    for name in SPOKEN {
        let name = format!("my-{name}.yml");
        let now = fs::read_to_string(spoken.join(&name)).unwrap();
        if updates {
            fs::create_dir_all(&stored).unwrap();
            fs::write(stored.join(&name), &now).unwrap();
        }
        let before = fs::read_to_string(stored.join(&name)).unwrap_or_default();
        if now != before {
            changed.push(format!("{name}:\n{now}"));
        }
    }
    assert!(changed.is_empty(), "read differently (UPDATE_SNAPSHOTS=1 stores it):\n{}", changed.join("\n"));
}
