//! The portal in Chromium at 320, 390 and 1280 px, with and without scripts, and by keyboard alone.

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
    assert_eq!(last_line(&found)["journeys"], 6);
    // One of each journey, and two by keyboard alone; with the pictures four more.
    let sent =
        home.app.value("SELECT count(DISTINCT person)::text || ' ' || count(*)::text FROM submissions");
    assert!(sent == "2 8" || std::env::var_os("PORTAL_SCREENS").is_some(), "{sent}");
    home.app.settle();
    home.app.finish();
}
