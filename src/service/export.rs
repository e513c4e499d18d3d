//! `peyvand export`: the output topics as files of JSON lines.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Error, Result};
use crate::failpoint::failpoint;
use crate::kafka::reader::{TopicRecord, read_to_end};
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

/// JSON as it came, on one line; what is no JSON (a dead letter may be anything) as text.
#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Json(Cow<'a, RawValue>),
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
    failpoint!("export.folder", std::fs::create_dir_all(dir)).map_err(|error| told(dir, &error))?;
    let mut counts = BTreeMap::new();
    for topic in Topic::outputs() {
        let path = dir.join(format!("{}.jsonl", topic.name()));
        let mut file = BufWriter::new(
            failpoint!("export.create", File::create(&path)).map_err(|error| told(&path, &error))?,
        );
        let count: &mut u64 = counts.entry(topic).or_default();
        read_to_end(broker, topic, &mut |record| {
            *count += 1;
            let problem = |error: &dyn std::fmt::Display| kafka::Error::Topic {
                topic: path.display().to_string(),
                problem: error.to_string(),
            };
            serde_json::to_writer(&mut file, &line(&record)).map_err(|error| problem(&error))?;
            failpoint!("export.write", file.write_all(b"\n")).map_err(|error| problem(&error))?;
            Ok(true)
        })?;
        failpoint!("export.flush", file.flush()).map_err(|error| told(&path, &error))?;
    }
    Ok(counts)
}

/// A line end in JSON stands between two parts of it, never in a text: a space says the same.
fn one_line(value: &[u8]) -> Option<Cow<'_, RawValue>> {
    let raw: &RawValue = serde_json::from_slice(value).ok()?;
    if !raw.get().contains(['\n', '\r']) {
        return Some(Cow::Borrowed(raw));
    }
    RawValue::from_string(raw.get().replace(['\n', '\r'], " ")).ok().map(Cow::Owned)
}

fn line<'a>(record: &TopicRecord<'a>) -> Line<'a> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let data = match record.value {
        None => Data::None,
        Some(value) => one_line(value).map_or_else(|| Data::Text(text(value)), Data::Json),
    };
    Line {
        partition: record.partition.partition,
        offset: record.offset,
        key: record.key.map(text),
        headers: record.headers.iter().map(|(name, value)| (*name, text(value))).collect(),
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_whatever_its_producer_wrote() {
        let value = "{\r\n  \"amount\": 12345678901234567890123,\n  \"text\": \"a\\nb\"\n}";
        let told = serde_json::to_string(&Data::Json(one_line(value.as_bytes()).unwrap())).unwrap();
        assert_eq!(told, "{    \"amount\": 12345678901234567890123,   \"text\": \"a\\nb\" }");
        assert!(one_line(b"\xffno json").is_none());
    }
}
