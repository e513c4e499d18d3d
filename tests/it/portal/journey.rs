//! The portal in Chromium, as a phone of 320 px, with and without scripts.

use std::path::Path;
use std::process::Command;

use super::my::with_paid;
use crate::fixtures::couples::national_code;
use crate::harness::last_line;

/// Sign-in, the file, a claim, and a registration. With `PORTAL_SCREENS`, pictures of the pages are written there.
#[test]
fn a_person_signs_in_reads_and_registers_with_and_without_scripts() {
    let tools = std::env::var("OUTSIDE_NODE").expect(
        "OUTSIDE_NODE names no folder with the installed tools of tests/outside/node: run `make test`",
    );
    let home = with_paid();
    let mut command = Command::new("node");
    command.arg(Path::new(&tools).join("portal.mjs")).arg(&home.origin).arg(national_code(820_000_001));
    if let Some(screens) = std::env::var_os("PORTAL_SCREENS") {
        command.arg(screens);
    }
    let output = command.output().unwrap();
    let (found, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{faults}\n{}", home.app.logs());
    assert_eq!(last_line(&found)["journeys"], 2);
    // Each journey has registered the same marriage of another person.
    assert_eq!(home.app.value("SELECT count(DISTINCT person)::text FROM submissions"), "2");
    home.app.settle();
    home.app.finish();
}
