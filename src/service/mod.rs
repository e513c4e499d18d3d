//! The running service: the supervisor of its roles, the month-end loop, the gauges, and the long tasks of commands.

pub mod close;
pub mod drain;
pub mod export;
mod gauges;
mod health;
mod month_end;
mod portal;
mod private_file;
pub mod publish;
mod submissions;
pub mod supervisor;
mod sweep;

use std::time::Duration;

use crate::app::AppContext;
use crate::app::close::Refusal;
use crate::app::context::ContextError;
use crate::config::Settings;
use crate::kafka::topics::TopicProblem;
use crate::kafka::{self, Broker};
use crate::retry::ShutdownSignal;
use crate::store;
use crate::store::installation::{self, Home};
use crate::store::offsets;

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

/// Number of surveys. A problem counts only if all of them find it: just after a broker crashed, the answer of another
/// may be out of date.
const SURVEYS: u32 = 3;
const SURVEY_PAUSE: Duration = Duration::from_secs(1);

/// The environment before the database is open: the settings, the broker, and the shutdown signal.
#[derive(Clone)]
pub struct Environment {
    pub settings: Settings,
    pub broker: Broker,
    pub shutdown: ShutdownSignal,
}

/// The topics that an installation belongs to.
struct Homes {
    /// Those of the database. None before its first use.
    stored: Option<Home>,
    /// Those that the settings name.
    configured: Home,
}

impl Environment {
    /// Creates missing topics, unless the setting `provision` is off.
    pub async fn ensure_topics(&self) -> Result<()> {
        if self.settings.provision {
            kafka::topics::ensure(&self.broker, self.settings.replication_factor).await?;
        }
        Ok(())
    }

    /// Opens the context, with the topics and tables created that are missing.
    ///
    /// # Errors
    /// If the database belongs to other topics than the settings name, or database or broker refuse.
    pub async fn open_context(&self) -> Result<AppContext> {
        let (ctx, homes) = self.open_at_home().await?;
        self.settle_in(&ctx, &homes.configured).await?;
        Ok(ctx)
    }

    /// Like [`open_context`](Self::open_context), but refuses topics that the installation cannot work with, and does not
    /// recreate a topic that it has read.
    ///
    /// # Errors
    /// As above, and if the topics are not those that the installation has read.
    pub async fn open_for_service(&self) -> Result<AppContext> {
        let (ctx, homes) = self.open_at_home().await?;
        let problems = self.survey(&ctx, |problem| !problem.is_remedied_by_creating()).await?;
        if let Some(problem) = problems.first() {
            return Err(Error::Failed(format!(
                "topic {problem}; nothing is started. `peyvand status` names all that is wrong; restore the topic, or correct topic_prefix, kafka_brokers or topic_partitions"
            )));
        }
        self.settle_in(&ctx, &homes.configured).await?;
        Ok(ctx)
    }

    /// Opens the context to look at an installation. Topics are created only at its first use: later, a missing topic is
    /// something to see.
    ///
    /// # Errors
    /// As for [`open_context`](Self::open_context).
    pub async fn open_to_look(&self) -> Result<AppContext> {
        let (ctx, homes) = self.open_at_home().await?;
        if homes.stored.is_none() {
            self.settle_in(&ctx, &homes.configured).await?;
        }
        Ok(ctx)
    }

    /// What is wrong with the topics of the installation.
    ///
    /// # Errors
    /// If database or broker do not answer.
    pub async fn topic_problems(&self, ctx: &AppContext) -> Result<Vec<TopicProblem>> {
        self.survey(ctx, |_| true).await
    }

    /// Surveys the topics up to [`SURVEYS`] times, until a survey finds no problem that counts.
    async fn survey(
        &self,
        ctx: &AppContext,
        counts: impl Fn(&TopicProblem) -> bool,
    ) -> Result<Vec<TopicProblem>> {
        let mut found = Vec::new();
        for attempt in 1..=SURVEYS {
            if attempt > 1 {
                tokio::time::sleep(SURVEY_PAUSE).await;
            }
            let broker = self.broker.clone();
            let offsets = offsets::all(&ctx.pool).await?;
            let survey = tokio::task::spawn_blocking(move || kafka::topics::problems(&broker, &offsets));
            found = survey.await.map_err(|_| Error::Interrupted)??;
            found.retain(&counts);
            if found.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Makes the topics that the settings name the installation's own.
    ///
    /// # Errors
    /// If database or broker do not answer.
    pub async fn adopt_installation(&self) -> Result<(Option<Home>, Home)> {
        let (ctx, homes) = self.open_with_homes().await?;
        installation::move_home(&ctx.pool, &homes.configured).await?;
        Ok((homes.stored, homes.configured))
    }

    /// Opens the context if the database belongs to the topics that the settings name, or to none yet.
    async fn open_at_home(&self) -> Result<(AppContext, Homes)> {
        let (ctx, homes) = self.open_with_homes().await?;
        if let Some(stored) = &homes.stored {
            stored.refuse_other(&homes.configured)?;
        }
        Ok((ctx, homes))
    }

    async fn open_with_homes(&self) -> Result<(AppContext, Homes)> {
        let cluster = kafka::topics::greet(&self.broker).await?;
        let ctx = AppContext::open(&self.settings).await?;
        let stored = installation::home(&ctx.pool).await?;
        let configured = Home { topic_prefix: self.settings.topic_prefix.clone(), cluster };
        Ok((ctx, Homes { stored, configured }))
    }

    /// Creates missing topics before the home is stored, so that a stored home always has its topics.
    async fn settle_in(&self, ctx: &AppContext, home: &Home) -> Result<()> {
        if self.settings.provision {
            kafka::topics::create_missing(&self.broker, self.settings.replication_factor).await?;
        }
        Ok(installation::keep_home(&ctx.pool, home).await?)
    }
}
