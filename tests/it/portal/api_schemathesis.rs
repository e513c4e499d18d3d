//! schemathesis, a property tester of other people, runs the OpenAPI document against the service.

use std::process::Command;

use serde_json::json;

use super::Installation;
use crate::contract::outside_clients::python;
use crate::fixtures::casework::{Desk, under_review};
use crate::fixtures::population::{married, person};
use crate::harness::TestApp;

/// Requests of one operation and phase.
const EXAMPLES: &str = "8";
/// Seconds of fuzzing and of sequences of requests.
const LONGEST: &str = "20";
const SEED: &str = "14040801";

/// Its command, with bytes for pictures.
const PROGRAM: &str = "
from hypothesis import strategies
import schemathesis
from schemathesis.cli import schemathesis as command
for kind in ('image/jpeg', 'image/png'):
    schemathesis.openapi.media_type(kind, strategies.binary(max_size=2000))
command()
";

/// Runs schemathesis on the operations with these tags. It must find no failure. Returns its report.
#[track_caller]
fn run(home: &Installation, token: &str, tags: &[&str]) -> String {
    let mut command = Command::new(python());
    command.args(["-c", PROGRAM, "run"]);
    command.arg(format!("{}/openapi.json", home.origin));
    command.args(["--header", &format!("Authorization: Bearer {token}"), "--seed", SEED]);
    command.args(["--max-examples", EXAMPLES, "--max-time", LONGEST, "--no-color", "--continue-on-failure"]);
    command.args(["--generation-database", "none", "--checks", "all"]);
    // A valid body about a claim that does not exist, or that a key has used before, is refused rightly.
    command.args(["--exclude-checks", "positive_data_acceptance"]);
    command.args(["--warnings", "off"]);
    for tag in tags {
        command.args(["--include-tag", tag]);
    }
    let output = command.current_dir(std::env::temp_dir()).output().unwrap();
    let (report, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{report}\n{faults}\n{}", home.app.logs());
    report.into_owned()
}

#[test]
fn every_answer_is_one_that_the_document_names() {
    let mut app = TestApp::start("1404-08-01");
    app.set("portal_requests_per_min", "100000");
    married(&mut app, 1..3);
    let reviewed = person(13);
    under_review(&mut app, &[&reviewed]);
    Desk::of(&app, &reviewed).objects(1, 10);
    app.settle();
    let home = Installation::open(app, "", false);
    let person = home.provider.token("married1");
    let report = run(&home, &person, &["insured person", "everyone"]);
    assert!(report.contains("Fuzzing") && report.contains("passed"), "{report}");
    let claims = json!({"national_code": crate::fixtures::couples::national_code(830_000_001), "peyvand_officer": "101"});
    let officer = home.provider.mint(&json!({"login": "nobody", "claims": claims}));
    let report = run(&home, &officer, &["staff", "everyone"]);
    assert!(report.contains("Fuzzing") && report.contains("passed"), "{report}");
    home.app.end_unchecked();
}
