//! A small month with dead letters, a close, returns and second attempts, in steps. A test may kill processes between
//! the steps.

use std::path::Path;
use std::sync::LazyLock;

use peyvand::wire::files::FileKind;
use serde_json::Value;

use crate::fixtures::couples::Couple;
use crate::harness::{EndState, TestApp};

pub const FIRST: &str = "1404-04";
pub const NEXT: [&str; 3] = ["1404-05", "1404-06", "1404-07"];

const MARRIAGES: u32 = 25;
const SEED: u32 = 5;
const ROWS: &str = "registry.marriages.v1";

/// The end state of the same month when no process is killed.
pub static UNDISTURBED: LazyLock<EndState> = LazyLock::new(|| {
    let mut app = begin();
    publish(&app);
    app.serve(&[]);
    app.close(FIRST);
    answer(&mut app);
    late_row(&app);
    close_the_rest(&app);
    let end = app.end_state();
    assert!(end.documents.len() > 10, "only {} documents", end.documents.len());
    let again = end.documents.values().filter(|document| document[1] == 2).count();
    assert_eq!(again, 2, "second attempts");
    app.finish();
    end
});

/// With small steps a death interrupts unfinished work. With a fixed instance name a restarted service gets its
/// partitions back at once.
pub fn begin() -> TestApp {
    let small = [("batch_events", "2"), ("close_page_persons", "5"), ("instance", "one")];
    small.into_iter().fold(TestApp::without_service("1404-08-01"), |app, (key, value)| app.with(key, value))
}

pub fn files(app: &TestApp) -> Vec<(FileKind, String)> {
    use FileKind as K;
    let folder = app.generate(MARRIAGES, SEED);
    [K::Persons, K::Employments, K::Wages, K::EarlierPayments, K::Marriages, K::SelfRegistrations]
        .map(|kind| (kind, folder.join(kind.file_name()).to_str().unwrap().to_owned()))
        .into()
}

/// Publishes all files and the dead letters; no service needs to run yet.
pub fn publish(app: &TestApp) {
    for (kind, path) in files(app) {
        app.publish_without_waiting(kind, Path::new(&path));
    }
    dead_letters(app);
}

pub fn dead_letters(app: &TestApp) {
    let raw = app.raw();
    for value in [b"{".as_slice(), b"[]", b"null"] {
        raw.record(ROWS, Some(b"R1"), &[("ce_type", "registry.marriage.recorded")], Some(value));
    }
}

/// Finance returns three documents, and two of the persons get another account.
pub fn answer(app: &mut TestApp) {
    let mut issued = app.documents();
    issued.sort_by_key(|document| document["document_id"].to_string());
    let text = |document: &Value, field: &str| document[field].as_str().unwrap().to_owned();
    let returned = |d: &Value| format!("{},returned,AC04,2025-10-24T10:00:00+03:30", text(d, "document_id"));
    app.publish_rows(FileKind::PaymentOutcomes, &issued[..3].iter().map(returned).collect::<Vec<_>>());
    let (_, path) = files(app).remove(0);
    let persons = std::fs::read_to_string(path).unwrap();
    let other_account = |document: &Value| {
        let (code, account) = (text(document, "national_code"), text(document, "sheba"));
        let row = persons.lines().find(|row| row.starts_with(&code)).unwrap();
        row.replace(&account, &text(&issued[5], "sheba"))
    };
    app.publish_rows(FileKind::Persons, &issued[..2].iter().map(other_account).collect::<Vec<_>>());
    app.settle();
}

/// The number of the couple in the late registry row. The couple is not insured.
pub const LATE: u32 = 13;

/// Sends an aborted row, and then one more row of the registry.
pub fn late_row(app: &TestApp) {
    let couple = Couple::nth(LATE);
    let (raw, data) = (app.raw(), couple.marriage_data(1));
    raw.transaction(ROWS, &couple.record_id, "registry.marriage.recorded", "taken back", &data, false);
    raw.event(ROWS, &couple.record_id, "registry.marriage.recorded", "late", &data);
}

pub fn close_the_rest(app: &TestApp) {
    for month in NEXT {
        app.waiting_json(&["close-month", month, "--confirm"]);
    }
    app.settle();
}
