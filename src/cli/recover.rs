//! `peyvand recover`: recovers a database that was restored from a backup older than its topics.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::start::CommandContext;
use super::{Error, Result};
use crate::app::ingest::{RecordBatch, apply_batch_without_deciding};
use crate::app::recover::{self, ForeignRecords, RecoveryStart, RedecidedPage, TopicScan};
use crate::app::{AppContext, relay};
use crate::kafka::consumer::BatchLimits;
use crate::kafka::consumer::bounded::{FirstIngest, ingest_up_to};
use crate::kafka::producer::Sender;
use crate::kafka::reader::read_to_end;
use crate::kafka::topics::PartitionRange;
use crate::kafka::{self, Broker};
use crate::service;
use crate::service::drain::input_ends;
use crate::store::closes::CloseLock;
use crate::store::recovery::Checkpoint;
use crate::terminal::say;
use crate::views::format::{grouped, money};
use crate::wire::Topic;

pub async fn run(started: &CommandContext, dry_run: bool, lost: &[String], json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    let lock =
        CloseLock::acquire(&ctx.pool, &started.env.shutdown).await?.ok_or(service::Error::Interrupted)?;
    let RecoveryStart { checkpoints, is_resumed } = recover::start(&ctx).await?;
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_style(
        ProgressStyle::with_template("  {spinner} {msg} {human_pos}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    if !dry_run {
        fence(&started.env.broker, &checkpoints).await?;
    }
    check_not_truncated(&ctx, &started.env.broker, &topics_of(lost)?, dry_run).await?;
    let mut scan = scan_outputs(&ctx, &started.env.broker, &checkpoints, bar.clone()).await?;
    recover::refuse_another_secret(&ctx, &scan)?;
    let found = ScanSummary::of(&scan);
    let nothing = !is_resumed && scan.is_nothing();
    if dry_run || nothing {
        bar.finish_and_clear();
        lock.release().await?;
        show(&found, None, if nothing { "nothing" } else { "dry run" }, json);
        return Ok(());
    }
    if !is_resumed {
        bar.set_message("recovering");
        recover::adopt(&ctx, &mut scan, &checkpoints).await?;
    }
    let mut outcome = RecoveryOutcome {
        messages: ingest_inputs(started, &ctx, &scan, &bar).await?,
        redecided: RedecidedPage::default(),
    };
    bar.set_message("persons decided");
    bar.set_position(0);
    while let Some(page) = recover::decide_page(&ctx).await? {
        bar.inc(page.persons);
        outcome.redecided.add(page);
    }
    recover::end(&ctx).await?;
    bar.finish_and_clear();
    lock.release().await?;
    show(&found, Some(&outcome), "recovered", json);
    Ok(())
}

/// Ends open transactions of older relay writers, and fences these writers.
async fn fence(broker: &Broker, checkpoints: &[Checkpoint]) -> Result<()> {
    let broker = broker.clone();
    let shards: Vec<_> = checkpoints.iter().map(|checkpoint| checkpoint.shard).collect();
    let fencing = tokio::task::spawn_blocking(move || {
        shards.iter().try_for_each(|shard| Sender::fencing(&broker, &format!("relay-{shard}")).map(drop))
    });
    Ok(fencing.await.map_err(|_| service::Error::Interrupted)??)
}

fn topics_of(names: &[String]) -> Result<Vec<Topic>> {
    let mut topics = Vec::with_capacity(names.len());
    for name in names {
        let topic = Topic::outputs().find(|topic| topic.name() == name).ok_or_else(|| {
            Error::WrongUse(format!("{name} is not an output topic; use its name without the prefix"))
        })?;
        topics.push(topic);
    }
    Ok(topics)
}

/// Refuses a truncated topic, because its lost records cannot be recovered. Only a person can confirm that they are
/// lost.
async fn check_not_truncated(
    ctx: &AppContext,
    broker: &Broker,
    confirmed: &[Topic],
    dry_run: bool,
) -> Result<()> {
    let mut ended = relay::end_offsets(ctx).await?;
    ended.retain(|partition, _| !confirmed.contains(&partition.topic));
    let broker = broker.clone();
    let check = tokio::task::spawn_blocking(move || {
        kafka::relay::truncation_check::check_not_truncated(&broker, &ended)
    });
    check.await.map_err(|_| service::Error::Interrupted)??;
    for topic in confirmed.iter().filter(|_| !dry_run) {
        relay::clear_end_offsets(ctx, *topic).await?;
        eprintln!("{}: its lost records stay lost; new records are sent.", topic.name());
    }
    Ok(())
}

/// Reads every output topic to its end.
async fn scan_outputs(
    ctx: &AppContext,
    broker: &Broker,
    checkpoints: &[Checkpoint],
    bar: ProgressBar,
) -> Result<TopicScan> {
    let broker = broker.clone();
    let own_key = ctx.record_key.clone();
    let mut scan = TopicScan::beyond(checkpoints);
    let scanning = tokio::task::spawn_blocking(move || {
        for topic in Topic::outputs() {
            bar.set_message(format!("reading {}", topic.name()));
            let mut unreadable = None;
            read_to_end(&broker, topic, &mut |record| {
                bar.inc(1);
                unreadable = scan.add(&own_key, &record.content()).err();
                Ok(unreadable.is_none())
            })?;
            if let Some(unreadable) = unreadable {
                return Err(Error::failed(unreadable.to_string()));
            }
        }
        Ok(scan)
    });
    scanning.await.map_err(|_| service::Error::Interrupted)?
}

/// Ingests the inputs since the backup, up to the present end offsets.
async fn ingest_inputs(
    started: &CommandContext,
    ctx: &AppContext,
    scan: &TopicScan,
    bar: &ProgressBar,
) -> Result<u64> {
    let ends = input_ends(ctx, &started.env.broker).await?;
    let upto: Vec<_> = ends.iter().map(PartitionRange::end_offset).collect();
    bar.set_message("inputs ingested again");
    bar.set_position(0);
    let dead_letters = scan.dead_letters.iter().map(ToString::to_string);
    let published: HashSet<String> = dead_letters.chain(scan.receipts.iter().cloned()).collect();
    let settings = &started.env.settings;
    let limits = BatchLimits {
        events: settings.batch_events,
        bytes: settings.batch_bytes,
        wait: Duration::from_secs(1),
    };
    let first = FirstIngest {
        dead_letters: scan.dead_letters.clone(),
        misrouted: scan.misrouted.clone(),
        other_misrouted: settings.misrouted,
    };
    let apply = async |batch: RecordBatch| {
        bar.inc(u64::try_from(batch.records.len()).unwrap_or(0));
        apply_batch_without_deciding(ctx, &batch, &published).await.map(drop)
    };
    ingest_up_to(ctx, &started.env.broker, &upto, limits, Arc::new(first), apply).await?;
    Ok(bar.position())
}

fn count(n: usize) -> String {
    grouped(i128::try_from(n).unwrap_or(i128::MAX))
}

/// The counts of a topic scan.
struct ScanSummary {
    decisions: usize,
    documents: usize,
    total_rial: u64,
    months: Vec<String>,
    sms: usize,
    cases: usize,
    answers: usize,
    foreign: ForeignRecords,
}

impl ScanSummary {
    fn of(scan: &TopicScan) -> Self {
        Self {
            decisions: scan.decisions.len(),
            documents: scan.documents.len(),
            total_rial: scan.documents.iter().map(|document| document.data.amount_rial).sum(),
            months: scan.closings.iter().map(|closing| closing.data.month.to_string()).collect(),
            sms: scan.messages.len(),
            cases: scan.cases.len(),
            answers: scan.answers.len(),
            foreign: scan.foreign,
        }
    }
}

/// The counts of a recovery.
struct RecoveryOutcome {
    /// Inputs ingested again.
    messages: u64,
    redecided: RedecidedPage,
}

fn show(found: &ScanSummary, outcome: Option<&RecoveryOutcome>, what: &str, json: bool) {
    let redecided = outcome.map(|outcome| outcome.redecided).unwrap_or_default();
    if json {
        say!(
            "{}",
            json!({"what": what, "decisions": found.decisions, "documents": found.documents, "total_rial": found.total_rial,
                "months_closed": found.months, "sms": found.sms, "cases": found.cases,
                "answers": found.answers,
                "inputs": outcome.map(|outcome| outcome.messages), "persons": redecided.persons,
                "new_decisions": redecided.decisions, "new_messages": redecided.messages,
                "unsettled": redecided.unsettled,
                "foreign_records": {"without_mac": found.foreign.without_mac,
                    "with_wrong_mac": found.foreign.with_wrong_mac, "copies": found.foreign.copies}})
        );
        return;
    }
    if found.foreign.count() > 0 {
        say!(
            "{} records in the output topics are not Peyvand's and were ignored: {} without a MAC, {} with a wrong MAC, {} copies.",
            grouped(i128::from(found.foreign.count())),
            grouped(i128::from(found.foreign.without_mac)),
            grouped(i128::from(found.foreign.with_wrong_mac)),
            grouped(i128::from(found.foreign.copies))
        );
    }
    if what == "nothing" {
        say!("The database is as new as its topics: there is nothing to recover.");
        return;
    }
    let verb = if outcome.is_some() { "were recovered" } else { "would be recovered" };
    say!(
        "These {verb} from the topics: {} decisions, {} documents of {}, {} SMS, {} cases, {} answers to objections, {} closed month(s) {}",
        count(found.decisions),
        count(found.documents),
        money(found.total_rial),
        count(found.sms),
        count(found.cases),
        count(found.answers),
        found.months.len(),
        found.months.join(" ")
    );
    let Some(outcome) = outcome else { return };
    say!(
        "{} inputs were ingested again, {} persons were decided: {} new decisions and {} other events wait for the relay.",
        grouped(i128::from(outcome.messages)),
        grouped(i128::from(redecided.persons)),
        grouped(i128::from(redecided.decisions)),
        grouped(i128::from(redecided.messages))
    );
    if redecided.unsettled > 0 {
        say!(
            "{} paid person(s) need a manual check: no input contains their claim, or there is no number for their SMS.",
            redecided.unsettled
        );
    }
    say!("Start the service again.");
}
