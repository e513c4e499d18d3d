//! `peyvand export`: the output topics as files of JSON lines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use super::Result;
use super::start::CommandContext;
use crate::service::export;
use crate::terminal::say;
use crate::views::format;

/// Exports the topics, and shows the number of records of each.
pub async fn run(started: &CommandContext, dir: PathBuf, json: bool) -> Result<()> {
    let records = export::run(started.env.broker.clone(), dir.clone()).await?;
    if json {
        let counts: BTreeMap<_, _> = records.iter().map(|(topic, count)| (topic.name(), count)).collect();
        say!("{}", json!({"dir": dir.display().to_string(), "records": counts}));
        return Ok(());
    }
    for (topic, count) in &records {
        say!("{:>9}  {}", format::grouped(*count), dir.join(format!("{}.jsonl", topic.name())).display());
    }
    Ok(())
}
