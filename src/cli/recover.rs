//! `peyvand recover`: for a database that was restored from a backup older than its topics.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::start::CommandContext;
use super::{Error, Result};
use crate::app::ingest::{RecordBatch, apply_batch_without_deciding};
use crate::app::recover::{self, OutputRecord, RedecidedPage, TopicScan};
use crate::app::{AppContext, relay};
use crate::kafka::consumer::BatchLimits;
use crate::kafka::producer::Sender;
use crate::kafka::reader::read_to_end;
use crate::kafka::{self, Broker};
use crate::service;
use crate::store::batches::CloseLock;
use crate::store::offsets;
use crate::store::recovery::Checkpoints;
use crate::terminal::say;
use crate::views::format::{grouped, money};
use crate::wire::Topic;

pub async fn run(started: &CommandContext, dry_run: bool, lost: &[String], json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    let lock =
        CloseLock::acquire(&ctx.pool, &started.env.shutdown).await?.ok_or(service::Error::Interrupted)?;
    let (marks, begun) = recover::checkpoints(&ctx).await?;
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_style(
        ProgressStyle::with_template("  {spinner} {msg} {human_pos}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    if !dry_run {
        fence(&started.env.broker, &marks).await?;
    }
    refuse_lost(&ctx, &started.env.broker, &topics_of(lost)?, dry_run).await?;
    let mut heard = listen(&started.env.broker, &marks, bar.clone()).await?;
    let told = Told::of(&heard);
    let nothing = !begun && heard.is_nothing();
    if dry_run || nothing {
        bar.finish_and_clear();
        lock.release().await?;
        show(&told, None, if nothing { "nothing" } else { "dry run" }, json);
        return Ok(());
    }
    if !begun {
        bar.set_message("taking back");
        recover::adopt(&ctx, &mut heard, &marks).await?;
    }
    let mut done =
        Done { messages: take_inputs(started, &ctx, &heard, &bar).await?, anew: RedecidedPage::default() };
    bar.set_message("persons decided");
    bar.set_position(0);
    while let Some(page) = recover::decide_page(&ctx).await? {
        bar.inc(page.persons);
        done.anew.add(page);
    }
    recover::end(&ctx).await?;
    bar.finish_and_clear();
    lock.release().await?;
    show(&told, Some(&done), "recovered", json);
    Ok(())
}

/// Ends what an older writer may have left open, and lets none of them write any more.
async fn fence(broker: &Broker, marks: &Checkpoints) -> Result<()> {
    let (broker, groups) = (broker.clone(), marks.iter().map(|mark| mark.0).collect::<Vec<_>>());
    let fencing = move || {
        groups.iter().try_for_each(|group| Sender::fencing(&broker, &format!("relay-{group}")).map(drop))
    };
    Ok(tokio::task::spawn_blocking(fencing).await.map_err(|_| service::Error::Interrupted)??)
}

fn topics_of(names: &[String]) -> Result<Vec<Topic>> {
    let output = |name: &String| Topic::outputs().find(|topic| topic.name() == name);
    let wrong =
        |name: &String| Error::WrongUse(format!("{name} is no output topic; name it without its prefix"));
    names.iter().map(|name| output(name).ok_or_else(|| wrong(name))).collect()
}

/// What a recreated topic held cannot be read back: only a person can say that it is lost.
async fn refuse_lost(ctx: &AppContext, broker: &Broker, confirmed: &[Topic], dry_run: bool) -> Result<()> {
    let mut ended = relay::end_offsets(ctx).await?;
    ended.retain(|partition, _| !confirmed.contains(&partition.topic));
    let broker = broker.clone();
    let looking = tokio::task::spawn_blocking(move || {
        kafka::relay::truncation_check::check_not_truncated(&broker, &ended)
    });
    looking.await.map_err(|_| service::Error::Interrupted)??;
    for topic in confirmed.iter().filter(|_| !dry_run) {
        relay::clear_end_offsets(ctx, *topic).await?;
        say_lost(*topic);
    }
    Ok(())
}

fn say_lost(topic: Topic) {
    eprintln!("{}: what it lost stays lost; what is said from now on is sent.", topic.name());
}

/// Reads every output topic to its end.
async fn listen(broker: &Broker, marks: &Checkpoints, bar: ProgressBar) -> Result<TopicScan> {
    let (broker, mut heard) = (broker.clone(), TopicScan::beyond(marks));
    let listening = move || {
        for topic in Topic::outputs() {
            bar.set_message(format!("reading {}", topic.name()));
            let mut unheard = None;
            read_to_end(&broker, topic, &mut |record| {
                bar.inc(1);
                let (partition, headers) = (record.partition.partition, record.headers.as_slice());
                let said = OutputRecord { topic, partition, headers, value: record.value };
                unheard = heard.add(&said).err();
                Ok(unheard.is_none())
            })?;
            if let Some(unheard) = unheard {
                return Err(Error::failed(unheard.to_string()));
            }
        }
        Ok(heard)
    };
    tokio::task::spawn_blocking(listening).await.map_err(|_| service::Error::Interrupted)?
}

/// The inputs since the backup, to the ends that they have now.
async fn take_inputs(
    started: &CommandContext,
    ctx: &AppContext,
    heard: &TopicScan,
    bar: &ProgressBar,
) -> Result<u64> {
    let (asked, stood) = (started.env.broker.clone(), offsets::all(&ctx.pool).await?);
    let ends = tokio::task::spawn_blocking(move || kafka::end_offsets::end_offsets(&asked, &stood));
    let ends = ends.await.map_err(|_| service::Error::Interrupted)??;
    let upto: Vec<_> = ends.into_iter().map(|(partition, _, end)| (partition, end)).collect();
    bar.set_message("inputs taken in again");
    bar.set_position(0);
    let letters = heard.dead_letters.iter();
    let letters = letters.map(|(topic, partition, offset)| format!("{topic}/{partition}/{offset}"));
    let told: HashSet<String> = letters.chain(heard.receipts.iter().cloned()).collect();
    let (settings, wait) = (&started.env.settings, Duration::from_secs(1));
    let bounds = BatchLimits { events: settings.batch_events, bytes: settings.batch_bytes, wait };
    let take = async |batch: RecordBatch| {
        bar.inc(u64::try_from(batch.records.len()).unwrap_or(0));
        apply_batch_without_deciding(ctx, &batch, &told).await.map(drop)
    };
    kafka::consumer::bounded::ingest_up_to(
        ctx,
        &started.env.broker,
        &upto,
        bounds,
        Arc::new(heard.dead_letters.clone()),
        take,
    )
    .await?;
    Ok(bar.position())
}

/// What the topics told.
struct Told {
    decisions: usize,
    documents: usize,
    total_rial: u64,
    months: Vec<String>,
    sms: usize,
    cases: usize,
}

impl Told {
    fn of(heard: &TopicScan) -> Self {
        Self {
            decisions: heard.decisions.len(),
            documents: heard.documents.len(),
            total_rial: heard.documents.iter().map(|document| document.data.amount_rial).sum(),
            months: heard.closings.iter().map(|closing| closing.data.month.to_string()).collect(),
            sms: heard.messages.len(),
            cases: heard.cases.len(),
        }
    }
}

/// What was done with it.
struct Done {
    messages: u64,
    anew: RedecidedPage,
}

fn show(told: &Told, done: Option<&Done>, what: &str, json: bool) {
    let anew = done.map(|done| done.anew).unwrap_or_default();
    if json {
        say!(
            "{}",
            json!({"what": what, "decisions": told.decisions, "documents": told.documents, "total_rial": told.total_rial,
                "months_closed": told.months, "sms": told.sms, "cases": told.cases,
                "inputs": done.map(|done| done.messages), "persons": anew.persons, "new_decisions": anew.decisions,
                "new_messages": anew.messages, "unsettled": anew.unsettled})
        );
        return;
    }
    if what == "nothing" {
        say!("The database is as new as its topics: there is nothing to take back.");
        return;
    }
    let count = |n: usize| grouped(i128::try_from(n).unwrap_or(i128::MAX));
    let verb = if done.is_some() { "were taken back" } else { "would be taken back" };
    say!(
        "From the topics {verb}: {} decisions, {} documents of {}, {} SMS, {} cases, {} closed month(s) {}",
        count(told.decisions),
        count(told.documents),
        money(told.total_rial),
        count(told.sms),
        count(told.cases),
        told.months.len(),
        told.months.join(" ")
    );
    let Some(done) = done else { return };
    say!(
        "{} inputs were taken in again and {} persons decided: {} new decisions and {} other events wait for the relay.",
        grouped(i128::from(done.messages)),
        grouped(i128::from(anew.persons)),
        grouped(i128::from(anew.decisions)),
        grouped(i128::from(anew.messages))
    );
    if anew.unsettled > 0 {
        say!(
            "{} paid person(s) need a look: no input holds their claim, or there is no number for their SMS.",
            anew.unsettled
        );
    }
    say!("Start the service again.");
}
