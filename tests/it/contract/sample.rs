//! A whole month through the real pipeline. Every decision is compared with one that a separate, slow program computed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{TestApp, reasons};

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sample")
}

type Lines = BTreeMap<(String, String), Value>;

fn expected() -> Lines {
    let text = std::fs::read_to_string(folder().join("expected.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line["reasons"] = json!(reasons_of(&line));
            (["national_code", "record_id"].map(|f| line[f].as_str().unwrap().to_owned()).into(), line)
        })
        .collect()
}

fn reasons_of(line: &Value) -> BTreeSet<&str> {
    line["reasons"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect()
}

#[test]
fn every_line_of_the_sample_agrees() {
    let app = TestApp::start("1404-08-01");
    app.publish_folder(&folder());
    app.close("1404-07");
    let mut actual = Lines::new();
    for decision in app.decisions().0 {
        let [code, record] =
            [&decision["national_code"], &decision["marriage"]["record_id"]].map(|v| v.as_str().unwrap());
        let line = json!({
            "national_code": code,
            "record_id": record,
            "outcome": decision["outcome"],
            "reasons": reasons(&decision),
            "amount_rial": decision["amount_rial"],
            "days": decision["working"]["days"],
            "wage_sum_rial": decision["working"]["wage_sum_rial"],
        });
        assert_eq!(
            actual.insert((code.to_owned(), record.to_owned()), line),
            None,
            "a person has two claims on one row"
        );
    }
    let expected = expected();
    let (missing, surplus): (Vec<_>, Vec<_>) = (
        expected.keys().filter(|key| !actual.contains_key(*key)).collect(),
        actual.keys().filter(|key| !expected.contains_key(*key)).collect(),
    );
    assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:?}, unexpected {surplus:?}");
    for (key, line) in &expected {
        assert_eq!(&actual[key], line, "{key:?}");
    }
    let approved = expected.values().filter(|line| line["outcome"] == "APPROVED").count();
    assert_eq!(app.documents().len(), approved, "every approval is paid");
    app.finish();
}
