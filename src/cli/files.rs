//! `peyvand files`: published files, and the end of those that never become complete.

use serde_json::json;

use super::arguments::Files;
use super::start::CommandContext;
use super::{Error, Result};
use crate::app::files;
use crate::store::files::ListedFile;
use crate::terminal::{os_account, say, show, table};
use crate::views::format::grouped;

pub async fn run(started: &CommandContext, act: Files, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    match act {
        Files::List { open } => {
            let files = files::list(&ctx, open).await?;
            if json {
                files.iter().for_each(|file| say!("{}", line(file)));
            } else {
                show(&page(&files));
            }
        }
        Files::End { file_id, why } => {
            if why.trim().is_empty() {
                return Err(Error::WrongUse("--why is empty: state why the file is ended".to_owned()));
            }
            let file = files::end(&ctx, &file_id, &os_account(), &why).await?;
            if json {
                say!("{}", line(&file));
            } else if let Some(ended) = &file.ended {
                say!("{}: ended by {} at {}: {}", file.file_id, ended.by, ended.at, ended.why);
            }
        }
    }
    Ok(())
}

fn state(file: &ListedFile) -> &'static str {
    match (file.is_received, &file.ended, file.rows) {
        (true, ..) => "received",
        (_, Some(_), _) => "ended",
        (_, None, Some(_)) => "lacks rows",
        (_, None, None) => "open",
    }
}

fn line(file: &ListedFile) -> serde_json::Value {
    let ended = file.ended.as_ref();
    json!({"file_id": file.file_id, "kind": file.kind, "state": state(file), "opened_at": file.opened_at.to_string(),
        "rows": file.rows, "disposed": file.disposed, "ended_at": ended.map(|ended| ended.at.to_string()),
        "ended_by": ended.map(|ended| &ended.by), "why": ended.map(|ended| &ended.why)})
}

fn page(files: &[ListedFile]) -> String {
    let rows: Vec<_> = files.iter().map(row).collect();
    table(0, &["file", "kind", "state", "opened", ">rows", ">disposed", "ended by"], &rows)
}

fn row(file: &ListedFile) -> Vec<String> {
    vec![
        file.file_id.clone(),
        file.kind.clone(),
        state(file).to_owned(),
        file.opened_at.to_string(),
        file.rows.map_or_else(|| "-".to_owned(), grouped),
        grouped(file.disposed),
        file.ended.as_ref().map(|ended| format!("{}: {}", ended.by, ended.why)).unwrap_or_default(),
    ]
}
