//! What every command begins with: settings, logs, a runtime, and the way to be stopped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::arguments::{Arguments, Command};
use super::{Error, Result};
use crate::config::{ConfigError, LoadedSettings, Origin, Settings};
use crate::kafka::Broker;
use crate::retry::shutdown_requested;
use crate::service::{self, Environment};
use crate::telemetry::{self, Metrics};

/// A command under way.
pub struct CommandContext {
    pub loaded: LoadedSettings,
    pub env: Environment,
    /// Ends by itself on a stop, in its own time; other commands are broken off where they stand.
    ends_itself: bool,
    runtime: Option<tokio::runtime::Runtime>,
    stopper: Option<watch::Sender<bool>>,
}

/// All faults of the settings at once.
pub struct SettingErrors(Vec<ConfigError>);

impl fmt::Display for SettingErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "peyvand: {error}")?;
        }
        write!(f, "peyvand: `peyvand config` lists every setting with what it expects")
    }
}

/// What telemetry may still take after the work has ended.
const TELEMETRY_GRACE: Duration = Duration::from_secs(2);

/// Where no day is told, invented months and the demo play on this one: the tables end with 1404.
pub const DEMO_DAY: &str = "1404-08-01";

impl CommandContext {
    pub fn begin(arguments: &Arguments) -> std::result::Result<Self, SettingErrors> {
        let mut flags = arguments.flags.clone();
        let load = |flags: &BTreeMap<_, _>| {
            Settings::load(flags, arguments.config.as_deref()).map_err(SettingErrors)
        };
        let mut loaded = load(&flags)?;
        let plays = matches!(arguments.command, Command::Demo(_) | Command::Generate(_));
        if plays && loaded.origins.get("today") == Some(&Origin::Default) {
            eprintln!("The business date is taken as {DEMO_DAY}; --today chooses another.");
            flags.insert("today".to_owned(), DEMO_DAY.to_owned());
            loaded = load(&flags)?;
        }
        let mut settings = loaded.settings.clone();
        if !matches!(arguments.command, Command::Serve)
            && !flags.contains_key("log")
            && settings.log == "info"
        {
            // A command speaks for itself; only what is wrong is logged beside it.
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
            return Err(Error::failed("the machine gives no threads".to_owned()));
        };
        let telemetry = telemetry::start(&self.env.settings, Metrics::global()).ok();
        let within = Duration::from_secs(self.env.settings.stop_timeout_s);
        let by_hand = Arc::new(AtomicBool::new(false));
        let seen = by_hand.clone();
        let outcome = runtime.block_on(async move {
            let signals = tokio::spawn(async move {
                let signal = stop_signal().await;
                seen.store(signal == Signal::Interrupt, Ordering::Release);
                // The second one does not wait any more.
                let _ = stopper.send(true);
                stop_signal().await;
                std::process::exit(if signal == Signal::Interrupt { 130 } else { 143 });
            });
            let (mut stop, ends_itself) = (self.env.shutdown.clone(), self.ends_itself);
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
        // A service that was told to stop has done its work; one that was broken off on a terminal says so.
        outcome.and_then(|()| {
            if by_hand.load(Ordering::Acquire) { Err(service::Error::Interrupted.into()) } else { Ok(()) }
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
