//! What every use case needs: the database, the clock, the tables of the law, and the key that ids are derived from.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::claim::person_state::PlanningContext;
use crate::claim::{Benefit, IdKey};
use crate::clock::Clock;
use crate::config::{QuietHours, Settings};
use crate::failpoint::is_injected;
use crate::law::{SolarDate, Tables};
use crate::store::outbox::RelayShards;
use crate::store::{self, PgPool};
use crate::wire::{self, PartitionCounts, RecordKey};

#[derive(Clone)]
pub struct AppContext {
    pub pool: PgPool,
    pub clock: Clock,
    /// The business date of a close that is under way or replayed. It takes precedence over the clock and over the
    /// setting `today`.
    pub fixed_business_date: Option<SolarDate>,
    pub tables: Arc<Tables>,
    pub ids: IdKey,
    /// The key of the MACs in own output records and in dead letters that are sent again.
    pub record_key: RecordKey,
    pub benefits: &'static [Benefit],
    pub shards: RelayShards,
    /// Marriages before this date make no claim.
    pub deeds_from: Option<SolarDate>,
    pub sms_quiet_hours: Option<QuietHours>,
    /// Maximum number of persons in one transaction of a close.
    pub page_persons: u32,
    /// An automatic close is held if its count or total differs by more than this percentage from last month's.
    pub brake_percent: u32,
    /// Maximum time of one database operation, such as a whole record batch or a page of a close.
    pub query_timeout: Duration,
}

/// Why the context cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Clock(#[from] crate::clock::ClockError),
    #[error("tables_file {path}: {problem}")]
    TablesFile { path: String, problem: String },
    #[error("tables of the law: {0}")]
    Tables(String),
}

impl AppContext {
    /// Connects to the database, migrates it (unless `provision` is off), and checks the tables of the law.
    ///
    /// # Errors
    /// Fails if the tables of the law are invalid, or if the database cannot be reached or was set up with other
    /// settings.
    pub async fn open(settings: &Settings) -> Result<Self, ContextError> {
        let body = tables_text(settings)?;
        let tables = wire::tables::parse(&body).map_err(|errors| {
            let problems: Vec<_> =
                errors.iter().map(|e| format!("{} row {}: {}", e.table, e.row, e.problem)).collect();
            ContextError::Tables(problems.join("; "))
        })?;
        let clock = Clock::new(settings.today)?;
        let pool = store::connect(settings.database_url.expose(), settings.database_connections)?;
        store::check_connection(&pool).await?;
        let set_up = set_up(settings, &pool, tables.version(), &body).await;
        let InstallationValues { secret, shards } =
            set_up.map_err(|error| store::startup_error(&pool, error))?;
        Ok(Self {
            pool,
            clock,
            fixed_business_date: None,
            tables: Arc::new(tables),
            ids: IdKey::new(&secret),
            record_key: RecordKey::new(&secret),
            benefits: benefits(),
            shards,
            deeds_from: settings.deeds_from,
            sms_quiet_hours: settings.sms_quiet_hours,
            page_persons: settings.close_page_persons,
            brake_percent: settings.brake_percent,
            query_timeout: Duration::from_secs(settings.database_silence_s),
        })
    }

    /// Runs a database operation with the query timeout.
    ///
    /// # Errors
    /// [`store::Error::QueryTimeout`] if the database does not answer in time. The pool loses the connection that the
    /// operation used, so a caller that gets this error ends the process.
    pub async fn with_timeout<T>(
        &self,
        operation: impl Future<Output = store::Result<T>>,
    ) -> store::Result<T> {
        tokio::time::timeout(self.query_timeout, operation)
            .await
            .unwrap_or(Err(store::Error::QueryTimeout(self.query_timeout)))
    }

    /// What planning reads besides a person's state, as of now.
    pub fn planning_context(&self) -> PlanningContext<'_> {
        self.planning_context_at(self.clock.now())
    }

    /// What planning reads besides a person's state, in a transaction that began at `at`. The transaction uses one business date,
    /// even if it crosses midnight.
    pub fn planning_context_at(&self, at: Timestamp) -> PlanningContext<'_> {
        PlanningContext {
            tables: &self.tables,
            today: self.business_date(at),
            benefits: self.benefits,
            deeds_from: self.deeds_from,
            ids: &self.ids,
        }
    }

    /// The same context with a fixed business date.
    #[must_use]
    pub fn with_business_date(&self, day: SolarDate) -> Self {
        Self { fixed_business_date: Some(day), ..self.clone() }
    }

    /// The business date of a decision made at `at`.
    pub fn business_date(&self, at: Timestamp) -> SolarDate {
        if let Some(day) = self.fixed_business_date {
            return day;
        }
        if self.clock.is_fixed() {
            return self.clock.today();
        }
        self.clock.solar_date_of(at).unwrap_or_else(|_| self.clock.today())
    }
}

/// The values that the first start has fixed for the installation.
struct InstallationValues {
    secret: Vec<u8>,
    shards: RelayShards,
}

/// Migrates the database, and reads or stores the fixed values.
async fn set_up(
    settings: &Settings,
    pool: &PgPool,
    tables_version: &str,
    law_tables: &str,
) -> store::Result<InstallationValues> {
    if settings.provision {
        store::migrate(pool).await?;
    }
    let configured_secret = settings.installation_secret.as_ref().map(crate::config::Secret::expose);
    let secret = store::installation::secret(pool, configured_secret).await?;
    let count = store::installation::outbox_groups(pool, settings.outbox_groups).await?;
    store::installation::topic_partitions(pool, settings.topic_partitions).await?;
    let shards = RelayShards { count, partitions: PartitionCounts::new(settings.topic_partitions) };
    store::installation::keep_tables(pool, tables_version, law_tables).await?;
    Ok(InstallationValues { secret, shards })
}

/// The benefits that this process pays. A test adds the benefit of test builds with the fault `benefit.second`.
fn benefits() -> &'static [Benefit] {
    if is_injected("benefit.second") { Benefit::ALL } else { Benefit::RELEASED }
}

fn tables_text(settings: &Settings) -> Result<String, ContextError> {
    let Some(path) = &settings.tables_file else {
        return Ok(wire::tables::built_in().to_owned());
    };
    std::fs::read_to_string(path).map_err(|error| ContextError::TablesFile {
        path: path.display().to_string(),
        problem: error.to_string(),
    })
}
