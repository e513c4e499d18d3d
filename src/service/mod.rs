//! The running service: the supervisor of its roles, the month-end loop, the gauges, and the long tasks of commands.

pub mod close;
pub mod drain;
pub mod export;
mod gauges;
mod health;
mod month_end;
pub mod publish;
pub mod supervisor;

use crate::app::AppContext;
use crate::app::close::Refusal;
use crate::app::context::ContextError;
use crate::config::Settings;
use crate::kafka::{self, Broker};
use crate::retry::ShutdownSignal;
use crate::store;

/// Why a role or a task ended without completing its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error("{0}")]
    Failed(String),
    #[error("stopped")]
    Interrupted,
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The environment before the database is open: the settings, the broker, and the shutdown signal.
#[derive(Clone)]
pub struct Environment {
    pub settings: Settings,
    pub broker: Broker,
    pub shutdown: ShutdownSignal,
}

impl Environment {
    /// Creates missing topics, unless the setting `provision` is off.
    pub async fn ensure_topics(&self) -> Result<()> {
        if self.settings.provision {
            kafka::topics::ensure(&self.broker, self.settings.replication_factor).await?;
        }
        Ok(())
    }

    /// Creates missing topics and tables, and opens the context.
    pub async fn open_context(&self) -> Result<AppContext> {
        self.ensure_topics().await?;
        Ok(AppContext::open(&self.settings).await?)
    }
}
