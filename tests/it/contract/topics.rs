//! Topics with an unexpected number of partitions.

use crate::harness::TestApp;

#[test]
fn a_topic_with_another_number_of_partitions_is_refused_by_name() {
    let app = TestApp::without_service("1404-08-01");
    app.make_topic("insured.records.v1", 5);
    let refusal = app.refused(&["status"]);
    assert!(
        refusal.contains("insured.records.v1: it has 5 partitions and must have 3 (setting topic_partitions"),
        "{refusal}"
    );
    app.end_without_installation();
}

/// The database stores sequence numbers and offsets by partition.
#[test]
fn an_installation_keeps_its_number_of_partitions() {
    let mut app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    app.set("topic_partitions", "5");
    // With `--provision false` the topics are not checked, only the database.
    let refusal = app.refused(&["status", "--provision", "false"]);
    assert!(refusal.contains("topic_partitions is 5, but this database was created with 3"), "{refusal}");
    app.end_without_installation();
}
