//! What every command begins with: settings, logs, a runtime, and the way to be stopped.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;

use super::arguments::{Arguments, Command};
use super::{Error, Result};
use crate::config::{ConfigError, Loaded, Settings};
use crate::kafka::{self, Broker};
use crate::retry::Stop;
use crate::telemetry::{self, Metrics};
use crate::work::House;

/// A command under way.
pub struct Started {
    pub loaded: Loaded,
    pub settings: Settings,
    pub broker: Broker,
    pub stop: Stop,
    runtime: Option<tokio::runtime::Runtime>,
    stopper: Option<watch::Sender<bool>>,
}

/// All faults of the settings at once.
pub struct Faults(Vec<ConfigError>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "peyvand: {error}")?;
        }
        write!(f, "peyvand: `peyvand config` lists every setting with what it expects")
    }
}

/// Where no day is told, invented months and the demo play on this one: the tables end with 1404.
pub const DEMO_DAY: &str = "1404-08-01";

impl Started {
    pub fn begin(arguments: &Arguments) -> std::result::Result<Self, Faults> {
        let mut flags = arguments.flags.clone();
        let plays = matches!(arguments.command, Command::Demo(_) | Command::Generate(_));
        if plays && !flags.contains_key("today") && std::env::var_os("PEYVAND_TODAY").is_none() {
            eprintln!("The business date is taken as {DEMO_DAY}; --today chooses another.");
            flags.insert("today".to_owned(), DEMO_DAY.to_owned());
        }
        let loaded = Settings::load(&flags, arguments.config.as_deref()).map_err(Faults)?;
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
        Ok(Self { broker: Broker::new(&settings), loaded, settings, stop, runtime, stopper: Some(stopper) })
    }

    /// Runs the command; Ctrl-C and SIGTERM stop it.
    pub fn block_on<F: Future<Output = Result<()>>>(mut self, command: impl FnOnce(Self) -> F) -> Result<()> {
        let (Some(runtime), Some(stopper)) = (self.runtime.take(), self.stopper.take()) else {
            return Err(Error::Failed("the machine gives no threads".to_owned()));
        };
        let telemetry = telemetry::start(&self.settings, Metrics::global()).ok();
        let within = Duration::from_secs(self.settings.stop_timeout_s);
        let outcome = runtime.block_on(async move {
            let signals = tokio::spawn(async move {
                let signal = stop_signal().await;
                // The second one does not wait any more.
                let _ = stopper.send(true);
                stop_signal().await;
                std::process::exit(if signal == Signal::Interrupt { 130 } else { 143 });
            });
            let outcome = command(self).await;
            signals.abort();
            outcome
        });
        if let Some(telemetry) = telemetry {
            runtime.block_on(telemetry.stop(within));
        }
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    }

    /// The topics there (unless `provision` is off).
    pub async fn topics(&self) -> Result<()> {
        if self.settings.provision {
            kafka::topics::ensure(&self.broker, self.settings.replication_factor).await?;
        }
        Ok(())
    }

    /// The house open, its tables and the topics there.
    pub async fn house(&self) -> Result<House> {
        self.topics().await?;
        Ok(House::open(&self.settings).await?)
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
