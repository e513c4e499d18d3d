//! The start of every command: settings, logs, a runtime, and signal handling.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::arguments::{Arguments, Command};
use super::{Error, Result};
use crate::config::{ConfigError, LoadedSettings, Origin, Settings};
use crate::demo::DEMO_DAY;
use crate::kafka::Broker;
use crate::retry::shutdown_requested;
use crate::service::{self, Environment};
use crate::telemetry::{self, Metrics};

/// The context of a running command.
pub struct CommandContext {
    pub loaded: LoadedSettings,
    pub env: Environment,
    /// The command handles the shutdown signal itself. Other commands are cancelled.
    ends_itself: bool,
    runtime: Option<tokio::runtime::Runtime>,
    stopper: Option<watch::Sender<bool>>,
}

/// All errors in the settings.
pub struct SettingErrors(Vec<ConfigError>);

impl fmt::Display for SettingErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "peyvand: {error}")?;
        }
        write!(f, "peyvand: `peyvand config` lists every setting and its purpose")
    }
}

/// Maximum time for telemetry to end after the command.
const TELEMETRY_GRACE: Duration = Duration::from_secs(2);

impl CommandContext {
    pub fn begin(arguments: &Arguments) -> std::result::Result<Self, SettingErrors> {
        let mut flags = arguments.flags.clone();
        let file = arguments.config.as_deref();
        let mut loaded = Settings::load(&flags, file).map_err(SettingErrors)?;
        let uses_demo_day = matches!(arguments.command, Command::Demo(_) | Command::Generate(_));
        if uses_demo_day && loaded.origins.get("today") == Some(&Origin::Default) {
            eprintln!("The business date is {DEMO_DAY}; --today sets another.");
            flags.insert("today".to_owned(), DEMO_DAY.to_owned());
            loaded = Settings::load(&flags, file).map_err(SettingErrors)?;
        }
        let mut settings = loaded.settings.clone();
        if !matches!(arguments.command, Command::Serve)
            && !flags.contains_key("log")
            && settings.log == "info"
        {
            // A command prints its own output, so only warnings and errors are logged.
            "warn".clone_into(&mut settings.log);
        }
        let (stopper, stop) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().ok();
        let ends_itself =
            matches!(arguments.command, Command::Serve | Command::Demo(_) | Command::Publish(_));
        let env = Environment { broker: Broker::new(&settings), settings, shutdown: stop };
        Ok(Self { loaded, env, ends_itself, runtime, stopper: Some(stopper) })
    }

    /// Runs the command; Ctrl-C and SIGTERM stop it.
    pub fn block_on<F: Future<Output = Result<()>>>(mut self, command: impl FnOnce(Self) -> F) -> Result<()> {
        let (Some(runtime), Some(stopper)) = (self.runtime.take(), self.stopper.take()) else {
            return Err(Error::failed("the runtime could not start its threads".to_owned()));
        };
        let telemetry = telemetry::start(&self.env.settings, Metrics::global()).ok();
        let within = Duration::from_secs(self.env.settings.stop_timeout_s);
        let interrupted = Arc::new(AtomicBool::new(false));
        let interrupted_by_signal = interrupted.clone();
        let outcome = runtime.block_on(async move {
            let signals = tokio::spawn(async move {
                let signal = stop_signal().await;
                interrupted_by_signal.store(signal == Signal::Interrupt, Ordering::Release);
                let _ = stopper.send(true);
                // A second signal ends the process immediately.
                stop_signal().await;
                std::process::exit(if signal == Signal::Interrupt { 130 } else { 143 });
            });
            let mut stop = self.env.shutdown.clone();
            let ends_itself = self.ends_itself;
            let outcome = tokio::select! {
                outcome = command(self) => outcome,
                () = shutdown_requested(&mut stop), if !ends_itself => Err(service::Error::Interrupted.into()),
            };
            signals.abort();
            outcome
        });
        if let Some(telemetry) = telemetry {
            runtime.block_on(telemetry.stop(within.min(TELEMETRY_GRACE)));
        }
        runtime.shutdown_timeout(Duration::from_secs(1));
        // A service that was stopped by SIGTERM has succeeded. Ctrl-C results in its own exit status.
        outcome.and_then(|()| {
            if interrupted.load(Ordering::Acquire) { Err(service::Error::Interrupted.into()) } else { Ok(()) }
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    Interrupt,
    Terminate,
}

async fn stop_signal() -> Signal {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return Signal::Interrupt;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Signal::Interrupt,
        _ = terminate.recv() => Signal::Terminate,
    }
}
