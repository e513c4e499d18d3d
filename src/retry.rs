//! Trying again, with pauses that grow and are never quite equal.
//!
//! The only importer of `backoff`, which is no longer maintained (RUSTSEC-2025-0012): it computes the pauses, nothing
//! else, so that whoever replaces it touches this file alone. The loop and its cancellation are ours.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;
use tokio::sync::watch;

/// Tells long work to stop: true once the process is asked to. A sender that is gone counts as a stop, too.
pub type ShutdownSignal = watch::Receiver<bool>;

/// What an error means for the one who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retryability {
    /// The world may mend itself: try again.
    Retry,
    /// It will be the same next time: give up.
    Reject,
}

/// The pauses between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The first pause, give or take half.
    pub first: Duration,
    /// The longest pause, give or take half.
    pub longest: Duration,
    /// The time after which no further attempt is made; none tries until it is told to stop.
    pub in_all: Option<Duration>,
}

impl Policy {
    /// For servers that come back: 100 ms growing to 5 s, without end.
    pub const FOREVER: Self =
        Self { first: Duration::from_millis(100), longest: Duration::from_secs(5), in_all: None };

    /// The same pauses for at most `in_all`.
    pub const fn for_a_while(in_all: Duration) -> Self {
        Self { in_all: Some(in_all), ..Self::FOREVER }
    }

    fn pauses(&self) -> ExponentialBackoff {
        let mut pauses = ExponentialBackoff {
            initial_interval: self.first,
            max_interval: self.longest,
            max_elapsed_time: self.in_all,
            multiplier: 2.0,
            ..ExponentialBackoff::default()
        };
        pauses.reset();
        pauses
    }
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetryError<E: Display> {
    /// The error is one that no repetition mends.
    #[error("{0}")]
    Rejected(E),
    /// The time of the policy is over; the last error.
    #[error("{0} (tried again until the time was over)")]
    TimedOut(E),
    /// Told to stop before there was a result.
    #[error("stopped")]
    Stopped,
}

/// Runs `op` until it succeeds, its error is one to reject, the policy's time is over, or `stop` says so.
///
/// `notify` hears of each error that leads to another attempt, with the pause before it: the one place to log it.
/// An attempt under way is dropped on a stop, so `op` must be safe to drop; what must run to its end belongs into a
/// task of its own.
///
/// # Errors
/// See [`GaveUp`].
pub async fn retry<T, E, Op, Fut>(
    policy: Policy,
    stop: &ShutdownSignal,
    mut op: Op,
    classify: impl Fn(&E) -> Retryability,
    mut notify: impl FnMut(&E, Duration),
) -> Result<T, RetryError<E>>
where
    E: Display,
    Op: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let mut pauses = policy.pauses();
    let mut stop = stop.clone();
    loop {
        let attempt = tokio::select! {
            biased;
            () = shutdown_requested(&mut stop) => return Err(RetryError::Stopped),
            attempt = op() => attempt,
        };
        let error = match attempt {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if classify(&error) == Retryability::Reject {
            return Err(RetryError::Rejected(error));
        }
        let Some(pause) = pauses.next_backoff() else {
            return Err(RetryError::TimedOut(error));
        };
        notify(&error, pause);
        if !pause_or_stop(pause, &mut stop).await {
            return Err(RetryError::Stopped);
        }
    }
}

/// Waits for `pause`; false where a stop came first.
pub async fn pause_or_stop(pause: Duration, stop: &mut ShutdownSignal) -> bool {
    tokio::select! {
        biased;
        () = shutdown_requested(stop) => false,
        () = tokio::time::sleep(pause) => true,
    }
}

/// Resolves once the process is asked to stop.
pub async fn shutdown_requested(stop: &mut ShutdownSignal) {
    // An error means that nobody is left who could ask: the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const QUICK: Policy =
        Policy { first: Duration::from_millis(1), longest: Duration::from_millis(4), in_all: None };

    fn classify(error: &&'static str) -> Retryability {
        if *error == "bad" { Retryability::Reject } else { Retryability::Retry }
    }

    async fn run(
        policy: Policy,
        stop: &ShutdownSignal,
        errors: &[&'static str],
    ) -> (Result<usize, RetryError<&'static str>>, Vec<Duration>) {
        let (turn, mut pauses) = (Cell::new(0), Vec::new());
        let op = || {
            let n = turn.replace(turn.get() + 1);
            let result = errors
                .get(n)
                .or(errors.last())
                .filter(|error| **error != "ok")
                .map_or(Ok(n), |error| Err(*error));
            async move { result }
        };
        let result = retry(policy, stop, op, classify, |_, pause| pauses.push(pause)).await;
        (result, pauses)
    }

    #[tokio::test]
    async fn tries_until_it_succeeds_and_tells_of_each_failure() {
        let (_keep, stop) = watch::channel(false);
        let (result, pauses) = run(QUICK, &stop, &["away", "away", "away", "ok"]).await;
        assert_eq!((result, pauses.len()), (Ok(3), 3));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(7)), "{pauses:?}");
    }

    #[tokio::test]
    async fn gives_up_where_repeating_mends_nothing() {
        let (_keep, stop) = watch::channel(false);
        let (result, pauses) = run(QUICK, &stop, &["away", "bad", "ok"]).await;
        assert_eq!((result, pauses.len()), (Err(RetryError::Rejected("bad")), 1));
    }

    #[tokio::test]
    async fn gives_up_when_the_time_is_over() {
        let (_keep, stop) = watch::channel(false);
        let policy = Policy { in_all: Some(Duration::from_millis(20)), ..QUICK };
        let (result, pauses) = run(policy, &stop, &["away"]).await;
        assert_eq!(result, Err(RetryError::TimedOut("away")));
        assert!(pauses.len() > 1);
    }

    #[tokio::test]
    async fn a_stop_ends_the_pause_and_the_attempt() {
        let (sender, stop) = watch::channel(false);
        let slow = Policy { first: Duration::from_secs(60), longest: Duration::from_secs(60), in_all: None };
        let pausing = run(slow, &stop, &["away"]);
        let asking = async { sender.send_replace(true) };
        let ((result, _), _) = tokio::join!(pausing, asking);
        assert_eq!(result, Err(RetryError::Stopped));

        let (sender, stop) = watch::channel(false);
        drop(sender);
        let never = retry(QUICK, &stop, std::future::pending::<Result<(), &str>>, classify, |_, _| {}).await;
        assert_eq!(never, Err(RetryError::Stopped));
    }
}
