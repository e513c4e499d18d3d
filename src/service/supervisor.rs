//! `peyvand serve`: the service, in the roles that the settings name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::month_end;
use super::start::Started;
use super::watch;
use super::{Error, Result};
use crate::config::{Role, Settings};
use crate::http::{self, Probe};
use crate::kafka::intake::{self, Bounds, Intake};
use crate::kafka::relay::{self, Relay, RelayDid};
use crate::kafka::{self, Broker};
use crate::retry::{Policy, Stop, Verdict, retry, stopped};
use crate::store::{figures, offsets};
use crate::telemetry::{Gauges, Metrics};
use crate::wire::Topic;
use crate::work::house::HouseError;
use crate::work::{House, recover};

pub async fn run(started: Started) -> Result<()> {
    let house = match open_patiently(&started).await {
        // Told to stop before there was anything to stop.
        Err(Error::Interrupted) => return Ok(()),
        opened => opened?,
    };
    recover::refuse_half_recovered(&house).await?;
    let mut roles = spawn(&started.settings, &started.broker, &house, &started.stop).await?;
    tracing::info!(roles = ?started.settings.roles, today = %house.clock.today(), "peyvand serves");
    let within = Duration::from_secs(started.settings.stop_timeout_s);
    let outcome = until_they_end(&mut roles, &started.stop, within).await;
    roles.shutdown().await;
    // A connection in the hands of what was broken off may never come back.
    let _ = tokio::time::timeout(Duration::from_secs(1), house.pool.close()).await;
    tracing::info!("peyvand has stopped");
    outcome
}

/// Waits for the roles: without end while they serve, then for as long as a graceful stop may take.
pub async fn until_they_end(roles: &mut JoinSet<Result<()>>, stop: &Stop, within: Duration) -> Result<()> {
    let mut stopping = stop.clone();
    let too_long = async {
        stopped(&mut stopping).await;
        tokio::time::sleep(within).await;
    };
    tokio::pin!(too_long);
    loop {
        let ended = tokio::select! {
            biased;
            ended = roles.join_next() => ended,
            () = &mut too_long => {
                let late = format!("{} role(s) did not end within {} s (setting stop_timeout_s) and are broken off", roles.len(), within.as_secs());
                tracing::error!("{late}; what they had not committed is done at the next start");
                return Err(Error::Failed(late));
            }
        };
        let Some(ended) = ended else {
            return Ok(());
        };
        if let Err(error) = role_end(ended) {
            // One role that cannot go on ends the process: whoever started it starts it again, whole.
            tracing::error!(%error, "a role failed");
            return Err(error);
        }
        if !*stop.borrow() {
            return Err(Error::Failed("a role ended by itself".to_owned()));
        }
    }
}

/// How a role ended; one that panicked failed, too.
pub fn role_end(ended: std::result::Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    ended.unwrap_or_else(|error| Err(Error::Failed(format!("a role ended badly: {error}"))))
}

/// The broker or the database may come up after the service.
async fn open_patiently(started: &Started) -> Result<House> {
    let classify = |error: &Error| match error {
        Error::Store(error) | Error::House(HouseError::Store(error)) if error.may_pass() => Verdict::Retry,
        Error::Kafka(kafka::Error::Unreachable { .. } | kafka::Error::Kafka(_)) => Verdict::Retry,
        _ => Verdict::Reject,
    };
    let notify = |error: &Error, pause: Duration| tracing::warn!(%error, ?pause, "not everything is there yet; trying again");
    retry(Policy::FOREVER, &started.stop, || started.house(), classify, notify).await.map_err(|error| {
        match error {
            crate::retry::GaveUp::Rejected(error) | crate::retry::GaveUp::TimedOut(error) => error,
            crate::retry::GaveUp::Stopped => Error::Interrupted,
        }
    })
}

/// Starts the roles in this runtime.
pub async fn spawn(
    settings: &Settings,
    broker: &Broker,
    house: &House,
    stop: &Stop,
) -> Result<JoinSet<Result<()>>> {
    let mut roles = JoinSet::new();
    if settings.roles.contains(&Role::Api) {
        let listener =
            http::bind(settings.http_listen).await.map_err(|error| Error::Failed(error.to_string()))?;
        let probe = probe(settings, broker, house);
        let stop = stop.clone();
        roles.spawn(async move {
            http::serve(listener, probe, stop).await.map_err(|error| Error::Failed(error.to_string()))
        });
    }
    if settings.roles.contains(&Role::Relay) {
        let relay = relay_of(settings, broker, house);
        let stop = stop.clone();
        roles.spawn(async move { Ok(relay::run(Arc::new(relay), stop).await?) });
    }
    if settings.roles.contains(&Role::Intake) {
        let intake = intake_of(settings, broker, house);
        roles.spawn(watch::incomplete_files(house.clone(), stop.clone()));
        let stop = stop.clone();
        roles.spawn(async move { Ok(intake::run(intake, stop).await?) });
    }
    if settings.roles.contains(&Role::MonthEnd) {
        roles.spawn(month_end::run(
            house.clone(),
            broker.clone(),
            Duration::from_secs(settings.close_timeout_s),
            stop.clone(),
        ));
    }
    if settings.otlp_endpoint.is_some() {
        let (house, broker) = (house.clone(), broker.clone());
        roles.spawn(watch::run(house, broker, settings.unanswered_days, stop.clone()));
    }
    Ok(roles)
}

