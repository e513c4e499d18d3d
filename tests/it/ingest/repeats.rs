//! Input that is sent twice changes nothing.

use std::collections::BTreeMap;

use peyvand::wire::files::FileKind;
use serde_json::{Value, json};

use crate::contract::sample;
use crate::fixtures::couples::Couple;
use crate::fixtures::population::{Marriage, expect, insured, marriage, person};
use crate::harness::TestApp;

#[test]
fn a_month_published_twice_changes_nothing() {
    let mut app = TestApp::start("1404-08-01");
    let receipts = app.publish_folder(&sample::folder());
    app.close("1404-07");
    let before = app.export();
    let input = app.query("SELECT topic, sum(next_offset) FROM input_offsets GROUP BY topic ORDER BY topic");

    // The digest of the same bytes is known, so nothing is sent.
    assert_eq!(app.publish_folder(&sample::folder()), receipts);
    app.settle();
    assert_eq!(
        app.query("SELECT topic, sum(next_offset) FROM input_offsets GROUP BY topic ORDER BY topic"),
        input
    );
    assert!(app.export() == before, "a file with a known digest caused output");

    // The same rows under another digest are all ingested again, and none changes anything.
    for (kind, first) in receipts {
        let text = std::fs::read_to_string(sample::folder().join(kind.file_name())).unwrap();
        let again = app.publish(kind, &(text + "\n"));
        assert_ne!(again["file_id"], first["file_id"]);
        for field in ["declared", "conflicting", "rejected"] {
            assert_eq!(again[field], first[field], "{kind}: {field}");
        }
        assert_eq!(
            (again["accepted"].as_u64(), again["corrected"].as_u64()),
            (Some(0), Some(0)),
            "{kind}: {again}"
        );
    }
    app.settle();
    let after = app.export();
    let receipts_more = |counts: BTreeMap<String, usize>| {
        counts
            .into_iter()
            .map(|(topic, n)| if topic == "registry.file-receipts.v1" { (topic, n - 4) } else { (topic, n) })
            .collect()
    };
    assert_eq!(before.counts(), receipts_more(after.counts()), "only receipts may be added");
    let closed = app.json(&["close-month", "1404-07"]);
    assert_eq!(closed["closed_now"], false);
    app.finish();
}

/// A file is sent in part, and then sent again from its start: each line counts once.
#[test]
fn a_file_that_was_sent_half_counts_each_line_once() {
    let app = TestApp::start("1404-08-01");
    let file = "b".repeat(64);
    let couples: Vec<_> = (51..=53).map(Couple::nth).collect();
    let files = |event: &str, data: &Value| {
        app.raw().event("registry.files.v1", &file, &format!("registry.file.{event}"), event, data);
    };
    let opened = json!({"file_id": file, "kind": "marriages", "opened_at": "2025-10-23T06:30:00Z"});
    for sent in [2, 3] {
        files("opened", &opened);
        let raw = app.raw();
        for (couple, line) in couples.iter().zip(1..=sent) {
            let (id, line) = (&couple.record_id, line.to_string());
            let of_file = [("ce_fileid", file.as_str()), ("ce_fileline", line.as_str())];
            let data = couple.marriage_data(1);
            raw.event_with("registry.marriages.v1", id, "registry.marriage.recorded", id, &data, &of_file);
        }
        drop(raw);
        app.settle();
    }
    let closed = json!({"file_id": file, "kind": "marriages", "declared": 3, "rejected": {}, "rows": 3, "digest": file,
        "closed_at": "2025-10-23T06:31:00Z"});
    files("closed", &closed);
    let receipts = app.events("registry.file.received");
    assert_eq!(receipts.len(), 1);
    assert_eq!((&receipts[0]["accepted"], &receipts[0]["unchanged"]), (&3.into(), &0.into()));
    app.finish();
}

/// "a correction is the same `record_id` with a higher `record_version`; a lower version, or the same one, changes
/// nothing (the same with other content: the first stands, counted as `conflicting`)"
#[test]
fn a_lower_version_or_the_same_changes_nothing() {
    let mut app = TestApp::start("1404-08-01");
    let (husband, wife) = (person(61), person(62));
    insured(&mut app, &[&husband], "1404-04");
    let first = marriage("R61", "1404-05-20", &husband, &wife);
    let second = first.corrected(|row| row.deed_date = "1404-05-21".to_owned());
    let other = Marriage { deed_date: "1404-05-22".to_owned(), ..second.clone() };
    // First in one batch, then again when the second version is stored.
    let fields = ["accepted", "corrected", "unchanged", "conflicting"];
    for (rows, counts) in [
        (vec![second.row(), first.row(), other.row()], [1, 0, 1, 1]),
        (vec![first.row()], [0, 0, 1, 0]),
        (vec![other.row()], [0, 0, 0, 1]),
    ] {
        let receipt = app.publish_rows(FileKind::Marriages, &rows);
        assert_eq!(fields.map(|field| receipt[field].as_i64().unwrap()), counts, "{receipt}");
        expect(&app.decisions(), &husband, "1404-05-21", "APPROVED", &[]);
    }
    assert_eq!(app.value("SELECT count(*) FROM claims"), "1");
    app.finish();
}
