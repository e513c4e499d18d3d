//! Boundaries of I/O: where a process may die with one side done and the other not.
//!
//! `boundary!("take_in.commit", tx.commit().await)` is `tx.commit().await`. Built with the feature `failpoints` it is so
//! between two points, `take_in.commit/before` and `take_in.commit/after`, at which a test may end the process; a release
//! has nothing of them. `tests/it/ops/failpoints` finds every name in the source and kills there.
//!
//! `is_injected("rewind.seek/fails")` asks whether a test wants this fault here; a release never has it.

/// The expression, with a point before and one after it.
#[cfg(feature = "failpoints")]
macro_rules! failpoint {
    ($name:literal, $crossing:expr) => {{
        $crate::failpoint::reach(concat!($name, "/before"));
        let crossed = $crossing;
        $crate::failpoint::reach(concat!($name, "/after"));
        crossed
    }};
}

/// The expression.
#[cfg(not(feature = "failpoints"))]
macro_rules! failpoint {
    ($name:literal, $crossing:expr) => {
        $crossing
    };
}

pub(crate) use failpoint;

/// Reads once which points end the process: `FAILPOINTS=NAME=return`, or `NAME=2*off->return` for the third time.
pub fn arm() {
    // For as long as the process lives.
    #[cfg(feature = "failpoints")]
    std::mem::forget(fail::FailScenario::setup());
}

/// Ends the process where this point is armed, as `kill -9` would: nothing is unwound, closed or sent.
#[cfg(feature = "failpoints")]
pub fn reach(point: &str) {
    fail::fail_point!(point, |_| {
        eprintln!("killed at {point}");
        std::process::abort()
    });
}

/// Whether a test has armed the fault of this name, as it arms a point.
#[cfg(feature = "failpoints")]
pub fn is_injected(fault: &str) -> bool {
    fail::fail_point!(fault, |_| true);
    false
}

/// A release injects no fault.
#[cfg(not(feature = "failpoints"))]
pub const fn is_injected(_fault: &str) -> bool {
    false
}
