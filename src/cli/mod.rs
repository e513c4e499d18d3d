//! The commands: one binary, `peyvand`.

/// Prints a line; a reader that has gone away (`| head`) is no failure.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

mod arguments;
mod close;
mod config;
mod dead_letters;
pub mod demo;
pub mod explain;
pub mod export;
pub mod generate;
mod generate_command;
mod month_end;
mod paper;
pub mod publish;
mod recompute;
mod recover;
mod replay;
pub mod report;
mod serve;
mod start;
pub mod status;
mod watch;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use start::Started;

/// Why a command ended without having done its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error(transparent)]
    Kafka(#[from] crate::kafka::Error),
    #[error(transparent)]
    House(#[from] crate::work::house::HouseError),
    #[error(transparent)]
    Refusal(#[from] crate::work::close_month::Refusal),
    #[error("{0}")]
    Failed(String),
    /// The command line asks for what cannot be.
    #[error("{0}")]
    WrongUse(String),
    /// A published file has no receipt yet: told already.
    #[error("")]
    NoReceipt,
    /// What is wrong has been told already.
    #[error("")]
    Told,
    #[error("stopped")]
    Interrupted,
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Exit status of wrong use (clap's own, too).
const WRONG_USE: u8 = 2;
/// Exit status of `publish` where the receipt has not come in time.
const NO_RECEIPT: u8 = 3;
/// Exit status on Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Parses, runs, and tells what went wrong. Status 0 done, 1 refused or failed, 2 wrong use, 3 no receipt in time,
/// 130 on Ctrl-C.
pub fn main() -> ExitCode {
    crate::boundary::arm();
    let arguments = Arguments::parse();
    let started = match Started::begin(&arguments) {
        Ok(started) => started,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(WRONG_USE);
        }
    };
    let json = arguments.json;
    let outcome = started.block_on(|started| run(started, arguments.command, json));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(Error::NoReceipt) => ExitCode::from(NO_RECEIPT),
        Err(Error::Told) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("peyvand: {error}");
            if matches!(error, Error::WrongUse(_)) { ExitCode::from(WRONG_USE) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(started: Started, command: Command, json: bool) -> Result<()> {
    match command {
        Command::Serve => serve::run(started).await,
        Command::Publish(wish) => publish::run(&started, wish, json).await,
        Command::CloseMonth(wish) => close::run(&started, wish, json).await,
        Command::Status { digest: true, .. } => status::digest(&started.house().await?, json).await,
        Command::Status { wait, timeout, .. } => {
            let wait = wait.then(|| std::time::Duration::from_secs(timeout));
            let house = started.house().await?;
            let done =
                status::run(&house, &started.broker, started.settings.unanswered_days, wait, json).await?;
            if done { Ok(()) } else { Err(Error::Told) }
        }
        Command::Explain { national_code } => {
            let code = national_code
                .parse()
                .map_err(|_| Error::WrongUse("that is no valid national code".to_owned()))?;
            let found = explain::run(&started.house().await?, code, json).await?;
            if found { Ok(()) } else { Err(Error::Told) }
        }
        Command::Recompute { decision_id } => {
            recompute::run(&started.house().await?, decision_id, json).await
        }
        Command::Recover { dry_run, confirm_lost } => {
            recover::run(&started, dry_run, &confirm_lost, json).await
        }
        Command::Replay { into } => replay::run(&started, &into, json).await,
        Command::Report { month } => report::run(&started.house().await?, month, json).await,
        Command::Export { dir } => export::command(&started, dir, json).await,
        Command::Generate(wish) => generate_command::run(&started, wish, json).await,
        Command::Demo(wish) => demo::run(started, wish, json).await,
        Command::DeadLetters { act } => dead_letters::run(&started, act, json).await,
        Command::Config => config::run(&started, json),
    }
}
