//! The topics as the program finds them.

use crate::app::TestApp;

#[test]
fn a_topic_with_another_number_of_partitions_is_refused_by_name() {
    let app = TestApp::without_service("1404-08-01");
    app.make_topic("insured.records.v1", 3);
    let told = app.refused(&["status"]);
    assert!(told.contains("insured.records.v1: it has 3 partitions and must have 8"), "{told}");
    app.end_unborn();
}