fn intake_of(settings: &Settings, broker: &Broker, house: &House) -> Intake {
    Intake {
        house: house.clone(),
        broker: broker.clone(),
        instance: settings.instance.clone(),
        bounds: Bounds {
            events: settings.batch_events,
            bytes: settings.batch_bytes,
            wait: Duration::from_millis(settings.batch_wait_ms),
        },
        // The rest is for the polling thread to join and for the last words.
        grace: Duration::from_secs(settings.stop_timeout_s) * 4 / 5,
        counts: Arc::new(|done, took| {
            let metrics = Metrics::global();
            metrics.consumed.add(count(done.messages));
            metrics.decisions.add(count(done.decisions));
            metrics.dead_letters.add(count(done.dead_letters));
            metrics.batches.add(1);
            metrics.batch_seconds.record(took);
        }),
        failed: Arc::new(|| Metrics::global().errors.add(1)),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn relay_of(settings: &Settings, broker: &Broker, house: &House) -> Relay {
    Relay {
        house: house.clone(),
        broker: broker.clone(),
        // A restart under the same name has its groups back at once, without waiting for the lease to run out; that no two
        // write at a time is the broker's fence, not the name.
        owner: settings.instance.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        page_bytes: settings.relay_page_bytes,
        turn: tokio::sync::Semaphore::new(1),
        counts: Arc::new(|did| match did {
            RelayDid::Committed(records) => {
                Metrics::global().relay_commits.add(1);
                Metrics::global().relay_records.add(records);
            }
            RelayDid::Failed => Metrics::global().errors.add(1),
        }),
    }
}

/// Who asks over HTTP gives up after a few seconds: while the broker or the database is away, the last known is told.
const ANSWER: Duration = Duration::from_secs(2);

fn probe(settings: &Settings, broker: &Broker, house: &House) -> Probe {
    let ready_house = house.clone();
    let ready = move || {
        let house = ready_house.clone();
        async move {
            let asked = timeout(ANSWER, ping(&house)).await;
            asked.unwrap_or(Err("database".to_owned())).map_err(|problem| vec![problem])
        }
    };
    let (house, broker, days) = (house.clone(), broker.clone(), settings.unanswered_days);
    let gauges = move || {
        let (house, broker) = (house.clone(), broker.clone());
        async move { timeout(ANSWER, gauges(&house, broker, days)).await.ok()?.ok() }
    };
    Probe::new(Metrics::global(), ready, gauges)
}

async fn ping(house: &House) -> std::result::Result<(), String> {
    offsets::all(&house.pool).await.map(drop).map_err(|_| "database".to_owned())
}

/// What an operator watches, read at each scrape.
pub async fn gauges(house: &House, broker: Broker, unanswered_days: u16) -> Result<Gauges> {
    let mut connection = house.pool.acquire().await.map_err(crate::store::Error::from)?;
    let before = house.clock.now() - SignedDuration::from_hours(24 * i64::from(unanswered_days));
    let figures = figures::figures(&mut connection, before).await?;
    let offsets = offsets::all(&house.pool).await?;
    drop(connection);
    let stand = offsets.clone();
    let marks = tokio::task::spawn_blocking(move || kafka::ends::ends(&broker, &stand));
    let marks = marks.await.map_err(|_| Error::Interrupted)??;
    let mut lag: BTreeMap<_, i64> = Topic::inputs().map(|topic| (topic.name().to_owned(), 0)).collect();
    for (partition, behind) in kafka::topics::lag(&marks, &offsets) {
        *lag.entry(partition.topic.name().to_owned()).or_default() += behind;
    }
    Ok(Gauges {
        lag,
        outbox_depth: figures.outbox_depth,
        open_files: figures.open_files,
        incomplete_files: figures.incomplete_files,
        unanswered_documents: figures.unanswered,
        open_cases: figures.open_cases,
        months_closed: i64::try_from(figures.months_closed.len()).unwrap_or(i64::MAX),
        close_held: i64::from(figures.held.is_some()),
    })
}
