//! Months are closed in order, on any business date.

use crate::fixtures::population::married;
use crate::harness::TestApp;

/// "It refuses a month […] that is not the next after the last closed", even if it ended long ago.
#[test]
fn no_month_is_left_out() {
    let mut app = TestApp::start("1404-10-05");
    married(&mut app, 1..3);
    app.close("1404-07");
    for month in ["1404-06", "1404-09"] {
        let refusal = app.refused(&["close-month", month]);
        assert!(refusal.contains("is not the next month"), "{refusal}");
    }
    app.close("1404-08");
    app.close("1404-09");
    assert_eq!(app.documents().len(), 2);
    app.finish();
}
