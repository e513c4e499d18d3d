//! The pages in Chromium: axe-core finds nothing, nothing overflows at 320 px or at 200 % text, and scripts only improve.

use std::path::Path;
use std::process::Command;

use peyvand::http::pages::CONTENT_SECURITY_POLICY;

use super::pages;
use crate::harness::last_line;

#[test]
fn pages_are_accessible_in_a_browser() {
    let tools = std::env::var("OUTSIDE_NODE").expect(
        "OUTSIDE_NODE names no folder with the installed tools of tests/outside/node: run `make test`",
    );
    let folder = pages::write_all();
    let mut command = Command::new("node");
    command.arg(Path::new(&tools).join("pages.mjs")).arg(&folder).arg(CONTENT_SECURITY_POLICY);
    let output = command.output().unwrap();
    let (found, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{faults}");
    assert_eq!(last_line(&found)["pages"], pages::all().len());
}
