//! A database that is restored from an older backup recovers the state from its topics: nobody is paid or notified
//! again.

use std::process::Stdio;
use std::time::Duration;

use peyvand::app::recover;
use peyvand::app::recover::TopicScan;
use peyvand::store::outbox;
use peyvand::wire::Topic;
use peyvand::wire::files::FileKind as K;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::contract::checker::check;
use crate::fixtures::population::{
    Marriage, Person, document_id, expect, finance, insured, marriage, marriages, married, paid, person,
    profile, row, sheba,
};
use crate::harness::{SECRET, StoredRecord, TestApp, ctx};
use crate::ingest::commit_point::receipt;

const DEED: &str = "1404-05-20";

/// All published state and all payments, without instants, facts of the lost time and the tail of the outbox.
const STATE: [&str; 6] = [
    "SELECT claim_id, person, record_id, revision, outcome, amount, reasons, withdrawn, decision_id, answer_digest, working_digest
     FROM claims ORDER BY claim_id",
    "SELECT decision_id, revision, outcome, amount, reasons, days, wage_sum, content_digest FROM decisions ORDER BY decision_id",
    "SELECT document_id, person, claim_id, attempt, decision_id, month, amount, sheba, cost_centre, province_code, state, state_code, superseded
     FROM documents ORDER BY document_id",
    "SELECT sms_id, kind, person, document_id, mobile, body, released_at IS NOT NULL FROM messages ORDER BY sms_id",
    "SELECT case_id, document_id, kind, grounds, new_amount FROM cases ORDER BY case_id",
    "SELECT month, batch_id, business_date, documents, total, digest, closed_at IS NOT NULL FROM closes JOIN batches USING (month)
     ORDER BY month, benefit",
];

fn state(app: &TestApp) -> Vec<Vec<Vec<String>>> {
    STATE.iter().map(|sql| app.query(sql)).collect()
}

/// "Restore of an older database backup under newer topics: nobody is paid or told again": since the backup a close was
/// paid out, with returns, a further attempt, cases and dead letters.
#[test]
fn a_backup_older_than_a_paid_close_is_recovered() {
    let mut app = TestApp::start("1404-08-01");
    let first = married(&mut app, 1..5);
    app.close("1404-07");
    app.stop();
    let backup = app.backup("old");
    app.serve(&[]);
    let second = what_happens_since(&mut app, &first);
    let before = state(&app);
    let published = app.export();
    app.stop();

    app.restore(&backup);
    assert!(relay_that_ends(&mut app).contains("older than its topics"));
    let restored = state(&app);
    let would = app.json(&["recover", "--dry-run"]);
    assert_eq!((&would["documents"], &would["months_closed"]), (&json!(5), &json!(["1404-08"])), "{would}");
    assert_eq!(state(&app), restored, "a dry run changed something");
    let recovered = app.json(&["recover"]);
    assert_eq!(
        (&recovered["what"], &recovered["new_decisions"], &recovered["new_messages"]),
        (&json!("recovered"), &json!(0), &json!(0)),
        "{recovered}"
    );
    for (now, then) in state(&app).iter().zip(&before) {
        assert_eq!(now, then);
    }
    assert_eq!(app.json(&["recover"])["what"], "nothing");
    app.serve(&[]);
    app.settle();
    assert!(app.export() == published, "an event was published again");
    more_months_follow(&mut app, &first, &second);
    app.finish();
}

/// Starts a relay that must exit by itself soon, and returns its log.
fn relay_that_ends(app: &mut TestApp) -> String {
    let place = app.serve(&["--roles", "relay"]);
    app.ends_by_itself(place)
}

