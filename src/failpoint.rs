//! Named crash points around I/O calls, for tests.
//!
//! `failpoint!("close_page.commit", tx.commit().await)` evaluates to `tx.commit().await`. A build with the feature
//! `failpoints` adds two points, `close_page.commit/before` and `close_page.commit/after`, where a test can abort the
//! process. A release build contains neither. `tests/it/ops/failpoints` finds every name in the source and aborts a
//! process there.
//!
//! `is_injected("rewind.seek/fails")` returns whether a test requests this fault. In a release build it returns false.

/// Evaluates the expression between the failpoints `$name/before` and `$name/after`.
#[cfg(feature = "failpoints")]
macro_rules! failpoint {
    ($name:literal, $call:expr) => {{
        $crate::failpoint::reach(concat!($name, "/before"));
        let result = $call;
        $crate::failpoint::reach(concat!($name, "/after"));
        result
    }};
}

/// Evaluates the expression; a release build has no failpoints.
#[cfg(not(feature = "failpoints"))]
macro_rules! failpoint {
    ($name:literal, $call:expr) => {
        $call
    };
}

pub(crate) use failpoint;

/// Reads the armed failpoints from the environment: `FAILPOINTS=NAME=return` aborts at the first pass of a failpoint,
/// `FAILPOINTS=NAME=2*off->return` at the third.
pub fn arm() {
    // The failpoints stay armed until the process ends.
    #[cfg(feature = "failpoints")]
    std::mem::forget(fail::FailScenario::setup());
}

/// Aborts the process if this failpoint is armed. As after `kill -9`, nothing is unwound, closed or sent.
#[cfg(feature = "failpoints")]
pub fn reach(point: &str) {
    fail::fail_point!(point, |_| {
        eprintln!("killed at {point}");
        std::process::abort()
    });
}

/// Returns whether a test has armed the fault of this name. A fault is armed in the same way as a failpoint.
#[cfg(feature = "failpoints")]
pub fn is_injected(fault: &str) -> bool {
    fail::fail_point!(fault, |_| true);
    false
}

/// A release build injects no fault.
#[cfg(not(feature = "failpoints"))]
pub const fn is_injected(_fault: &str) -> bool {
    false
}
