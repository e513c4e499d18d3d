//! The inputs determine the state: a replay into an empty database, with each close at its recorded input offsets,
//! gives the same state.

use std::process::Stdio;

use serde_json::json;
use tokio::runtime::Runtime;

use crate::contract::checker::check;
use crate::fixtures::population::{
    document_id, finance, insured, kill_close, marriage, marriages, married, person, profile, sheba,
};
use crate::harness::{TestApp, ctx};

/// The number of distinct sets of input offsets that the pages of a close recorded.
fn places(app: &TestApp, month: &str) -> u32 {
    let sql = format!("SELECT count(DISTINCT input_offsets) FROM close_pages WHERE month = '{month}'");
    app.value(&sql).parse().unwrap()
}

/// "Replay: all inputs, with the closes at the input offsets that they recorded, into an empty database give the same
/// state digest": here inputs arrive between the pages of one close, and during the next one.
#[test]
fn a_replay_of_the_inputs_yields_the_same_state() {
    let mut app = TestApp::without_service("1404-08-01")
        .with("close_page_persons", "1")
        .with("batch_events", "9")
        .serving();
    a_close_with_inputs_between_its_pages_is_replayed(&mut app);
    a_close_under_load(&mut app);
    app.raw().record("registry.marriages.v1", Some(b"R1"), &[], Some(b"{no JSON"));
    app.settle();
    // The checker judges every person by the inputs that the person's page saw, too.
    assert!(check(&["live"], Some(&app)).ends_with(" passed, 0 failed\n"));

    let copy = app.empty_database("copy");
    let replayed = app.json(&["replay", "--into", &copy]);
    assert_eq!(
        (&replayed["equal"], &replayed["closes"], &replayed["differences"]),
        (&json!(true), &json!(2), &json!([]))
    );
    assert!(app.refused(&["replay", "--into", &copy]).contains("not empty"));

    let live = app.json(&["status", "--digest"]);
    app.execute("UPDATE documents SET amount = amount - 1 WHERE document_id = (SELECT min(document_id) FROM documents)").unwrap();
    assert_ne!(app.json(&["status", "--digest"]), live, "the digest does not depend on the amount");
    app.execute("UPDATE documents SET amount = amount + 1 WHERE document_id = (SELECT min(document_id) FROM documents)").unwrap();
    assert_eq!(app.json(&["status", "--digest"]), live);
    app.finish();
}

/// A close is killed after some persons are paid. Then facts arrive about persons whom it has and has not processed.
fn a_close_with_inputs_between_its_pages_is_replayed(app: &mut TestApp) {
    let people = married(app, 1..9);
    kill_close(app, "1404-07", &people[3], &people[4]);
    let row = |place: usize| {
        marriage(&format!("R{}", people[place].code()), "1404-05-20", &people[place], &person(5000))
    };
    let others = [person(20), person(30)];
    insured(app, &[&others[0], &others[1]], "1404-04");
    let annulled = [1, 6].map(|place| {
        let mut row = row(place);
        row.wife = Some(person(u32::try_from(place).unwrap() + 5001));
        row.corrected(|row| row.status = "annulled")
    });
    let late = marriage("R-late", "1404-05-20", &others[0], &others[1]);
    marriages(app, &[&annulled[0], &annulled[1], &late]);
    app.settle();
    app.close("1404-07");
    let issued = app.documents();
    let paid = |place: usize| issued.iter().any(|document| document["national_code"] == people[place].code());
    assert!(paid(1) && !paid(6) && issued.len() == 9, "{issued:#?}");
    assert_eq!(app.cases().len(), 1);
    assert!(places(app, "1404-07") > 1);
    let (same, other) = (document_id(&issued, &people[0], 1), document_id(&issued, &people[2], 1));
    finance(app, &[(&same, "returned", "AC04", "10:00:00"), (&other, "returned", "AC04", "10:00:00")]);
    profile(app, &people[2].with(|person| person.sheba = sheba(77)));
}

fn a_close_under_load(app: &mut TestApp) {
    app.set_today("1404-09-01");
    let folder = app.generate(120, 3);
    app.publish_folder(&folder);
    let people: Vec<_> = (100..140).map(person).collect();
    insured(app, &people.iter().collect::<Vec<_>>(), "1404-04");
    let rows = people.iter().map(|husband| {
        let wife = person(husband.code()[3..9].parse::<u32>().unwrap() + 5000);
        marriage(&format!("R{}", husband.code()), "1404-05-20", husband, &wife).row() + "\n"
    });
    let text =
        peyvand::wire::files::FileKind::Marriages.columns().join(",") + "\n" + &rows.collect::<String>();
    let path = app.write(peyvand::wire::files::FileKind::Marriages, &text);
    let mut close = app.command(&["close-month", "1404-08"]).stdout(Stdio::null()).spawn().unwrap();
    while app.value("SELECT count(*) FROM close_pages WHERE month = '1404-08'") == "0" {
        assert!(close.try_wait().unwrap().is_none(), "the close ended before input arrived");
    }
    app.publish_file(peyvand::wire::files::FileKind::Marriages, &path);
    assert!(close.wait().unwrap().success());
    assert!(places(app, "1404-08") > 1, "no input arrived during the close");
    app.settle();
}

/// A page must record every input that it sees, or a replay would decide differently. So it waits for a batch whose
/// transaction is open.
#[test]
fn a_page_of_a_close_waits_for_the_batch_that_is_half_written() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..3);
    let runtime = Runtime::new().unwrap();
    // If the test fails, the transaction is dropped inside the runtime.
    let _inside = runtime.enter();
    let pool = ctx(&app, &runtime).pool;
    let mut batch = runtime.block_on(pool.begin()).unwrap();
    let advance = sqlx::query(
        "UPDATE input_offsets SET next_offset = next_offset WHERE topic = 'registry.marriages.v1'",
    );
    runtime.block_on(advance.execute(&mut *batch)).unwrap();
    let mut close = app.command(&["close-month", "1404-07"]).stdout(Stdio::null()).spawn().unwrap();
    let waits = "SELECT (count(*) > 0)::text FROM pg_locks WHERE NOT granted AND relation = 'input_offsets'::regclass";
    app.until("the close waits", waits);
    assert_eq!(app.value("SELECT count(*) FROM close_pages"), "0");
    runtime.block_on(batch.commit()).unwrap();
    assert!(close.wait().unwrap().success());
    assert_eq!(app.documents().len(), 2);
    app.finish();
}

/// "into the live one, no new rows"
#[test]
fn every_input_read_again_into_the_live_database_changes_nothing() {
    let mut app = TestApp::start("1404-08-01");
    let folder = app.generate(60, 5);
    app.publish_folder(&folder);
    app.close("1404-07");
    app.stop();
    let count = "SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM documents), (SELECT count(*) FROM messages),
        (SELECT count(*) FROM cases), (SELECT count(*) FROM marriages), (SELECT count(*) FROM persons), (SELECT sum(revision) FROM claims)";
    let (before, digest) = (app.query(count), app.json(&["status", "--digest"]));
    let heads = app.query("SELECT grp, next_position FROM outbox_heads ORDER BY grp");
    app.execute("UPDATE input_offsets SET next_offset = 0").unwrap();
    app.serve(&[]);
    app.settle();
    assert_eq!(app.query(count), before);
    assert_eq!(app.json(&["status", "--digest"]), digest);
    assert_eq!(
        app.query("SELECT grp, next_position FROM outbox_heads ORDER BY grp"),
        heads,
        "an event was published again"
    );
    app.finish();
}
