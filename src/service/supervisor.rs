//! `peyvand serve`: runs the service in the roles that the settings name.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::health::{Health, watch_broker};
use super::{Environment, Error, Result, gauges, month_end, portal};
use crate::app::context::ContextError;
use crate::app::{self, AppContext, recover};
use crate::config::{Role, Settings};
use crate::http::{self, Probe};
use crate::kafka::consumer::{self, BatchLimits, ConsumerRole};
use crate::kafka::relay::{self, RelayEvent, RelayRole};
use crate::kafka::{self, Broker};
use crate::retry::{Policy, Retryability, ShutdownSignal, retry, shutdown_requested};
use crate::telemetry::Metrics;
use crate::views::status::AnswerDays;

/// Runs the roles until shutdown is requested.
///
/// # Errors
/// If the context cannot be opened, a recovery is incomplete, a role fails or ends by itself, or the shutdown takes
/// longer than `stop_timeout_s`.
pub async fn run(env: Environment) -> Result<()> {
    Metrics::global().serve_roles(&env.settings.roles);
    let health = Health::new(&env.settings)?;
    let mut roles = JoinSet::new();
    // First of all, so that a taken port is reported at once, and `/readyz` says what the start waits for.
    open_http(&env, &health, &mut roles).await?;
    let portal_port = match env.settings.roles.contains(&Role::Portal) {
        true => Some(portal::listen(&env.settings).await?),
        false => None,
    };
    roles.spawn(watch_broker(health.clone(), env.broker.clone(), env.shutdown.clone()));
    let ctx = match open_with_retries(&env).await {
        // Shutdown was requested before any role started.
        Err(Error::Interrupted) => return Ok(()),
        opened => opened?,
    };
    health.opened(ctx.clone());
    recover::refuse_half_recovered(&ctx).await?;
    spawn(&mut roles, &env.settings, &env.broker, &ctx, &env.shutdown);
    if let Some(listener) = portal_port {
        portal::spawn(&mut roles, &env.settings, &env.broker, &ctx, listener, &env.shutdown).await?;
    }
    tracing::info!(roles = ?env.settings.roles, today = %ctx.clock.today(), "peyvand serves");
    let within = Duration::from_secs(env.settings.stop_timeout_s);
    let outcome = until_they_end(&mut roles, &env.shutdown, within).await;
    roles.shutdown().await;
    // An aborted task may never return its connection to the pool.
    let _ = tokio::time::timeout(Duration::from_secs(1), ctx.pool.close()).await;
    tracing::info!("peyvand has stopped");
    outcome
}

/// Waits until all roles have ended: without a limit while they serve, and after a shutdown signal for at most
/// `within`.
///
/// # Errors
/// If a role fails, ends by itself, or does not end in time.
pub async fn until_they_end(
    roles: &mut JoinSet<Result<()>>,
    stop: &ShutdownSignal,
    within: Duration,
) -> Result<()> {
    let mut shutdown = stop.clone();
    let deadline = async {
        shutdown_requested(&mut shutdown).await;
        tokio::time::sleep(within).await;
    };
    tokio::pin!(deadline);
    loop {
        let ended = tokio::select! {
            biased;
            ended = roles.join_next() => ended,
            () = &mut deadline => {
                let late = format!("{} role(s) did not end within {} s (setting stop_timeout_s) and are aborted", roles.len(), within.as_secs());
                tracing::error!("{late}; the next start does the work that they did not commit");
                return Err(Error::Failed(late));
            }
        };
        let Some(ended) = ended else {
            return Ok(());
        };
        if let Err(error) = role_end(ended) {
            // If one role cannot continue, the process ends, so that its supervisor restarts it with all roles.
            tracing::error!(%error, "a role failed");
            return Err(error);
        }
        if !*stop.borrow() {
            return Err(Error::Failed("a role ended by itself".to_owned()));
        }
    }
}

/// Returns the result of a role. A panic is an error, too.
pub fn role_end(ended: std::result::Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    ended.unwrap_or_else(|error| Err(Error::Failed(format!("a role panicked: {error}"))))
}

/// Opens the context with retries, because the broker or the database may start after the service.
async fn open_with_retries(env: &Environment) -> Result<AppContext> {
    let opened = retry(
        Policy::FOREVER,
        &env.shutdown,
        || open_and_check(env),
        retryability,
        |error: &Error, pause: Duration| {
            tracing::warn!(%error, ?pause, "the broker or the database is not available yet; trying again");
        },
    );
    opened.await.map_err(|error| match error {
        crate::retry::RetryError::Rejected(error) | crate::retry::RetryError::TimedOut(error) => error,
        crate::retry::RetryError::Stopped => Error::Interrupted,
    })
}

fn retryability(error: &Error) -> Retryability {
    match error {
        Error::Store(error) | Error::Context(ContextError::Store(error)) if error.is_transient() => {
            Retryability::Retry
        }
        Error::Kafka(kafka::Error::Unreachable { .. } | kafka::Error::Kafka(_)) => Retryability::Retry,
        _ => Retryability::Reject,
    }
}

