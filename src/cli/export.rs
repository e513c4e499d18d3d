//! `peyvand export`: the output topics as files of JSON lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Error, Result};
use crate::kafka::reader::{Record, read_to_end};
use crate::kafka::{self, Broker};
use crate::wire::Topic;

#[derive(Serialize)]
struct Line<'a> {
    partition: i32,
    offset: i64,
    key: Option<String>,
    headers: BTreeMap<&'a str, String>,
    data: Data<'a>,
}

/// JSON as it came; what is no JSON (a dead letter may be anything) as text.
#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Json(&'a RawValue),
    Text(String),
    None,
}

/// Writes the topics to their ends at the start; gives the number of records of each.
pub async fn run(broker: Broker, dir: PathBuf) -> Result<BTreeMap<Topic, u64>> {
    tokio::task::spawn_blocking(move || export(&broker, &dir)).await.map_err(|_| Error::Interrupted)?
}

fn export(broker: &Broker, dir: &Path) -> Result<BTreeMap<Topic, u64>> {
    let told =
        |path: &Path, error: &dyn std::fmt::Display| Error::Failed(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(dir).map_err(|error| told(dir, &error))?;
    let mut counts = BTreeMap::new();
    for topic in Topic::outputs() {
        let path = dir.join(format!("{}.jsonl", topic.name()));
        let mut file = BufWriter::new(File::create(&path).map_err(|error| told(&path, &error))?);
        let count: &mut u64 = counts.entry(topic).or_default();
        read_to_end(broker, topic, &mut |record| {
            *count += 1;
            let problem = |error: &dyn std::fmt::Display| kafka::Error::Topic {
                topic: path.display().to_string(),
                problem: error.to_string(),
            };
            serde_json::to_writer(&mut file, &line(&record)).map_err(|error| problem(&error))?;
            file.write_all(b"\n").map_err(|error| problem(&error))?;
            Ok(true)
        })?;
        file.flush().map_err(|error| told(&path, &error))?;
    }
    Ok(counts)
}

fn line<'a>(record: &Record<'a>) -> Line<'a> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let data = match record.value {
        None => Data::None,
        Some(value) => serde_json::from_slice(value).map_or_else(|_| Data::Text(text(value)), Data::Json),
    };
    Line {
        partition: record.partition.partition,
        offset: record.offset,
        key: record.key.map(text),
        headers: record.headers.iter().map(|(name, value)| (*name, text(value))).collect(),
        data,
    }
}
