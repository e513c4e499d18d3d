//! The commands: one binary, `peyvand`.

mod arguments;
mod close;
mod config;
mod dead_letters;
mod explain;
mod export;
mod generate_command;
mod publish;
mod recompute;
mod recover;
mod replay;
mod report;
mod start;
mod status;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use start::CommandContext;

use crate::demo;
use crate::service::{self, supervisor};

/// Why a command ended without having done its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Service(#[from] service::Error),
    /// The command line asks for something impossible.
    #[error("{0}")]
    WrongUse(String),
    /// The receipt of a published file has not arrived. The command has already said so.
    #[error("")]
    NoReceipt,
    /// The command has already reported what is wrong.
    #[error("")]
    AlreadyReported,
}

pub type Result<T> = std::result::Result<T, Error>;

/// Errors of the layers below become errors of the service.
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

/// Exit status of wrong use (clap's own, too).
const WRONG_USE: u8 = 2;
/// Exit status of `publish` where the receipt has not come in time.
const NO_RECEIPT: u8 = 3;
/// Exit status on Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Parses, runs, and tells what went wrong. Status 0 done, 1 refused or failed, 2 wrong use, 3 no receipt in time,
/// 130 on Ctrl-C.
pub fn main() -> ExitCode {
    crate::failpoint::arm();
    let arguments = Arguments::parse();
    let started = match CommandContext::begin(&arguments) {
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
        Command::Publish(wish) => publish::run(&started, wish, json).await,
        Command::CloseMonth(wish) => close::run(&started, wish, json).await,
        Command::Status { digest: true, .. } => {
            status::digest(&started.env.open_context().await?, json).await
        }
        Command::Status { wait, timeout, .. } => {
            let wait = wait.then(|| std::time::Duration::from_secs(timeout));
            let ctx = started.env.open_context().await?;
            let done =
                status::run(&ctx, &started.env.broker, started.env.settings.unanswered_days, wait, json)
                    .await?;
            if done { Ok(()) } else { Err(Error::AlreadyReported) }
        }
        Command::Explain { national_code } => {
            let code = national_code
                .parse()
                .map_err(|_| Error::WrongUse("that is no valid national code".to_owned()))?;
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
        Command::Generate(wish) => generate_command::run(&started, wish, json).await,
        Command::Demo(options) => Ok(demo::run(started.env, options, json).await?),
        Command::DeadLetters { act } => dead_letters::run(&started, act, json).await,
        Command::Config => config::run(&started, json),
    }
}
