//! Counts the records that were sent. A consumer's offset proves nothing about a record that never reached its topic.

use std::collections::{BTreeMap, BTreeSet};

use peyvand::wire::Topic;
use serde_json::Value;

use crate::harness::{StoredRecord, TestApp};

/// The records of each input topic.
pub type Inputs = BTreeMap<&'static str, Vec<StoredRecord>>;

pub fn inputs(app: &TestApp) -> Inputs {
    Topic::inputs().map(|topic| (topic.name(), app.stored_records(topic.name()))).collect()
}

pub fn all(app: &TestApp, inputs: &Inputs) {
    every_file_is_complete(app, inputs);
    every_raw_record_is_there(app, inputs);
    nobody_is_without_claim(app);
}

/// Every row of every closed file is in its topic, and the file has its receipt, or a person has ended it.
fn every_file_is_complete(app: &TestApp, inputs: &Inputs) {
    let mut lines: BTreeMap<String, BTreeMap<u64, u64>> = BTreeMap::new();
    for record in inputs.values().flatten() {
        let (file, line) = (record.header("ce_fileid"), record.header("ce_fileline"));
        if let Ok(line) = line.parse() {
            let rows = record.header("ce_filerows").parse().unwrap_or(1);
            lines.entry(file).or_default().insert(line, rows);
        }
    }
    let settled: BTreeSet<_> = app
        .query("SELECT file_id FROM files WHERE received_at IS NOT NULL OR ended_at IS NOT NULL")
        .into_iter()
        .flatten()
        .collect();
    for record in &inputs[Topic::RegistryFiles.name()] {
        if record.header("ce_type") != "registry.file.closed" {
            continue;
        }
        let Some(closing) =
            record.value.as_deref().and_then(|value| serde_json::from_slice::<Value>(value).ok())
        else {
            continue;
        };
        let (Some(file), Some(rows)) = (closing["file_id"].as_str(), closing["rows"].as_u64()) else {
            continue;
        };
        let there: u64 = lines.get(file).map_or(0, |lines| lines.values().sum());
        assert_eq!(there, rows, "rows of the file {file} in its topic");
        assert!(settled.contains(file), "the file {file} has no receipt");
    }
}

/// Every record that the test sent without `publish` is in its topic, unless the test deleted it.
fn every_raw_record_is_there(app: &TestApp, inputs: &Inputs) {
    for sent in app.sent.lock().unwrap().iter() {
        let Some(records) = inputs.get(sent.topic.as_str()) else { continue };
        let mut records = records.iter().filter(|record| record.partition == sent.partition);
        let found = records.find(|record| record.offset == sent.offset);
        let id = found.map(|record| record.header("ce_id"));
        assert_eq!(id.as_ref(), Some(&sent.ce_id), "{}/{} at {}", sent.topic, sent.partition, sent.offset);
    }
}

/// No insured person with a live registry row lacks a claim. `status` lists the same people by another query.
fn nobody_is_without_claim(app: &TestApp) {
    if app.settings.contains_key("deeds_from") {
        return;
    }
    let sql = "SELECT count(*) FROM persons p WHERE p.insured AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.person = p.code)
         AND EXISTS (SELECT 1 FROM marriages m WHERE p.code IN (m.husband, m.wife) AND m.content NOT LIKE '%\"annulled\"%')";
    assert_eq!(app.value(sql), "0", "insured persons with a live registry row and no claim");
}
