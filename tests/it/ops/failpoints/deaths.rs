//! A process dies before and after each I/O operation. A failpoint that does not fire is a test failure.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use peyvand::wire::files::FileKind;

use crate::fixtures::couples::national_code;
use crate::harness::{CEILING_S, TestApp, Watch};
use crate::ops::failpoints::month;
use crate::ops::failpoints::month::{FIRST, NEXT, UNDISTURBED};
use crate::ops::failpoints::places;
use crate::ops::failpoints::places::Scene;

/// The signal of `std::process::abort`.
const SIGABRT: i32 = 6;

/// The failpoints at which no process died, each with the process's exit status and log.
#[derive(Default)]
struct Survived(Vec<String>);

impl Survived {
    /// Runs one process for each side of each failpoint of the scene.
    fn scene(&mut self, app: &TestApp, scene: Scene, arguments: &[&str]) {
        for (name, nth) in scene {
            for side in ["before", "after"] {
                self.point(app, &format!("{name}/{side}"), *nth, arguments);
            }
        }
    }

    fn point(&mut self, app: &TestApp, point: &str, nth: u32, arguments: &[&str]) {
        let (child, log) = start(app, point, nth, arguments);
        self.expect_crash(app, child, point, &log);
    }

    fn expect_crash(&mut self, app: &TestApp, child: Child, point: &str, log: &Path) {
        let status = end(app, child, log);
        let output = fs::read_to_string(log).unwrap();
        let died = status.is_some_and(|status| status.signal() == Some(SIGABRT));
        if !died || !output.contains(&format!("killed at {point}")) {
            self.0.push(format!("{point}: ended with {status:?}; {output}"));
        }
    }

