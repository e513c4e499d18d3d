//! `peyvand export`: writes the output topics to files of JSON lines.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Error, Result, private_file};
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

/// A value. JSON is written unchanged on one line. Any other value is written as text, because a dead letter may
/// contain any bytes.
#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Json(Cow<'a, RawValue>),
    Text(String),
    None,
}

/// Writes each topic up to its end when its export starts. Returns the number of records of each topic.
pub async fn run(broker: Broker, dir: PathBuf) -> Result<BTreeMap<Topic, u64>> {
    tokio::task::spawn_blocking(move || export(&broker, &dir)).await.map_err(|_| Error::Interrupted)?
}

fn export(broker: &Broker, dir: &Path) -> Result<BTreeMap<Topic, u64>> {
    failpoint!("export.folder", std::fs::create_dir_all(dir)).map_err(|error| failed(dir, &error))?;
    let mut counts = BTreeMap::new();
    for topic in Topic::outputs() {
        let path = dir.join(format!("{}.jsonl", topic.name()));
        let mut file = BufWriter::new(
            failpoint!("export.create", private_file::create(&path))
                .map_err(|error| failed(&path, &error))?,
        );
        let count: &mut u64 = counts.entry(topic).or_default();
        read_to_end(broker, topic, &mut |record| {
            *count += 1;
            let line = serde_json::to_writer(&mut file, &line(&record));
            line.map_err(|error| write_error(&path, &error.into()))?;
            failpoint!("export.write", file.write_all(b"\n")).map_err(|error| write_error(&path, &error))?;
            Ok(true)
        })?;
        failpoint!("export.flush", file.flush()).map_err(|error| failed(&path, &error))?;
    }
    Ok(counts)
}

fn write_error(path: &Path, error: &std::io::Error) -> kafka::Error {
    kafka::Error::Topic { topic: path.display().to_string(), problem: error.to_string() }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Failed(format!("{}: {error}", path.display()))
}

/// Puts JSON on one line. A line break in JSON is always whitespace between tokens, never part of a string, so a space
/// replaces it without a change of meaning.
fn one_line(value: &[u8]) -> Option<Cow<'_, RawValue>> {
    let raw: &RawValue = serde_json::from_slice(value).ok()?;
    if !raw.get().contains(['\n', '\r']) {
        return Some(Cow::Borrowed(raw));
    }
    RawValue::from_string(raw.get().replace(['\n', '\r'], " ")).ok().map(Cow::Owned)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn line<'a>(record: &TopicRecord<'a>) -> Line<'a> {
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
    fn a_record_becomes_one_line() {
        let value = "{\r\n  \"amount\": 12345678901234567890123,\n  \"text\": \"a\\nb\"\n}";
        let line = serde_json::to_string(&Data::Json(one_line(value.as_bytes()).unwrap())).unwrap();
        assert_eq!(line, "{    \"amount\": 12345678901234567890123,   \"text\": \"a\\nb\" }");
        assert!(one_line(b"\xffno json").is_none());
    }
}