/// Publishes files, answers and dead letters, and closes a month that is paid out.
fn what_happens_since(app: &mut TestApp, first: &[Person]) -> Vec<Person> {
    let second = married(app, 11..15);
    let issued = app.documents();
    let ids: Vec<_> = first.iter().map(|person| document_id(&issued, person, 1)).collect();
    finance(
        app,
        &[
            (&ids[0], "paid", "", "10:00:00"),
            (&ids[1], "returned", "AC04", "10:00:00"),
            (&ids[2], "returned", "AC04", "10:00:00"),
        ],
    );
    app.settle();
    profile(app, &first[1].with(|person| person.sheba = sheba(77)));
    marriages(app, &[&row(&first[3]).corrected(|row| row.status = "annulled")]);
    let raw = app.raw();
    raw.record("registry.marriages.v1", Some(b"R1"), &[], Some(b"{no JSON"));
    let data = json!({"document_id": "nobody's", "code": null, "at": "2025-12-11T10:00:00+03:30"});
    raw.event("finance.payment-outcomes.v1", "nobody's", "finance.document.paid", "x", &data);
    drop(raw);
    app.set_today("1404-09-01");
    app.close("1404-08");
    // After the lost close one payment gets a review case, and one payment is returned.
    marriages(app, &[&row(&second[0]).corrected(|row| row.status = "annulled")]);
    let issued = app.documents();
    assert_eq!(issued.len(), 9);
    finance(
        app,
        &[
            (&document_id(&issued, &second[1], 1), "returned", "AC04", "11:00:00"),
            (&document_id(&issued, &second[2], 1), "paid", "", "11:00:00"),
        ],
    );
    app.settle();
    assert_eq!(app.cases().len(), 2);
    assert_eq!(app.value("SELECT count(*) FROM dead_letters"), "2");
    second
}

fn more_months_follow(app: &mut TestApp, first: &[Person], second: &[Person]) {
    assert!(app.refused(&["replay", "--into", &app.database_url]).contains("read back"));
    app.set_today("1404-10-01");
    let third = married(app, 21..23);
    // A payment of the lost time that was returned is paid again after the account changes.
    profile(app, &second[1].with(|person| person.sheba = sheba(78)));
    app.close("1404-09");
    let issued = app.documents();
    let months = |person: &Person| paid(&issued, person);
    assert_eq!(months(&first[0]), [(1, "1404-07".to_owned())]);
    assert_eq!(months(&first[1]), [(1, "1404-07".to_owned()), (2, "1404-08".to_owned())]);
    assert_eq!(months(&second[1]), [(1, "1404-08".to_owned()), (2, "1404-09".to_owned())]);
    assert_eq!(months(&third[0]), [(1, "1404-09".to_owned())]);
    expect(&app.decisions(), &second[0], DEED, "APPROVED", &[]);
    assert_eq!((issued.len(), app.cases().len()), (12, 2));
    let explained = app.json(&["explain", &second[0].code()]);
    assert_eq!(explained["national_code"], second[0].code(), "{explained}");
    assert!(check(&["live"], Some(app)).ends_with(" passed, 0 failed\n"));
}

/// "recovery ignores it and counts it": another client has written documents and decisions with huge sequence numbers.
#[test]
fn what_another_client_wrote_to_the_topics_is_not_recovered() {
    const DOCUMENTS: &str = "finance.payment-documents.v1";
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..3);
    app.stop();
    let backup = app.backup("old");
    app.serve(&[]);
    app.close("1404-07");
    let before = state(&app);
    app.stop();
    let own = app.stored_records(DOCUMENTS);
    let raw = app.raw_alone();
    let (mac, far) = (own[0].header("peyvand_mac"), ("peyvand_position", "9000000000000000000"));
    let text = String::from_utf8(own[0].value.clone().unwrap()).unwrap();
    let value = text.replace("\"attempt\":1", "\"attempt\":2").into_bytes();
    let forged = StoredRecord { value: Some(value), ..own[0].without_proof() };
    raw.copy(DOCUMENTS, own[0].partition, &forged, &[far]);
    raw.copy(DOCUMENTS, own[0].partition, &forged, &[far, ("peyvand_mac", &mac)]);
    raw.copy(DOCUMENTS, own[0].partition, &own[0], &[]);
    raw.copy(DECISIONS, 0, &own[0], &[]);
    raw.record(DECISIONS, Some(b"0012345679"), &[far, ("ce_type", "eligibility.decision.made")], Some(b"{"));
    drop(raw);

    app.restore(&backup);
    let counted = json!({"without_mac": 2, "with_wrong_mac": 2, "copies": 1});
    let would = app.json(&["recover", "--dry-run"]);
    assert_eq!((&would["foreign_records"], &would["documents"]), (&counted, &json!(2)), "{would}");
    let recovered = app.text(&["recover"]);
    assert!(recovered.contains("5 records in the output topics are not Peyvand's"), "{recovered}");
    for (now, then) in state(&app).iter().zip(&before) {
        assert_eq!(now, then);
    }
    app.serve(&[]);
    app.settle();
    assert_eq!(app.stored_records(DOCUMENTS).len(), own.len() + 3, "something was published again");
    app.end_unchecked();
}

