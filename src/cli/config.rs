//! `peyvand config`.

use serde_json::json;

use super::Result;
use super::start::CommandContext;
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
