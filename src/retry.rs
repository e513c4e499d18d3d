//! Retries with exponential backoff and jitter.
//!
//! Only this module imports `backoff`, which is no longer maintained (RUSTSEC-2025-0012). The crate computes the pauses
//! and nothing else, so a replacement of the crate changes this file only. This module implements the loop and its
//! cancellation.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;
use tokio::sync::watch;

/// The shutdown signal: true once the process must stop. A dropped sender also counts as a shutdown.
pub type ShutdownSignal = watch::Receiver<bool>;

/// Whether an operation is attempted again after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retryability {
    /// The cause may disappear; the operation is attempted again.
    Retry,
    /// Another attempt would fail in the same way; the error is returned.
    Reject,
}

/// The pauses between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The first pause, with a jitter of ±50 %.
    pub first: Duration,
    /// The longest pause, with a jitter of ±50 %.
    pub longest: Duration,
    /// The time after which no further attempt starts. `None` retries until the shutdown signal.
    pub in_all: Option<Duration>,
}

impl Policy {
    /// For servers that recover: pauses from 100 ms to 5 s, without a time limit.
    pub const FOREVER: Self =
        Self { first: Duration::from_millis(100), longest: Duration::from_secs(5), in_all: None };

    /// The pauses of [`Policy::FOREVER`], with the time limit `in_all`.
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

/// Why [`retry`] has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetryError<E: Display> {
    /// An error that `classify` rejects.
    #[error("{0}")]
    Rejected(E),
    /// The time limit of the policy is over. Contains the last error.
    #[error("{0} (retried until the time limit)")]
    TimedOut(E),
    /// The shutdown signal came before a result.
    #[error("stopped")]
    Stopped,
}

/// Runs `op` until it succeeds, `classify` rejects its error, the time limit of the policy is over, or the shutdown
/// signal `stop` is set.
///
/// `notify` receives each error that leads to another attempt, and the pause before that attempt. Retried errors are
/// logged there.
///
/// A shutdown drops the current attempt, so `op` must be cancel safe. Work that must run to its end belongs in a
/// separate task.
///
/// # Errors
/// See [`RetryError`].
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

/// Waits for `pause`. Returns false if the shutdown signal came first.
pub async fn pause_or_stop(pause: Duration, stop: &mut ShutdownSignal) -> bool {
    tokio::select! {
        biased;
        () = shutdown_requested(stop) => false,
        () = tokio::time::sleep(pause) => true,
    }
}

/// Completes once the shutdown signal is set.
pub async fn shutdown_requested(stop: &mut ShutdownSignal) {
    // An error means that the sender is dropped, which counts as a shutdown.
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
        let attempts = Cell::new(0);
        let mut pauses = Vec::new();
        let retried = retry(
            policy,
            stop,
            || {
                let n = attempts.replace(attempts.get() + 1);
                let error = errors.get(n).or(errors.last()).filter(|error| **error != "ok");
                std::future::ready(error.map_or(Ok(n), |error| Err(*error)))
            },
            classify,
            |_, pause| pauses.push(pause),
        );
        let result = retried.await;
        (result, pauses)
    }

    #[tokio::test]
    async fn retries_until_success_and_notifies_each_error() {
        let (_keep, stop) = watch::channel(false);
        let (result, pauses) = run(QUICK, &stop, &["away", "away", "away", "ok"]).await;
        assert_eq!((result, pauses.len()), (Ok(3), 3));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(7)), "{pauses:?}");
    }

    #[tokio::test]
    async fn does_not_retry_a_rejected_error() {
        let (_keep, stop) = watch::channel(false);
        let (result, pauses) = run(QUICK, &stop, &["away", "bad", "ok"]).await;
        assert_eq!((result, pauses.len()), (Err(RetryError::Rejected("bad")), 1));
    }

    #[tokio::test]
    async fn stops_retrying_at_the_time_limit() {
        let (_keep, stop) = watch::channel(false);
        let policy = Policy { in_all: Some(Duration::from_millis(20)), ..QUICK };
        let (result, pauses) = run(policy, &stop, &["away"]).await;
        assert_eq!(result, Err(RetryError::TimedOut("away")));
        assert!(pauses.len() > 1);
    }

    #[tokio::test]
    async fn a_shutdown_ends_the_pause_and_the_attempt() {
        let (sender, stop) = watch::channel(false);
        let slow = Policy { first: Duration::from_secs(60), longest: Duration::from_secs(60), in_all: None };
        let pausing = run(slow, &stop, &["away"]);
        let stopping = async { sender.send_replace(true) };
        let ((result, _), _) = tokio::join!(pausing, stopping);
        assert_eq!(result, Err(RetryError::Stopped));

        let (sender, stop) = watch::channel(false);
        drop(sender);
        let never = retry(QUICK, &stop, std::future::pending::<Result<(), &str>>, classify, |_, _| {}).await;
        assert_eq!(never, Err(RetryError::Stopped));
    }
}
