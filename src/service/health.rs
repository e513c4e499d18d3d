//! Whether this process can work: what `/readyz` and `peyvand_broker_up` say.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Error, Result};
use crate::app::AppContext;
use crate::clock::Clock;
use crate::config::{Role, Settings};
use crate::kafka::Broker;
use crate::kafka::broker_check::BrokerCheck;
use crate::retry::{ShutdownSignal, pause_or_stop, shutdown_requested};
use crate::store::offsets;
use crate::telemetry::Metrics;

/// HTTP clients time out after a few seconds, so a route waits no longer than this for the database.
const DATABASE_ANSWER: Duration = Duration::from_secs(2);

const CHECK_INTERVAL: Duration = Duration::from_secs(10);
const CHECK_ANSWER: Duration = Duration::from_secs(5);

/// A process is ready for this long after the broker last answered. One late answer does not make it unready.
const BROKER_MEMORY: Duration = Duration::from_secs(30);

/// The health of this process. It exists before the database is open.
pub struct Health {
    clock: Clock,
    needs_broker: bool,
    ctx: OnceLock<AppContext>,
    broker_answered: Mutex<Option<Instant>>,
}

impl Health {
    /// # Errors
    /// If the machine's clock cannot be used.
    pub fn new(settings: &Settings) -> Result<Arc<Self>> {
        let clock = Clock::new(settings.today).map_err(|error| Error::Failed(error.to_string()))?;
        let needs_broker = [Role::Intake, Role::Relay].iter().any(|role| settings.roles.contains(role));
        Ok(Arc::new(Self { clock, needs_broker, ctx: OnceLock::new(), broker_answered: Mutex::new(None) }))
    }

    /// Readiness includes the database from this call on.
    pub fn opened(&self, ctx: AppContext) {
        let _ = self.ctx.set(ctx);
    }

    /// # Errors
    /// Lists what the roles of this process need and do not reach.
    pub async fn ready(&self) -> std::result::Result<(), Vec<String>> {
        let mut missing = Vec::new();
        if !self.database_answers().await {
            missing.push("database".to_owned());
        }
        if self.needs_broker && !self.met_broker() {
            missing.push("broker".to_owned());
        }
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    async fn database_answers(&self) -> bool {
        let Some(ctx) = self.ctx.get() else {
            return false;
        };
        matches!(timeout(DATABASE_ANSWER, offsets::all(&ctx.pool)).await, Ok(Ok(_)))
    }

    fn met_broker(&self) -> bool {
        let answered = *self.broker_answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.is_some_and(|at| self.clock.instant().saturating_duration_since(at) <= BROKER_MEMORY)
    }

    fn broker_answered(&self, up: bool) {
        Metrics::global().set_broker_up(up);
        if up {
            *self.broker_answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.instant());
        }
    }
}

/// Asks the broker until shutdown is requested.
pub async fn watch_broker(health: Arc<Health>, broker: Broker, mut stop: ShutdownSignal) -> Result<()> {
    let check = BrokerCheck::new(&broker)?;
    let mut ends = stop.clone();
    loop {
        let answer = tokio::select! {
            () = shutdown_requested(&mut ends) => return Ok(()),
            answer = check.ask(CHECK_ANSWER) => answer,
        };
        if let Err(error) = &answer {
            tracing::warn!(%error, "the broker does not answer");
        }
        health.broker_answered(answer.is_ok());
        if !pause_or_stop(CHECK_INTERVAL, &mut stop).await {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(roles: &str) -> Arc<Health> {
        let flags = [("roles".to_owned(), roles.to_owned())].into();
        Health::new(&Settings::load_from(&flags, None, []).unwrap().settings).unwrap()
    }

    #[tokio::test]
    async fn each_role_misses_what_it_needs() {
        for (roles, missing) in [
            ("intake", vec!["database", "broker"]),
            ("relay,api", vec!["database", "broker"]),
            ("month-end", vec!["database"]),
            ("api", vec!["database"]),
            // It keeps what people send, and delivers it once the broker answers.
            ("portal", vec!["database"]),
        ] {
            assert_eq!(health(roles).ready().await.unwrap_err(), missing, "{roles}");
        }
    }

    #[test]
    fn a_broker_that_answered_long_ago_is_not_met() {
        let health = health("intake");
        assert!(!health.met_broker());
        health.broker_answered(true);
        assert!(health.met_broker());
        health.broker_answered(false);
        assert!(health.met_broker(), "one missing answer makes the process unready");
        *health.broker_answered.lock().unwrap() = health.clock.instant().checked_sub(BROKER_MEMORY * 2);
        assert!(!health.met_broker());
    }
}
