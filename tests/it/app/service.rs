//! A `serve` process of a test.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

pub struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    pub(super) fn start(mut command: Command, log: PathBuf) -> Self {
        let file = File::create(&log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), log }
    }

    /// Everything that the process has written.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    pub(super) fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Asks the process to end, and says how and how fast it did.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        self.end_on("TERM")
    }

    /// The same, by a signal of choice.
    pub fn end_on(&mut self, signal: &str) -> (ExitStatus, Duration) {
        let began = now();
        self.signal(signal);
        until(30, "the service stops", || !self.is_running());
        (self.child.wait().unwrap(), began.elapsed())
    }

    pub(super) fn stop(mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the service ended by itself: {status}\n{}", self.tail());
        }
        let (status, _) = self.terminate();
        assert!(status.success(), "the service ended with {status}\n{}", self.tail());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns as soon as it holds; where it does not for so many seconds, the test has failed.
#[track_caller]
pub fn until(seconds: u64, what: &str, mut holds: impl FnMut() -> bool) {
    let began = now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(seconds), "{what}: not so after {seconds} s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[expect(clippy::disallowed_methods, reason = "a test measures real time")]
pub fn now() -> Instant {
    Instant::now()
}
