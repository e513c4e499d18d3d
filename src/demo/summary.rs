//! The summary at the end of the demo, in non-technical language.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::{DEMO_DAY, DemoOptions, DemoRun};
use crate::app::AppContext;
use crate::ident::NationalCode;
use crate::service::Result;
use crate::store::closes::MonthClose;
use crate::store::{Error, PgConnection, closes, summary};
use crate::terminal::say;
use crate::texts::{Lang, Texts};
use crate::views::format::money;
use crate::views::person_file::three_lines;
use crate::wire::Topic;

/// An outcome in plain language.
fn summary_text(outcome: &str) -> &'static str {
    match outcome {
        "APPROVED" => "entitled and paid",
        "WAITING" => "entitled, must complete something",
        "PENDING" => "a fact is not available yet",
        "MANUAL_REVIEW" => "a person must decide",
        _ => "not entitled",
    }
}

pub async fn show(ctx: &AppContext, run: &DemoRun, options: &DemoOptions, took: Duration) -> Result<()> {
    let mut connection = ctx.pool.acquire().await.map_err(Error::from)?;
    let persons = summary::persons(&mut connection).await?;
    let month = Texts::built_in().month(run.month, Lang::En);
    say!("\n══ {month} ══");
    say!("  {} rows of marriages were read, {persons} persons have an answer:", run.marriages);
    show_outcomes(&mut connection).await?;
    show_payment(&mut connection, run).await?;
    let messages = summary::messages(&mut connection).await?;
    say!("  {messages} SMS were requested, each after its document was delivered.");
    say!("  It took {:.1} s.", took.as_secs_f64());
    let shown = show_examples(ctx, &mut connection).await?;
    show_files(run, options);
    if options.sign_ins.is_none() {
        show_next();
        show_pages(ctx, options, &shown);
    }
    Ok(())
}

/// The same summary as one line of JSON.
pub async fn show_json(ctx: &AppContext, run: &DemoRun, options: &DemoOptions, took: Duration) -> Result<()> {
    let mut connection = ctx.pool.acquire().await.map_err(Error::from)?;
    let outcomes: BTreeMap<_, _> = summary::outcomes(&mut connection).await?.into_iter().collect();
    let closes = closes::all(&mut connection).await?;
    let close = closes.iter().find(|close| close.month == run.month);
    let records: BTreeMap<_, _> = run.records.iter().map(|(topic, n)| (topic.name(), n)).collect();
    say!(
        "{}",
        json!({"month": run.month.to_string(), "marriage_rows": run.marriages,
            "persons": summary::persons(&mut connection).await?, "outcomes": outcomes,
            "documents": close.map(MonthClose::documents), "total_rial": close.map(MonthClose::total_rial),
            "sms": summary::messages(&mut connection).await?, "out": options.out.display().to_string(),
            "records": records, "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX)})
    );
    Ok(())
}

async fn show_outcomes(connection: &mut PgConnection) -> Result<()> {
    let reasons = summary::grounds(connection).await?;
    for (outcome, claims) in summary::outcomes(connection).await? {
        say!("  {claims:>8}  {outcome:<14} {}", summary_text(&outcome));
        for (_, reason, count) in reasons.iter().filter(|(of, ..)| *of == outcome) {
            say!("            {count:>7}  {reason}");
        }
    }
    Ok(())
}

async fn show_payment(connection: &mut PgConnection, run: &DemoRun) -> Result<()> {
    let closes = closes::all(connection).await?;
    if let Some(close) = closes.iter().find(|close| close.month == run.month) {
        say!(
            "  {} payment documents went to finance: {}.",
            close.documents(),
            money(close.total_rial().unsigned_abs())
        );
    }
    Ok(())
}

/// Returns the persons that it explains, with their titles.
async fn show_examples(
    ctx: &AppContext,
    connection: &mut PgConnection,
) -> Result<Vec<(&'static str, NationalCode)>> {
    let mut shown = Vec::new();
    for (title, outcome) in [("Paid", "APPROVED"), ("Refused", "REFUSED"), ("Waiting", "WAITING")] {
        let Some(person) = summary::example(connection, outcome).await? else {
            continue;
        };
        say!("\n  {title}:");
        for line in three_lines(ctx, person).await? {
            say!("    {line}");
        }
        shown.push((title, person));
    }
    Ok(shown)
}

fn show_files(run: &DemoRun, options: &DemoOptions) {
    say!("\n  The records for finance, the SMS gateway and other systems are in {}/", options.out.display());
    for (topic, records) in &run.records {
        say!("    {:<32} {records:>8} records", format!("{}.jsonl", topic.name()));
    }
    if options.dir.is_none() {
        say!("    {:<32} the generated input files", "in/");
    }
    debug_assert!(run.records.keys().all(|topic| Topic::outputs().any(|output| output == *topic)));
}

fn show_next() {
    say!("\n  Three things to try next:");
    say!("    make check                       verify the result with a separate checker and its own law");
    say!("    make demo DIR=myfiles            your own marriages.csv, persons.csv, wages.csv …");
    say!("    make up                          the service with its pages for people, on a month that stays");
}

/// How to see the explained persons on the pages: `make up` loads the same month. Files of the user are not offered,
/// because the provider for trials accepts any password.
fn show_pages(ctx: &AppContext, options: &DemoOptions, shown: &[(&str, NationalCode)]) {
    if options.dir.is_some() || shown.is_empty() {
        return;
    }
    let today = ctx.clock.today().to_string();
    let date = if today == DEMO_DAY { String::new() } else { format!(" TODAY={today}") };
    let seed = if options.seed == 1 { String::new() } else { format!(" SEED={}", options.seed) };
    say!("\n  To see these persons on the pages of the portal:");
    say!("    make down; make up MARRIAGES={}{seed}{date}", options.marriages);
    say!("    Open the address that it prints. Sign in with one of these logins, and any password:");
    for (title, person) in shown {
        say!("      {person}   {title}");
    }
}
