//! What is sent twice changes nothing.

use std::collections::BTreeMap;

use crate::app::TestApp;
use crate::sample;

#[test]
fn a_month_published_twice_changes_nothing() {
    let mut app = TestApp::start("1404-08-01");
    let receipts = app.publish_folder(&sample::folder());
    app.close("1404-07");
    let before = app.export();
    let input = app.query("SELECT topic, sum(next_offset) FROM input_offsets GROUP BY topic ORDER BY topic");

    // The same bytes: recognised by their digest, and nothing is sent.
    assert_eq!(app.publish_folder(&sample::folder()), receipts);
    app.settle();
    assert_eq!(
        app.query("SELECT topic, sum(next_offset) FROM input_offsets GROUP BY topic ORDER BY topic"),
        input
    );
    assert!(app.export() == before, "a recognised file left something in the output topics");

    // The same rows under another digest: all of them are taken in again, and none changes anything.
    for (kind, first) in receipts {
        let text = std::fs::read_to_string(sample::folder().join(kind.file_name())).unwrap();
        let again = app.publish(kind, &(text + "\n"));
        assert_ne!(again["file_id"], first["file_id"]);
        for word in ["declared", "conflicting", "rejected"] {
            assert_eq!(again[word], first[word], "{kind}: {word}");
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
    assert_eq!(before.counts(), receipts_more(after.counts()), "only receipts are new");
    let closed = app.json(&["close-month", "1404-07"]);
    assert_eq!(closed["closed_now"], false);
    app.finish();
}
