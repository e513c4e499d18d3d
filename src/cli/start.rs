//! What every command begins with: settings, logs, a runtime, and the way to be stopped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::arguments::{Arguments, Command};
use super::{Error, Result};
use crate::config::{ConfigError, Loaded, Origin, Settings};
use crate::kafka::{self, Broker};
use crate::retry::{Stop, stopped};
use crate::telemetry::{self, Metrics};
use crate::work::House;

/// A command under way.
pub struct Started {
    pub loaded: Loaded,
    pub settings: Settings,
    pub broker: Broker,
    pub stop: Stop,
    /// Ends by itself on a stop, in its own time; other commands are broken off where they stand.
    ends_itself: bool,
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

/// What telemetry may still take after the work has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where no day is told, invented months and the demo play on this one: the tables end with 1404.
pub const DEMO_DAY: &str = "1404-08-01";

impl Started {
    pub fn begin(arguments: &Arguments) -> std::result::Result<Self, Faults> {
        let mut flags = arguments.flags.clone();
        let load =
            |flags: &BTreeMap<_, _>| Settings::load(flags, arguments.config.as_deref()).map_err(Faults);
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
        let (broker, stopper) = (Broker::new(&settings), Some(stopper));
        Ok(Self { loaded, settings, broker, stop, ends_itself, runtime, stopper })
    }

    /// Runs the command; Ctrl-C and SIGTERM stop it.
    pub fn block_on<F: Future<Output = Result<()>>>(mut self, command: impl FnOnce(Self) -> F) -> Result<()> {
        let (Some(runtime), Some(stopper)) = (self.runtime.take(), self.stopper.take()) else {
            return Err(Error::Failed("the machine gives no threads".to_owned()));
        };
        let telemetry = telemetry::start(&self.settings, Metrics::global()).ok();
        let within = Duration::from_secs(self.settings.stop_timeout_s);
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
            let (mut stop, ends_itself) = (self.stop.clone(), self.ends_itself);
            let outcome = tokio::select! {
                outcome = command(self) => outcome,
                () = stopped(&mut stop), if !ends_itself => Err(Error::Interrupted),
            };
            signals.abort();
            outcome
        });
        if let Some(telemetry) = telemetry {
            runtime.block_on(telemetry.stop(within.min(LAST_WORDS)));
        }
        runtime.shutdown_timeout(Duration::from_secs(1));
        // A service that was told to stop has done its work; one that was broken off on a terminal says so.
        outcome.and_then(|()| if by_hand.load(Ordering::Acquire) { Err(Error::Interrupted) } else { Ok(()) })
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