/// Without any backup: the topics and the installation's secret are sufficient.
#[test]
fn a_database_lost_without_a_backup_is_recovered_from_its_topics() {
    let mut app = TestApp::start("1404-08-01");
    let first = married(&mut app, 1..5);
    app.close("1404-07");
    let second = what_happens_since(&mut app, &first);
    let before = state(&app);
    let published = app.export();
    app.stop();
    let empty = app.empty_database("empty");
    app.restore(&empty);
    app.set("installation_secret", "another secret, and so other ids");
    assert!(app.refused(&["recover"]).contains("installation_secret"));
    assert!(app.refused(&["serve"]).contains("installation_secret"), "an empty database with another secret");
    app.restore(&empty);
    app.set("installation_secret", SECRET);
    let recovered = app.json(&["recover"]);
    let new = (&recovered["new_decisions"], &recovered["new_messages"]);
    assert_eq!(new, (&json!(0), &json!(0)), "{recovered}");
    for (now, then) in state(&app).iter().zip(&before) {
        assert_eq!(now, then);
    }
    app.serve(&[]);
    app.settle();
    assert!(app.export() == published, "an event was published again");
    more_months_follow(&mut app, &first, &second);
    app.finish();
}

/// The database is lost at different moments of a close and of its delivery. Each recovery is killed once.
#[test]
fn a_database_lost_in_the_middle_of_a_close_is_recovered() {
    let mut app = TestApp::without_service("1404-08-01")
        .with("close_page_persons", "1")
        .with("relay_page_bytes", "65536")
        .serving();
    let mut people = married(&mut app, 1..7);
    let months = [("1404-08-01", "1404-07", 3), ("1404-09-01", "1404-08", 9), ("1404-10-01", "1404-09", 14)];
    for (round, (today, month, documents)) in (1_u32..).zip(months) {
        app.set_today(today);
        app.settle();
        app.stop();
        let backup = app.backup(&format!("r{round}"));
        app.serve(&[]);
        people.extend(married(&mut app, 10 * round..10 * round + 6));
        lose(&mut app, month, documents);
        app.restore(&backup);
        let mut broken =
            app.command(&["recover"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(400 * u64::from(round)));
        let _ = broken.kill();
        broken.wait().unwrap();
        if app.value("SELECT count(*) FROM installation WHERE name = 'recovery'") == "1" {
            assert!(app.refused(&["serve"]).contains("peyvand recover"));
        }
        // The database session of the killed process may stay open for a moment.
        app.wait("the recovery succeeds", || {
            let output = app.run(&["recover"]);
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            output.status.success()
        });
        app.serve(&[]);
        app.settle();
        app.close(month);
    }
    let issued = app.documents();
    for person in &people {
        assert_eq!(paid(&issued, person).len(), 1);
    }
    assert_eq!(issued.len(), people.len());
    app.finish();
}

/// Kills the close and the service when the topic contains this number of documents.
fn lose(app: &mut TestApp, month: &str, documents: usize) {
    let mut close = app.command(&["close-month", month]).stdout(Stdio::null()).spawn().unwrap();
    app.wait("the documents are in the topic", || {
        app.stored_records("finance.payment-documents.v1").len() >= documents
    });
    let _ = close.kill();
    close.wait().unwrap();
    app.service(0).kill();
    app.forget(0);
}

/// Changes that a restored database made before its recovery cannot be distinguished from lost ones: `recover` refuses.
#[test]
fn a_database_that_diverged_from_its_topics_is_refused() {
    let mut app = TestApp::start("1404-08-01");
    let people: Vec<_> = (1..9).map(person).collect();
    insured(&mut app, &people.iter().collect::<Vec<_>>(), "1404-04");
    app.settle();
    app.stop();
    let backup = app.backup("old");
    app.serve(&[]);
    marriages(&mut app, &people[..4].iter().map(row).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    app.close("1404-07");
    app.stop();
    app.restore(&backup);
    app.serve(&["--roles", "intake"]);
    let rows = people[4..].iter().map(|person| row(person).row() + "\n").collect::<String>();
    let path = app.write(K::Marriages, &(K::Marriages.columns().join(",") + "\n" + &rows));
    app.publish_without_waiting(K::Marriages, &path);
    let claims = format!("SELECT (count(*) = {})::text FROM claims", people.len());
    app.until("all rows are ingested", &claims);
    app.stop();
    assert!(app.refused(&["recover"]).contains("went on by itself"));
    app.restore(&backup);
    assert_eq!(app.json(&["recover"])["documents"], 4);
    app.set_today("1404-09-01");
    app.serve(&[]);
    app.close("1404-08");
    let issued = app.documents();
    assert!(people.iter().all(|person| paid(&issued, person).len() == 1));
    assert_eq!(issued.len(), people.len());
    app.finish();
}

const DECISIONS: &str = "eligibility.decisions.v1";

/// "A lost or recreated output topic is noticed, not silently refilled"
#[test]
fn a_recreated_output_topic_is_noticed_and_not_refilled() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..5);
    app.stop();
    // No service runs. The next start creates the topic again, without records.
    app.delete_topic(DECISIONS);
    let log = relay_that_ends(&mut app);
    for part in [
        &format!("{}{DECISIONS}/", app.prefix),
        "ended at offset",
        "recreated",
        "peyvand recover --confirm-lost",
    ] {
        assert!(log.contains(part), "no {part:?} in {log}");
    }
    assert!(app.stored_records(DECISIONS).is_empty());
    assert!(app.refused(&["recover"]).contains("recreated"));
    assert_eq!(app.run(&["recover", "--confirm-lost", "registry.marriages.v1"]).status.code(), Some(2));
    assert_eq!(app.json(&["recover", "--confirm-lost", DECISIONS])["what"], "nothing");
    app.serve(&[]);
    married(&mut app, 11..13);
    assert_eq!(app.stored_records(DECISIONS).len(), 2, "the lost records were sent again");

    // The topic is recreated while a service runs.
    app.delete_topic(DECISIONS);
    app.make_topics([Topic::EligibilityDecisions].into_iter());
    publish_unanswered(&mut app, &marriage("R-late", DEED, &person(1), &person(12)));
    let log = app.ends_by_itself(0);
    assert!(log.contains("recreated"), "{log}");
    app.end_unchecked();
}

