//! The commands: one binary, `peyvand`.

mod arguments;
mod casework;
mod close;
mod config;
mod dead_letters;
mod explain;
mod export;
mod files;
mod generate_command;
mod printouts;
mod publish;
mod recompute;
mod recover;
mod replay;
mod report;
mod start;
mod status;

use std::process::ExitCode;

use arguments::{Command, CommandLine, ConfigAct};
use start::CommandContext;

use crate::demo;
use crate::picture_worker::child;
use crate::service::{self, supervisor};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Service(#[from] service::Error),
    /// The command line asks for something impossible.
    #[error("{0}")]
    WrongUse(String),
    /// The receipt of a published file did not arrive in time. The command has already reported it.
    #[error("")]
    NoReceipt,
    /// The command has already reported what is wrong.
    #[error("")]
    AlreadyReported,
}

pub type Result<T> = std::result::Result<T, Error>;

/// Converts errors of the lower layers to service errors.
macro_rules! from_service {
    ($($error:ty),+ $(,)?) => { $(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Service(error.into())
            }
        }
    )+ };
}
from_service!(
    crate::store::Error,
    crate::kafka::Error,
    crate::app::context::ContextError,
    crate::app::close::Refusal,
    std::io::Error,
);

impl Error {
    fn failed(problem: impl Into<String>) -> Self {
        Self::Service(service::Error::Failed(problem.into()))
    }
}

/// Exit status of a wrong command line; clap uses the same.
const WRONG_USE: u8 = 2;
/// Exit status of `publish` if the receipt does not arrive in time.
const NO_RECEIPT: u8 = 3;
/// Exit status on Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Parses the command line, runs the command, and reports its error. Exit status: 0 done, 1 refused or failed, 2 wrong
/// use, 3 no receipt in time, 130 on Ctrl-C.
pub fn main() -> ExitCode {
    crate::failpoint::arm();
    let arguments = match CommandLine::parse() {
        CommandLine::Run(arguments) => arguments,
        CommandLine::Print(printout) => return ended(printouts::print(&printout)),
        CommandLine::CleanPicture => return child::run(),
    };
    let started = match CommandContext::begin(&arguments) {
        Ok(started) => started,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(WRONG_USE);
        }
    };
    let json = arguments.json;
    ended(started.block_on(|started| run(started, arguments.command, json)))
}

/// Reports the error, and returns the exit status.
fn ended(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Service(service::Error::Interrupted)) => ExitCode::from(INTERRUPTED),
        Err(Error::NoReceipt) => ExitCode::from(NO_RECEIPT),
        Err(Error::AlreadyReported) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("peyvand: {error}");
            if matches!(error, Error::WrongUse(_)) { ExitCode::from(WRONG_USE) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(started: CommandContext, command: Command, json: bool) -> Result<()> {
    match command {
        Command::Serve => Ok(supervisor::run(started.env).await?),
        Command::Publish(options) => publish::run(&started, options, json).await,
        Command::CloseMonth(options) => close::run(&started, options, json).await,
        Command::Status { digest: true, .. } => {
            status::digest(&started.env.open_context().await?, json).await
        }
        Command::Status { wait, timeout, .. } => {
            let wait = wait.then(|| std::time::Duration::from_secs(timeout));
            let done = status::run(&started.env, wait, json).await?;
            if done { Ok(()) } else { Err(Error::AlreadyReported) }
        }
        Command::Explain { national_code } => {
            let code = national_code
                .parse()
                .map_err(|_| Error::WrongUse("this is not a valid national code".to_owned()))?;
            let found = explain::run(&started.env.open_context().await?, code, json).await?;
            if found { Ok(()) } else { Err(Error::AlreadyReported) }
        }
        Command::Recompute { decision_id } => {
            recompute::run(&started.env.open_context().await?, decision_id, json).await
        }
        Command::Recover { dry_run, confirm_lost } => {
            recover::run(&started, dry_run, &confirm_lost, json).await
        }
        Command::Replay { into } => replay::run(&started, &into, json).await,
        Command::Report { month } => report::run(&started.env.open_context().await?, month, json).await,
        Command::Export { dir } => export::run(&started, dir, json).await,
        Command::Generate(options) => generate_command::run(&started, options, json).await,
        Command::Demo(options) => Ok(demo::run(started.env, options, json).await?),
        Command::DeadLetters { act } => dead_letters::run(&started, act, json).await,
        Command::Files { act } => files::run(&started, act, json).await,
        Command::Objections { act } => casework::objections(&started, act, json).await,
        Command::Cases { act } => casework::cases(&started, act, json).await,
        Command::Findings { act } => casework::findings(&started, act, json).await,
        Command::Config { act: None } => config::run(&started, json),
        Command::Config { act: Some(ConfigAct::AdoptInstallation) } => config::adopt(&started, json).await,
    }
}