async fn open_and_check(env: &Environment) -> Result<AppContext> {
    let ctx = env.open_for_service().await?;
    refuse_another_secret(&env.broker, &ctx).await?;
    Ok(ctx)
}

/// Refuses a new database over output topics that were written with another secret.
async fn refuse_another_secret(broker: &Broker, ctx: &AppContext) -> Result<()> {
    if !app::relay::is_first_start(ctx).await? {
        return Ok(());
    }
    let broker = broker.clone();
    let key = ctx.record_key.clone();
    let check = tokio::task::spawn_blocking(move || relay::first_start::check_secret(&broker, &key));
    Ok(check.await.map_err(|_| Error::Interrupted)??)
}

/// Opens the HTTP server, unless the settings switch it off.
///
/// # Errors
/// If the address cannot be bound.
async fn open_http(env: &Environment, health: &Arc<Health>, roles: &mut JoinSet<Result<()>>) -> Result<()> {
    let Some(address) = env.settings.http_listen else {
        return Ok(());
    };
    let listener = http::bind(address).await.map_err(|error| Error::Failed(error.to_string()))?;
    let health = health.clone();
    let stop = env.shutdown.clone();
    let probe = Probe::new(Metrics::global(), move || {
        let health = health.clone();
        async move { health.ready().await }
    });
    roles.spawn(async move {
        http::serve(listener, probe, stop).await;
        Ok(())
    });
    Ok(())
}

/// Starts the roles in this runtime. The role `api` has no task: HTTP is open in every role.
pub fn spawn(
    roles: &mut JoinSet<Result<()>>,
    settings: &Settings,
    broker: &Broker,
    ctx: &AppContext,
    stop: &ShutdownSignal,
) {
    if settings.roles.contains(&Role::Relay) {
        let relay = relay_of(settings, broker, ctx);
        let stop = stop.clone();
        roles.spawn(async move { Ok(relay::run(Arc::new(relay), stop).await?) });
    }
    if settings.roles.contains(&Role::Intake) {
        let intake = intake_of(settings, broker, ctx);
        roles.spawn(gauges::incomplete_files(ctx.clone(), stop.clone()));
        let stop = stop.clone();
        roles.spawn(async move {
            let name = intake.instance.clone().unwrap_or_default();
            consumer::run(intake, stop).await.map_err(|error| ingest_error(error, &name))
        });
    }
    if settings.roles.contains(&Role::MonthEnd) {
        roles.spawn(month_end::run(
            ctx.clone(),
            broker.clone(),
            Duration::from_secs(settings.close_timeout_s),
            stop.clone(),
        ));
    }
    if settings.http_listen.is_some() || settings.otlp_endpoint.is_some() {
        roles.spawn(gauges::run(ctx.clone(), broker.clone(), AnswerDays::of(settings), stop.clone()));
    }
}

/// The broker gives a name to the process that came last, and the other one ends here.
fn ingest_error(error: kafka::Error, instance: &str) -> Error {
    if !error.is_instance_taken() {
        return error.into();
    }
    Error::Failed(format!(
        "another process has the name \"{instance}\" (setting instance, PEYVAND_INSTANCE) and ingests in place of this one: give every process a name of its own, or none"
    ))
}

fn intake_of(settings: &Settings, broker: &Broker, ctx: &AppContext) -> ConsumerRole {
    ConsumerRole {
        ctx: ctx.clone(),
        broker: broker.clone(),
        instance: settings.instance.clone(),
        bounds: BatchLimits {
            events: settings.batch_events,
            bytes: settings.batch_bytes,
            wait: Duration::from_millis(settings.batch_wait_ms),
        },
        misrouted: settings.misrouted,
        // The rest of the time is for joining the polling thread and for flushing telemetry.
        grace: Duration::from_secs(settings.stop_timeout_s) * 4 / 5,
        counts: Arc::new(|stats, took| {
            let metrics = Metrics::global();
            metrics.consumed.add(count(stats.messages));
            for (outcome, decisions) in &stats.decisions {
                metrics.decisions.add(*outcome, count(*decisions));
            }
            metrics.dead_letters.add(count(stats.dead_letters));
            metrics.batches.add(1);
            metrics.batch_seconds.record(took);
        }),
        failed: Arc::new(|| Metrics::global().errors.add(1)),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn relay_of(settings: &Settings, broker: &Broker, ctx: &AppContext) -> RelayRole {
    RelayRole {
        ctx: ctx.clone(),
        broker: broker.clone(),
        // After a restart with the same name the process gets its relay shards back at once, without waiting until the
        // lease expires. The fence at the broker, not the name, ensures that only one writer writes at a time.
        owner: settings.instance.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        page_bytes: settings.relay_page_bytes,
        transaction_permit: tokio::sync::Semaphore::new(1),
        counts: Arc::new(|event| match event {
            RelayEvent::Committed(records) => {
                Metrics::global().relay_commits.add(1);
                Metrics::global().relay_records.add(records);
            }
            RelayEvent::Failed => Metrics::global().errors.add(1),
        }),
    }
}