/// Publishes a row without waiting for its receipt.
fn publish_unanswered(app: &mut TestApp, row: &Marriage) {
    let path = app.write(K::Marriages, &format!("{}\n{}\n", K::Marriages.columns().join(","), row.row()));
    app.publish_without_waiting(K::Marriages, &path);
}

/// A process that was not stopped for the recovery and still runs during it.
#[test]
fn no_process_ingests_or_closes_during_a_recovery() {
    const UNDER_WAY: &str = "a recovery was started and not finished";
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..2);
    app.execute("INSERT INTO installation VALUES ('recovery', '[]')").unwrap();
    publish_unanswered(&mut app, &row(&person(2)));
    app.wait_for_log(0, UNDER_WAY);
    assert!(app.refused(&["close-month", "1404-07"]).contains(UNDER_WAY));
    let rows = "SELECT count(*) FROM marriages";
    assert_eq!(app.value(rows), "1");
    app.execute("DELETE FROM installation WHERE name = 'recovery'").unwrap();
    app.settle();
    assert_eq!(app.value(rows), "2", "the refused input is read again");
    app.finish();
}

/// A process writes after the recovery has read the checkpoints of the database.
#[test]
fn a_recovery_beside_a_process_that_writes_is_refused() {
    let app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    let runtime = Runtime::new().unwrap();
    let ctx = ctx(&app, &runtime);
    runtime.block_on(async {
        let checkpoints = recover::start(&ctx).await.unwrap().checkpoints;
        let mut tx = ctx.pool.begin().await.unwrap();
        outbox::append(&mut tx, [receipt('a')], ctx.shards).await.unwrap();
        tx.commit().await.unwrap();
        let mut scan = TopicScan::beyond(&checkpoints);
        let refused = recover::adopt(&ctx, &mut scan, &checkpoints).await.unwrap_err();
        assert!(refused.to_string().contains("stop every `peyvand serve`"), "{refused}");
        assert!(
            !recover::start(&ctx).await.unwrap().is_resumed,
            "the refused recovery was recorded as started"
        );
    });
    app.finish();
}
