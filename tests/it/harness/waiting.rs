//! Waiting for a condition. A wait continues while the installation makes progress, up to a fixed limit. A slow machine
//! takes longer than a fast one, but it makes progress.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Service, TestApp, database, now};

/// A wait fails after this many seconds without progress. The variable `TEST_PATIENCE_S` overrides it.
const STANDSTILL_S: u64 = 90;
/// A wait fails after this many seconds even with progress, for example if a process restarts again and again.
pub const CEILING_S: &str = "600";

const PAUSE: Duration = Duration::from_millis(10);
/// How often a watch checks the progress. Each check opens a connection to the database.
const LOOK: Duration = Duration::from_secs(2);

/// Detects a wait that will not succeed: no progress for a while, or the limit is reached.
pub struct Watch<P> {
    began: Instant,
    looked: Instant,
    moved: Instant,
    last: Option<P>,
    standstill: Duration,
    ceiling: Duration,
}

impl<P: PartialEq> Watch<P> {
    pub fn begin() -> Self {
        let patience = std::env::var("TEST_PATIENCE_S").ok().and_then(|seconds| seconds.parse().ok());
        Self::of(Duration::from_secs(patience.unwrap_or(STANDSTILL_S)))
    }

    /// A watch with another limit for the time without progress.
    pub fn of(standstill: Duration) -> Self {
        let (began, ceiling) = (now(), Duration::from_secs(CEILING_S.parse().unwrap()));
        Self { began, looked: began, moved: began, last: None, standstill, ceiling }
    }

    /// Pauses briefly, and returns true if the wait has failed. `progress` returns a value that changes with any
    /// progress.
    pub fn is_over(&mut self, progress: impl FnOnce() -> P) -> bool {
        std::thread::sleep(PAUSE);
        if self.looked.elapsed() >= LOOK {
            let seen = Some(progress());
            self.looked = now();
            if seen != self.last {
                (self.last, self.moved) = (seen, self.looked);
            }
        }
        self.looked - self.moved >= self.standstill || self.began.elapsed() >= self.ceiling
    }

    pub fn report(&self) -> String {
        let (waited, still) = (self.began.elapsed().as_secs(), self.moved.elapsed().as_secs());
        format!("not reached after {waited} s; no progress for {still} s")
    }
}

impl TestApp {
    /// A value that changes while the installation makes progress: ingests, decides, delivers, closes or logs.
    pub fn progress(&self) -> (String, Vec<u64>) {
        let rows = self.runtime.block_on(database::progress(&self.database_url));
        (rows, self.services.iter().map(Service::log_bytes).collect())
    }

    /// Returns when the condition holds.
    #[track_caller]
    pub fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let mut watch = Watch::begin();
        while !holds() {
            assert!(!watch.is_over(|| self.progress()), "{what}: {}\n{}", watch.report(), self.logs());
        }
    }

    /// Returns when the one value of a query is `true`.
    #[track_caller]
    pub fn until(&self, what: &str, sql: &str) {
        self.wait(what, || self.value(sql) == "true");
    }

    /// Returns when the log of a service contains this text.
    #[track_caller]
    pub fn wait_for_log(&self, place: usize, words: &str) {
        self.wait(words, || self.services[place].log().contains(words));
    }

    /// Waits until a service ends by itself, removes it from the services and returns its log.
    #[track_caller]
    pub fn ends_by_itself(&mut self, place: usize) -> String {
        let mut watch = Watch::begin();
        while self.services[place].is_running() {
            assert!(
                !watch.is_over(|| self.progress()),
                "the service does not end by itself: {}",
                watch.report()
            );
        }
        self.services.remove(place).log()
    }

    /// Runs a command that waits for the installation, with the longest `--timeout`. Without progress, kills it earlier
    /// and fails the test.
    #[track_caller]
    pub fn run_waiting(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(&[arguments, &["--timeout", CEILING_S]].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id().to_string();
        let ending = std::thread::spawn(move || child.wait_with_output().unwrap());
        let mut watch = Watch::begin();
        while !ending.is_finished() {
            if watch.is_over(|| self.progress()) {
                let _ = std::process::Command::new("kill").arg(&pid).status();
                let errors = String::from_utf8_lossy(&ending.join().unwrap().stderr).into_owned();
                panic!("peyvand {arguments:?}: {}; {errors}\n{}", watch.report(), self.logs());
            }
        }
        ending.join().unwrap()
    }
}

#[test]
fn a_wait_ends_where_nothing_moves_and_not_before() {
    let mut watch = Watch::of(Duration::from_secs(4));
    let mut steps = 0;
    while !watch.is_over(|| {
        steps += 1;
        steps.min(3)
    }) {}
    // The first three checks see progress. The wait fails four seconds later, after one or two more checks.
    assert!((4..=5).contains(&steps), "{steps} checks of the progress");
}
