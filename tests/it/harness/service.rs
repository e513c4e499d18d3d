//! A `serve` process started by a test.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::harness::waiting::Watch;

/// Longer than the `stop_timeout_s` of every test.
const STOP: Duration = Duration::from_secs(150);

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

    /// Everything that the process has written to stdout and stderr.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    pub(super) fn log_bytes(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |log| log.len())
    }

    pub(super) fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// The peak memory of the process so far, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
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

    /// Sends SIGTERM and returns the exit status.
    pub fn terminate(&mut self) -> ExitStatus {
        self.end_on("TERM")
    }

    /// Sends a signal and returns the exit status.
    pub fn end_on(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        // The process aborts a stop after `stop_timeout_s`. Until then it may log nothing.
        let mut watch = Watch::of(STOP);
        while self.is_running() {
            assert!(!watch.is_over(|| self.log_bytes()), "the service does not stop\n{}", self.tail());
        }
        self.child.wait().unwrap()
    }

    pub(super) fn stop(mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the service ended by itself: {status}\n{}", self.tail());
        }
        let status = self.terminate();
        assert!(status.success(), "the service ended with {status}\n{}", self.tail());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns when a command handles Ctrl-C. Before that, the signal would kill it.
#[track_caller]
pub fn until_interruptible(child: &Child) {
    let (path, interrupt) = (format!("/proc/{}/status", child.id()), 2);
    let caught = || {
        let status = std::fs::read_to_string(&path).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap() >> (interrupt - 1) & 1 == 1
    };
    let mut watch = Watch::begin();
    while !caught() {
        assert!(!watch.is_over(|| ()), "the command does not handle Ctrl-C: {}", watch.report());
    }
}

#[expect(clippy::disallowed_methods, reason = "a test measures real time")]
pub fn now() -> Instant {
    Instant::now()
}