    #[track_caller]
    fn assert_none(self) {
        assert!(self.0.is_empty(), "{} failpoints did not fire:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// Starts a process that dies when it reaches the failpoint for the nth time.
fn start(app: &TestApp, point: &str, nth: u32, arguments: &[&str]) -> (Child, PathBuf) {
    let armed = match nth {
        1 => format!("{point}=return"),
        _ => format!("{point}={}*off->return", nth - 1),
    };
    let log = app.dir.path().join(format!("{}.log", point.replace('/', "-")));
    let file = File::create(&log).unwrap();
    let mut command = app.command(arguments);
    command.env("FAILPOINTS", armed).stdout(file.try_clone().unwrap()).stderr(file);
    (command.spawn().unwrap(), log)
}

/// Returns `None` if the process did not exit and had to be killed.
fn end(app: &TestApp, mut child: Child, log: &Path) -> Option<ExitStatus> {
    let mut watch = Watch::begin();
    while !watch.is_over(|| (app.progress(), fs::metadata(log).unwrap().len())) {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

const INTAKE: &[&str] = &["serve", "--roles", "intake"];
const RELAY: &[&str] = &["serve", "--roles", "relay"];

#[track_caller]
fn ends_as_undisturbed(app: TestApp, what: &str) {
    UNDISTURBED.assert_same(&app.end_state(), what);
    app.finish();
}

#[test]
fn a_process_that_crashes_during_start_or_ingest_ingests_everything_later() {
    let mut app = month::begin();
    let mut survived = Survived::default();
    survived.scene(&app, places::BEGINNING, INTAKE);
    month::publish(&app);
    survived.scene(&app, places::TAKING_IN, INTAKE);
    app.serve(&[]);
    app.close(FIRST);
    month::answer(&mut app);
    app.stop();
    // The database refuses the valid row while the constraint exists, so the input is read again.
    app.execute("ALTER TABLE marriages ADD CONSTRAINT poison CHECK (record_id <> 'R000013')").unwrap();
    month::late_row(&app);
    survived.scene(&app, places::READING_AGAIN, INTAKE);
    app.execute("ALTER TABLE marriages DROP CONSTRAINT poison").unwrap();
    app.serve(&[]);
    month::close_the_rest(&app);
    survived.assert_none();
    ends_as_undisturbed(app, "deaths while taking in");
}

#[test]
fn a_process_that_crashes_during_delivery_or_stop_publishes_everything_once() {
    let mut app = month::begin();
    month::publish(&app);
    let mut survived = Survived::default();
    app.serve(&["--roles", "intake"]);
    app.waiting_text(&["close-month", FIRST]);
    app.stop();
    survived.scene(&app, places::DELIVERING, RELAY);
    for (name, nth) in places::ENDING {
        for side in ["before", "after"] {
            let point = format!("{name}/{side}");
            let (child, log) = start(&app, &point, *nth, &["serve", "--roles", "intake,relay"]);
            until_it_serves(&app, &log);
            let pid = child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
            survived.expect_crash(&app, child, &point, &log);
        }
    }
    app.serve(&[]);
    month::answer(&mut app);
    month::late_row(&app);
    month::close_the_rest(&app);
    survived.assert_none();
    ends_as_undisturbed(app, "deaths while delivering");
}

fn until_it_serves(app: &TestApp, log: &Path) {
    let serves = || fs::read_to_string(log).unwrap().contains("input partitions were assigned");
    app.wait("it serves", serves);
}

#[test]
fn a_process_that_crashes_during_a_close_pays_everybody_once() {
    let mut app = month::begin();
    month::publish(&app);
    app.serve(&[]);
    app.settle();
    let mut survived = Survived::default();
    survived.scene(&app, places::CLOSING, &["close-month", FIRST, "--timeout", CEILING_S]);
    assert_eq!(app.close(FIRST)["closed_now"], false, "the last death must come after the close's commit");
    month::answer(&mut app);
    month::late_row(&app);
    app.settle();
    survived.scene(&app, places::HOLDING, &["serve", "--roles", "month-end"]);
    assert_eq!(
        app.json(&["status"])["held"]["month"],
        NEXT[0],
        "the last death must come after the hold's commit"
    );
    for (place, side) in ["before", "after"].into_iter().enumerate() {
        let (name, nth) = places::LETTING_GO[0];
        survived.point(
            &app,
            &format!("{name}/{side}"),
            nth,
            &["close-month", NEXT[place], "--confirm", "--timeout", CEILING_S],
        );
    }
    month::close_the_rest(&app);
    survived.assert_none();
    ends_as_undisturbed(app, "deaths while closing");
}

#[test]
fn a_process_that_crashes_during_recovery_recovers_everything_once() {
    let mut app = month::begin();
    month::publish(&app);
    app.serve(&[]);
    app.settle();
    app.stop();
    let backup = app.backup("early");
    app.serve(&[]);
    app.close(FIRST);
    month::answer(&mut app);
    month::late_row(&app);
    app.settle();
    app.stop();
    app.restore(&backup);
    let mut survived = Survived::default();
    survived.scene(&app, places::RECOVERING, &["recover"]);
    assert_eq!(app.json(&["recover"])["what"], "nothing", "the last death must come after the last commit");
    let nothing_is_lost = ["recover", "--confirm-lost", "finance.payment-documents.v1"];
    survived.scene(&app, places::GIVING_UP, &nothing_is_lost);
    app.serve(&[]);
    month::close_the_rest(&app);
    survived.assert_none();
    ends_as_undisturbed(app, "deaths while recovering");
}

#[test]
fn a_command_that_crashes_can_be_repeated() {
    let mut app = month::begin();
    let mut survived = Survived::default();
    for (kind, path) in month::files(&app) {
        let publish = ["publish", kind.as_str(), &path, "--timeout", "0"];
        if kind == FileKind::Marriages {
            survived.scene(&app, places::PUBLISHING, &publish);
        }
        app.publish_without_waiting(kind, Path::new(&path));
    }
    month::dead_letters(&app);
    survived.scene(&app, places::LAGGING, &["status"]);
    let stranger = "6f1c0e5b2a7d48939c1f0a6be4d852376f1c0e5b2a7d48939c1f0a6be4d85237";
    let opened =
        serde_json::json!({"file_id": stranger, "kind": "wages", "opened_at": "2025-10-22T06:30:00Z"});
    app.raw().event("registry.files.v1", stranger, "registry.file.opened", "opened", &opened);
    app.serve(&[]);
    app.settle();
    let listed = app.text(&["dead-letters", "list"]);
    let letters: Vec<_> =
        listed.lines().filter_map(|line| line.split_once("  ")).map(|(place, _)| place).collect();
    survived.scene(&app, places::REPLAYING, &[&["dead-letters", "replay", "--force"], &letters[..]].concat());
    survived.scene(&app, places::ENDING_A_FILE, &["files", "end", stranger, "--why", "nobody sends it"]);
    rejecting(&mut app, &mut survived);
    let folder = app.dir.path().join("out");
    survived.scene(&app, places::EXPORTING, &["export", folder.to_str().unwrap()]);
    survived.scene(&app, places::SHOWING, &["report", "--month", FIRST]);
    survived.scene(&app, places::ADOPTING, &["config", "adopt-installation"]);
    survived.scene(&app, places::PLANNING, &["close-month", FIRST, "--dry-run"]);
    let digest = app.json(&["close-month", FIRST, "--dry-run"])["digest"].as_str().unwrap().to_owned();
    survived.scene(&app, places::CONFIRMING, &["close-month", FIRST, "--confirm", &digest]);
    assert_eq!(app.json(&["close-month", FIRST, "--confirm", &digest])["month"], FIRST);
    app.settle();
    month::answer(&mut app);
    month::late_row(&app);
    month::close_the_rest(&app);
    survived.assert_none();
    ends_as_undisturbed(app, "deaths of commands");
}

/// A received file is not read again, so each death needs its own file.
fn rejecting(app: &mut TestApp, survived: &mut Survived) {
    let kind = FileKind::EarlierPayments;
    for (name, nth) in places::REJECTING {
        for side in ["before", "after"] {
            let point = format!("{name}/{side}");
            // A file of which every row is rejected is refused, so one row is valid. It is of a person without a claim.
            let stranger = national_code(998_877_665);
            let rows = [
                kind.columns().join(","),
                format!("no code,1403-01-01,1,{point}"),
                ",1403-01-01,1,x".to_owned(),
                format!("{stranger},1403-01-01,1,{point}\n"),
            ]
            .join("\n");
            let path = app.write(kind, &rows);
            let rejects = path.with_extension("rejects");
            let [path, rejects] = [&path, &rejects].map(|path| path.to_str().unwrap());
            let publish = ["publish", kind.as_str(), path, "--rejects", rejects];
            survived.point(app, &point, *nth, &publish);
            let receipt = app.json(&publish);
            assert_eq!((&receipt["declared"], &receipt["accepted"]), (&3.into(), &1.into()), "{point}");
        }
    }
}
