//! Waiting for what a test wants: as long as something moves, and never for ever. A slow machine takes longer than a fast
//! one, but it moves.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Service, TestApp, database, now};

/// A wait fails where nothing has moved for so many seconds; TEST_PATIENCE_S says another number.
const STANDSTILL_S: u64 = 90;
/// A wait fails after so many seconds even where something moves, such as a process that begins anew for ever.
pub const CEILING_S: &str = "600";

const PAUSE: Duration = Duration::from_millis(10);
/// How often a watch asks what has moved: a question costs a connection to the database.
const LOOK: Duration = Duration::from_secs(2);

/// Tells a wait that goes on from one that is in vain.
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

    /// For what may rightly be still for longer.
    pub fn of(standstill: Duration) -> Self {
        let (began, ceiling) = (now(), Duration::from_secs(CEILING_S.parse().unwrap()));
        Self { began, looked: began, moved: began, last: None, standstill, ceiling }
    }

    /// Pauses for a moment; true where the wait is in vain. `progress` gives what changes as long as something moves.
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

    pub fn told(&self) -> String {
        let (waited, still) = (self.began.elapsed().as_secs(), self.moved.elapsed().as_secs());
        format!("not so after {waited} s; nothing has moved for {still} s")
    }
}

impl TestApp {
    /// Changes as long as the installation does something: takes in, decides, delivers, closes, or logs.
    pub fn progress(&self) -> (String, Vec<u64>) {
        let rows = self.runtime.block_on(database::progress(&self.database_url));
        (rows, self.services.iter().map(Service::log_bytes).collect())
    }

    /// Returns as soon as it holds.
    #[track_caller]
    pub fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let mut watch = Watch::begin();
        while !holds() {
            assert!(!watch.is_over(|| self.progress()), "{what}: {}\n{}", watch.told(), self.logs());
        }
    }

    /// Returns when the one value of a query is `true`.
    #[track_caller]
    pub fn until(&self, what: &str, sql: &str) {
        self.wait(what, || self.value(sql) == "true");
    }

    /// Returns when a service has said these words.
    #[track_caller]
    pub fn until_told(&self, place: usize, words: &str) {
        self.wait(words, || self.services[place].log().contains(words));
    }

    /// A service that must end by itself: its log. It is counted no longer.
    #[track_caller]
    pub fn ends_by_itself(&mut self, place: usize) -> String {
        let mut watch = Watch::begin();
        while self.services[place].is_running() {
            assert!(!watch.is_over(|| self.progress()), "the service ends by itself: {}", watch.told());
        }
        self.services.remove(place).log()
    }

    /// Runs a command that waits for the installation, with the longest `--timeout`. It is ended before where nothing moves.
    #[track_caller]
    pub fn run_patiently(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(&[arguments, &["--timeout", CEILING_S]].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id().to_string();
        let ending = std::thread::spawn(move || child.wait_with_output().unwrap());
        let mut watch = Watch::begin();
        while !ending.is_finished() {
            if watch.is_over(|| self.progress()) {
                let _ = std::process::Command::new("kill").arg(&pid).status();
                let told = String::from_utf8_lossy(&ending.join().unwrap().stderr).into_owned();
                panic!("peyvand {arguments:?}: {}; {told}\n{}", watch.told(), self.logs());
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
    // The first three looks see something move; four seconds later nothing has, after one look more or two.
    assert!((4..=5).contains(&steps), "{steps} looks");
}
