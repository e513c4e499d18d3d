//! `peyvand config`: the settings in force, and the adoption of an installation that was moved.

use serde_json::json;

use super::Result;
use super::start::CommandContext;
use crate::store::installation::Home;
use crate::terminal::say;

#[expect(clippy::unnecessary_wraps, reason = "all commands have the same return type")]
pub fn run(started: &CommandContext, json: bool) -> Result<()> {
    let rows = started.loaded.describe();
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| json!({"key": row.key, "value": row.value, "origin": row.origin.to_string(), "doc": row.doc}))
            .collect();
        say!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    for row in rows {
        say!("{:<22} {:<40} {:<12} {}", row.key, row.value, row.origin.to_string(), row.doc);
    }
    Ok(())
}

/// Makes the topics and the cluster of the settings those of the database.
pub async fn adopt(started: &CommandContext, json: bool) -> Result<()> {
    let (before, now) = started.env.adopt_installation().await?;
    if json {
        say!("{}", json!({"before": before.as_ref().map(home_json), "now": home_json(&now)}));
        return Ok(());
    }
    if let Some(before) = before {
        say!("before: {}", described(&before));
    }
    say!("now:    {}", described(&now));
    say!("`peyvand status` shows whether these topics are the ones that were read; `serve` refuses others.");
    Ok(())
}

fn home_json(home: &Home) -> serde_json::Value {
    json!({"topic_prefix": home.topic_prefix, "kafka_cluster": home.cluster})
}

fn described(home: &Home) -> String {
    let cluster = home.cluster.as_deref().unwrap_or("(unknown)");
    format!("topic prefix \"{}\", Kafka cluster {cluster}", home.topic_prefix)
}
