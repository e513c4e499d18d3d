//! `peyvand status`: what lies undone, where, and - with `--wait` - the moment when nothing does any more.

mod incomplete;
mod page;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;

use super::paper::{self, Moment};
use super::{Error, Result};
use crate::kafka::{self, Broker};
use crate::store::figures::{self, Undelivered};
use crate::store::offsets::{self, Partition};
use crate::wire::Topic;
use crate::work::House;
use page::{Case, Held, Month, Status, Unanswered};

/// How often `--wait` looks.
const LOOK: Duration = Duration::from_millis(100);
/// Most rows of a list, for people and for programs; the counts are always whole.
const LISTED: i64 = 10;
const LISTED_IN_JSON: i64 = 10_000;

/// First and next offset of each input partition.
type Marks = Vec<(Partition, i64, i64)>;

/// Shows the state. With `wait` it first waits until the input that lies in the topics now is disposed of and the outbox,
/// with what follows from it, is drained: false where that took longer.
pub async fn run(
    house: &House,
    broker: &Broker,
    unanswered_days: u16,
    wait: Option<Duration>,
    json: bool,
) -> Result<bool> {
    let unfinished = match wait {
        Some(within) => drained(house, marks(house, broker).await?, within).await?,
        None => Vec::new(),
    };
    let status = look(house, broker, unanswered_days, unfinished, json).await?;
    if json {
        paper::show_json(&status);
    } else {
        paper::show(&status.to_text());
    }
    Ok(status.unfinished.is_empty())
}

/// The digest of the state alone.
pub async fn digest(house: &House, json: bool) -> Result<()> {
    let mut tx = crate::store::snapshot(&house.pool).await?;
    let state = super::replay::State::read(&mut tx).await?;
    if json {
        say!("{}", serde_json::json!({"digest": state.digest, "lines": state.lines.len()}));
    } else {
        say!("{}", state.digest);
    }
    Ok(())
}

/// Waits for the same, and shows nothing.
pub async fn wait(house: &House, broker: &Broker, within: Duration) -> Result<bool> {
    Ok(drained(house, marks(house, broker).await?, within).await?.is_empty())
}

async fn marks(house: &House, broker: &Broker) -> Result<Marks> {
    let (broker, offsets) = (broker.clone(), offsets::all(&house.pool).await?);
    let marks = tokio::task::spawn_blocking(move || kafka::ends::ends(&broker, &offsets));
    Ok(marks.await.map_err(|_| Error::Interrupted)??)
}

/// Waits; says what still lags where the time was too short.
async fn drained(house: &House, marks: Marks, within: Duration) -> Result<Vec<String>> {
    let began = house.clock.instant();
    loop {
        // The input first: what follows from it stands in the outbox before its offset has advanced.
        let offsets = offsets::all(&house.pool).await?;
        let behind = by_topic(&kafka::topics::lag(&marks, &offsets));
        let mut connection = house.pool.acquire().await.map_err(crate::store::Error::from)?;
        let undelivered = figures::undelivered(&mut connection).await?;
        drop(connection);
        let unfinished = unfinished(&behind, undelivered);
        if unfinished.is_empty() || began.elapsed() >= within {
            return Ok(unfinished);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn unfinished(behind: &BTreeMap<&'static str, i64>, undelivered: Undelivered) -> Vec<String> {
    let topics = behind.iter().filter(|(_, count)| **count > 0);
    let mut told: Vec<_> =
        topics.map(|(topic, n)| format!("{topic} is {} behind", paper::grouped(*n))).collect();
    if undelivered.events > 0 {
        told.push(format!("{} events wait in the outbox", paper::grouped(undelivered.events)));
    }
    if undelivered.held_messages > 0 {
        told.push(format!("{} SMS wait for their document", paper::grouped(undelivered.held_messages)));
    }
    told
}

/// Every input topic, also where nothing lags.
fn by_topic(lag: &[(Partition, i64)]) -> BTreeMap<&'static str, i64> {
    let mut behind: BTreeMap<_, _> = Topic::inputs().map(|topic| (topic.name(), 0)).collect();
    for (partition, count) in lag {
        *behind.entry(partition.topic.name()).or_default() += count;
    }
    behind
}

async fn look(
    house: &House,
    broker: &Broker,
    days: u16,
    unfinished: Vec<String>,
    json: bool,
) -> Result<Status> {
    let marks = marks(house, broker).await?;
    let offsets = offsets::all(&house.pool).await?;
    let before = house.clock.now() - SignedDuration::from_hours(24 * i64::from(days));
    let limit = if json { LISTED_IN_JSON } else { LISTED };
    let mut connection = house.pool.acquire().await.map_err(crate::store::Error::from)?;
    let figures = figures::figures(&mut connection, before).await?;
    let unanswered = figures::unanswered(&mut connection, before, limit).await?;
    let cases = figures::open_cases(&mut connection, limit).await?;
    let incomplete = incomplete::files(&mut connection, limit).await?;
    let without_claim = incomplete::records_without_claim(&mut connection, house.deeds_from).await?;
    let moment = |at| Moment::of(&house.clock, at);
    Ok(Status {
        unfinished,
        lag: by_topic(&kafka::topics::lag(&marks, &offsets)),
        outbox_depth: figures.outbox_depth,
        held_messages: figures.held_messages,
        open_files: figures.open_files,
        incomplete_files_count: figures.incomplete_files,
        incomplete_files: incomplete,
        records_without_claim: without_claim,
        months_closed: figures.months_closed.iter().map(Month::of).collect(),
        month_under_way: figures.month_under_way.map(|month| month.to_string()),
        held: figures.held.map(|(month, reason)| Held { month, reason }),
        unanswered_days: days,
        unanswered_count: figures.unanswered,
        unanswered: unanswered
            .into_iter()
            .map(|d| Unanswered {
                document_id: d.document_id,
                month: d.month.to_string(),
                issued_at: moment(d.issued_at),
            })
            .collect(),
        open_cases_count: figures.open_cases,
        open_cases: cases
            .into_iter()
            .map(|case| Case {
                case_id: case.case_id.to_string(),
                kind: case.kind,
                document_id: case.document_id,
                grounds: case.grounds,
                opened_at: moment(case.opened_at),
            })
            .collect(),
        dead_letters: figures.dead_letters,
    })
}
