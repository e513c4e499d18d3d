//! The topics as the program finds them.

use crate::harness::TestApp;

#[test]
fn a_topic_with_another_number_of_partitions_is_refused_by_name() {
    let app = TestApp::without_service("1404-08-01");
    app.make_topic("insured.records.v1", 5);
    let told = app.refused(&["status"]);
    assert!(
        told.contains("insured.records.v1: it has 5 partitions and must have 3 (setting topic_partitions"),
        "{told}"
    );
    app.end_unborn();
}

/// Positions and offsets are kept by partition.
#[test]
fn an_installation_keeps_its_number_of_partitions() {
    let mut app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    app.set("topic_partitions", "5");
    // Nobody looks at the topics then.
    let told = app.refused(&["status", "--provision", "false"]);
    assert!(told.contains("topic_partitions is 5, but this database was created with 3"), "{told}");
    app.end_unborn();
}
