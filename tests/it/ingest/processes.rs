//! Several processes in one consumer group, and a graceful stop.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use peyvand::wire::files::FileKind;
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::fixtures::population::married;
use crate::harness::TestApp;
use crate::ops::privacy::get;

pub fn listen() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The value of a counter on a service's `/metrics` page.
pub fn counter(address: SocketAddr, name: &str) -> u64 {
    let page = get(address, "/metrics");
    let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {page}")).trim().parse().unwrap()
}

fn publish(app: &TestApp, folder: &Path, kinds: &[FileKind]) {
    for kind in kinds {
        app.publish_file(*kind, &folder.join(kind.file_name()));
    }
}

#[test]
fn two_processes_share_the_work_and_one_takes_over_from_the_other() {
    use FileKind as K;
    const CONSUMED: &str = "peyvand_consumed_messages_total";
    const DELIVERED: &str = "peyvand_relay_records_total";
    let calm = TestApp::start("1404-08-01");
    let folder = calm.generate(60, 9);
    calm.publish_folder(&folder);
    calm.close("1404-07");
    let expected = calm.end_state();

    let mut app = TestApp::without_service("1404-08-01").with("batch_events", "40");
    let addresses = [listen(), listen()];
    for address in &addresses {
        app.serve(&["--roles", "intake,relay,api", "--http-listen", &address.to_string()]);
    }
    app.settle();
    // Both processes have joined once both own relay shards: a second process gets its shards with the next lease.
    let shared = || app.query("SELECT DISTINCT owner FROM relay_groups WHERE owner IS NOT NULL").len() == 2;
    app.wait("both processes own relay shards", &shared);
    publish(&app, &folder, &[K::Persons, K::Employments, K::Wages, K::EarlierPayments]);
    // The first process may read all of a short topic before the second has joined, so another file follows.
    publish(&app, &folder, &[K::Marriages]);
    app.settle();
    for name in [CONSUMED, DELIVERED] {
        let counts = addresses.map(|address| counter(address, name));
        assert!(counts.iter().all(|count| *count > 0), "{name}: {counts:?}");
    }

    app.service(0).kill();
    app.forget(0);
    publish(&app, &folder, &[K::SelfRegistrations]);
    app.close("1404-07");
    expected.assert_same(&app.end_state(), "two processes, one of them killed");
    app.finish();
    calm.finish();
}

/// "of two at once the second waits for the first", at any point of the first: here between two pages, where the first
/// waits for a person whose row another transaction has locked.
#[test]
fn a_second_close_waits_for_the_first() {
    let mut app = TestApp::start("1404-08-01").with("close_page_persons", "1");
    let people = married(&mut app, 1..5);
    let (before, held) = (people[1].code(), people[2].code());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut holder = runtime.block_on(PgConnection::connect(&app.database_url)).unwrap();
    let sql = format!("BEGIN; SELECT 1 FROM persons WHERE code = {held} FOR UPDATE");
    runtime.block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut holder)).unwrap();
    let start = || app.command(&["close-month", "1404-07", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let one = start();
    let cursor = "SELECT coalesce(max(cursor), -1) FROM closes";
    app.wait("the first close is midway", || app.value(cursor) == before);
    let mut two = start();
    std::thread::sleep(Duration::from_secs(3));
    assert!(two.try_wait().unwrap().is_none(), "the second did not wait");
    runtime.block_on(holder.close()).unwrap();
    let results = [one, two].map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "one of the two closes failed");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    });
    assert_eq!((&results[0]["closed_now"], &results[1]["closed_now"]), (&true.into(), &false.into()));
    assert_eq!((&results[0]["batches"], app.documents().len()), (&results[1]["batches"], 4));
    app.finish();
}

#[test]
fn a_graceful_stop_ends_soon_with_no_partial_work() {
    let mut app =
        TestApp::without_service("1404-08-01").with("batch_events", "30").with("stop_timeout_s", "30");
    let folder = app.generate(200, 4);
    for (kind, pause) in [(FileKind::Persons, 400), (FileKind::Wages, 900), (FileKind::Marriages, 1500)] {
        let path = folder.join(kind.file_name());
        let place = app.serve(&[]);
        // The command does not wait for the receipt, so the service is stopped in the middle of its work.
        let sent = app.publish_without_waiting(kind, &path);
        assert!(!sent.is_empty());
        std::thread::sleep(Duration::from_millis(pause));
        // A stop that takes longer than `stop_timeout_s` exits with another status.
        let status = app.service(place).terminate();
        assert!(status.success(), "{status}: {}", app.logs());
        app.forget(place);
    }
    // A stopped service releases its relay shards at once; they do not wait for the lease to expire.
    assert_eq!(app.value("SELECT count(*) FROM relay_groups WHERE owner IS NOT NULL"), "0");
    let place = app.serve(&[]);
    app.publish_folder(&folder);
    app.close("1404-07");
    // Ctrl-C stops the service as gracefully, and the exit status shows that it was Ctrl-C.
    let status = app.service(place).end_on("INT");
    assert_eq!(status.code(), Some(130), "{}", app.logs());
    app.forget(place);
    app.finish();
}

/// Some partitions are not read although all members are alive: here they are assigned to a member that never polls
/// them. For any such cause the process rejoins its consumer group, so that all partitions are assigned again.
#[test]
fn stalled_input_is_noticed_and_assigned_again() {
    let mut app = TestApp::without_service("1404-08-01");
    app.serve(&["--instance", "n1"]);
    married(&mut app, 1..2);
    let idle_member = app.idle_member();
    app.wait_for_log(0, "input partitions were revoked");
    let folder = app.generate(60, 9);
    let path = folder.join(FileKind::Persons.file_name());
    app.publish_without_waiting(FileKind::Persons, &path);
    app.wait_for_log(0, "ingest rejoins its consumer group");
    assert!(app.service(0).log().contains("is stalled at offset"));
    drop(idle_member);
    app.publish_folder(&folder);
    app.settle();
    app.finish();
}

/// The broker gives the name to the process that joins last. The other one says what to change.
#[test]
fn an_instance_name_of_two_processes_is_reported_with_its_setting() {
    let mut app = TestApp::without_service("1404-08-01").with("instance", "same-name");
    let first = app.serve(&["--roles", "intake"]);
    app.wait_for_log(first, "input partitions were assigned");
    app.serve(&["--roles", "intake"]);
    let log = app.ends_by_itself(first);
    assert!(log.contains("same-name") && log.contains("PEYVAND_INSTANCE"), "{log}");
    app.serve(&["--roles", "relay", "--instance", "another-name"]);
    app.finish();
}
