//! Decoding of received pictures in a process of its own, with hard limits.
//!
//! Invariants:
//! - The decoders run only in the child. It has no settings, no secret and no open file, and limits of memory and time that
//!   it sets itself before it reads the first byte (`child`).
//! - Whatever a picture does to the child, the service continues: a crash, a limit or a nonsensical answer is the refusal
//!   `CannotBeRead`.
//! - The child is not believed: size, first bytes and digest of its answer are checked or computed here.
//! - At most [`WorkerOptions::at_a_time`] children exist, and [`WorkerOptions::queue`] pictures wait. The next is turned away.

mod answer;
pub mod child;

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use crate::pictures::{CleanPicture, MAX_PICTURE_BYTES, Refusal};
use answer::MAX_HEADER_BYTES;

/// The hidden command that runs [`child::run`].
pub const COMMAND: &str = "clean-picture";

/// Sizes and times of the worker.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// The program that has the hidden command.
    pub program: PathBuf,
    pub at_a_time: usize,
    /// Pictures that may wait for their turn.
    pub queue: usize,
    /// Time for one picture, after which its child is killed.
    pub timeout: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            // This very program, also after its file was replaced by an upgrade.
            program: PathBuf::from("/proc/self/exe"),
            at_a_time: 2,
            queue: 16,
            timeout: Duration::from_secs(30),
        }
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// The picture is refused; trying again gives the same answer.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too many pictures wait. The person tries again.
    #[error("too many pictures wait to be read")]
    Busy,
    /// The child could not be started.
    #[error("no process could be started to read a picture: {0}")]
    Unavailable(io::Error),
}

/// Cleans pictures, a few at a time.
#[derive(Clone, Debug)]
pub struct PictureWorker {
    options: Arc<WorkerOptions>,
    turns: Arc<Semaphore>,
    /// Those that wait or run.
    places: Arc<Semaphore>,
}

impl PictureWorker {
    pub fn new(options: WorkerOptions) -> Self {
        let turns = Arc::new(Semaphore::new(options.at_a_time));
        let places = Arc::new(Semaphore::new(options.at_a_time + options.queue));
        Self { options: Arc::new(options), turns, places }
    }

    /// Checks a received file, and returns the picture that may be stored. Dropping the future kills the child.
    ///
    /// # Errors
    /// See [`CleanError`].
    pub async fn clean(&self, received: &[u8]) -> Result<CleanPicture, CleanError> {
        if received.is_empty() {
            return Err(Refusal::Empty.into());
        }
        if received.len() > MAX_PICTURE_BYTES {
            return Err(Refusal::TooLarge { bytes: received.len() }.into());
        }
        let Ok(_place) = self.places.try_acquire() else { return Err(CleanError::Busy) };
        let Ok(_turn) = self.turns.acquire().await else { return Err(CleanError::Busy) };
        let mut child = self.spawn().map_err(CleanError::Unavailable)?;
        let answered = tokio::time::timeout(self.options.timeout, exchange(&mut child, received)).await;
        match answered {
            Ok(Ok(answer)) => Ok(answer::read(&answer)?),
            Ok(Err(problem)) => {
                tracing::warn!(problem, bytes = received.len(), "a picture ended its decoder");
                Err(Refusal::CannotBeRead.into())
            }
            Err(_) => {
                // The child is killed when it is dropped, and its end is awaited here so that the turn stays taken.
                let _ = child.kill().await;
                tracing::warn!(bytes = received.len(), "a picture took its decoder too long");
                Err(Refusal::CannotBeRead.into())
            }
        }
    }

    fn spawn(&self) -> io::Result<Child> {
        Command::new(&self.options.program)
            .arg(COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }
}

/// Gives the child the file, and returns its answer. An error is how the child failed.
async fn exchange(child: &mut Child, received: &[u8]) -> Result<Vec<u8>, String> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("the child has no pipes".to_owned());
    };
    let give = async {
        // A child that ends early closes its pipe. Its status says why it ended.
        let _ = input.write_all(received).await;
        drop(input);
    };
    let most = u64::try_from(MAX_HEADER_BYTES + MAX_PICTURE_BYTES + 1).unwrap_or(u64::MAX);
    let mut answer = Vec::new();
    let mut limited = output.take(most);
    let ((), read) = tokio::join!(give, limited.read_to_end(&mut answer));
    read.map_err(|error| error.to_string())?;
    // Closes the pipe, so that a child that writes too much ends.
    drop(limited);
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(answer) } else { Err(status.to_string()) }
}
