//! The end of the demo: a summary that a minister would understand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::{DemoOptions, DemoRun};
use crate::app::AppContext;
use crate::service::Result;
use crate::store::{Error, PgConnection, batches, summary};
use crate::terminal::say;
use crate::texts::{Lang, Texts};
use crate::views::format::money;
use crate::views::person_file::three_lines;
use crate::wire::Topic;

/// How a person would say an outcome.
fn summary_text(outcome: &str) -> &'static str {
    match outcome {
        "APPROVED" => "entitled and paid",
        "WAITING" => "entitled, must complete something",
        "PENDING" => "a fact is still to come",
        "MANUAL_REVIEW" => "a person must look",
        _ => "not entitled",
    }
}

pub async fn show(ctx: &AppContext, played: &DemoRun, options: &DemoOptions, took: Duration) -> Result<()> {
    let mut connection = ctx.pool.acquire().await.map_err(Error::from)?;
    let persons = summary::persons(&mut connection).await?;
    let month = Texts::built_in().month(played.month, Lang::En);
    say!("\n══ {month} ══");
    say!("  {} rows of marriages were read, {persons} persons have an answer:", played.marriages);
    show_outcomes(&mut connection).await?;
    show_payment(&mut connection, played).await?;
    let messages = summary::messages(&mut connection).await?;
    say!("  {messages} SMS were requested, each after its document was safely handed over.");
    say!("  It took {:.1} s.", took.as_secs_f64());
    show_examples(ctx, &mut connection).await?;
    show_files(played, options);
    show_next();
    Ok(())
}

/// The same in one line for programs.
pub async fn show_json(
    ctx: &AppContext,
    played: &DemoRun,
    options: &DemoOptions,
    took: Duration,
) -> Result<()> {
    let mut connection = ctx.pool.acquire().await.map_err(Error::from)?;
    let outcomes: BTreeMap<_, _> = summary::outcomes(&mut connection).await?.into_iter().collect();
    let batches = batches::all(&mut connection).await?;
    let batch = batches.iter().find(|batch| batch.month == played.month);
    let records: BTreeMap<_, _> = played.records.iter().map(|(topic, n)| (topic.name(), n)).collect();
    say!(
        "{}",
        json!({"month": played.month.to_string(), "marriage_rows": played.marriages,
            "persons": summary::persons(&mut connection).await?, "outcomes": outcomes,
            "documents": batch.map(|batch| batch.documents), "total_rial": batch.map(|batch| batch.total),
            "sms": summary::messages(&mut connection).await?, "out": options.out.display().to_string(),
            "records": records, "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX)})
    );
    Ok(())
}

async fn show_outcomes(connection: &mut PgConnection) -> Result<()> {
    let grounds = summary::grounds(connection).await?;
    for (outcome, claims) in summary::outcomes(connection).await? {
        say!("  {claims:>8}  {outcome:<14} {}", summary_text(&outcome));
        for (_, ground, count) in grounds.iter().filter(|(of, ..)| *of == outcome) {
            say!("            {count:>7}  {ground}");
        }
    }
    Ok(())
}

async fn show_payment(connection: &mut PgConnection, played: &DemoRun) -> Result<()> {
    let batches = batches::all(connection).await?;
    if let Some(batch) = batches.iter().find(|batch| batch.month == played.month) {
        say!(
            "  {} payment documents went to finance: {}.",
            batch.documents,
            money(batch.total.unsigned_abs())
        );
    }
    Ok(())
}

async fn show_examples(ctx: &AppContext, connection: &mut PgConnection) -> Result<()> {
    for (title, outcome) in [("Paid", "APPROVED"), ("Refused", "REFUSED"), ("Waiting", "WAITING")] {
        let Some(person) = summary::example(connection, outcome).await? else {
            continue;
        };
        say!("\n  {title}:");
        for line in three_lines(ctx, person).await? {
            say!("    {line}");
        }
    }
    Ok(())
}

fn show_files(played: &DemoRun, options: &DemoOptions) {
    say!("\n  What finance, the SMS gateway and everyone else got lies in {}/", options.out.display());
    for (topic, records) in &played.records {
        say!("    {:<32} {records:>8} records", format!("{}.jsonl", topic.name()));
    }
    if options.dir.is_none() {
        say!("    {:<32} the registry's month that was invented", "in/");
    }
    debug_assert!(played.records.keys().all(|topic| Topic::outputs().any(|output| output == *topic)));
}

fn show_next() {
    say!("\n  Three things to try next:");
    say!(
        "    make check                       a program apart, with its own law, proves the promises on what is left"
    );
    say!("    make demo DIR=myfiles            your own marriages.csv, persons.csv, wages.csv …");
    say!(
        "    make up                          leave Kafka and PostgreSQL running, then: peyvand serve, publish, close-month, explain"
    );
}
