//! Exit statuses of commands, and their interruption.

use std::process::Command;
use std::time::Duration;

use peyvand::wire::files::FileKind as K;

use crate::fixtures::couples::{Couple, person_row};
use crate::harness::{CEILING_S, TestApp, now, until_interruptible};

/// "status 0 done, 1 refused or failed, 2 wrong use, 130 on Ctrl-C"
#[test]
fn ctrl_c_ends_a_waiting_command() {
    let mut app = TestApp::without_service("1404-08-01");
    // No service ingests the file, so these commands wait until their time-out.
    let rows = Couple::nth(1).marriage_row(1);
    let path = app.write(K::Marriages, &format!("{}\n{rows}\n", K::Marriages.columns().join(",")));
    app.publish_without_waiting(K::Marriages, &path);
    let waiting: [&[&str]; 3] = [
        &["status", "--wait", "--timeout", CEILING_S],
        &["close-month", "1404-07", "--timeout", CEILING_S],
        &["publish", "marriages", path.to_str().unwrap(), "--timeout", CEILING_S],
    ];
    for arguments in waiting {
        let mut child = app.command(arguments).spawn().unwrap();
        until_interruptible(&child);
        std::thread::sleep(Duration::from_secs(3));
        assert!(child.try_wait().unwrap().is_none(), "{arguments:?} did not wait");
        let began = now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?}");
        // The signal ended it, not the time-out, which is ten times as long.
        assert!(began.elapsed() < Duration::from_secs(60), "{arguments:?} took {:?}", began.elapsed());
    }
    let app = app.serving();
    app.settle();
    app.finish();
}

#[test]
fn wrong_use_and_failure_have_different_exit_codes() {
    let app = TestApp::without_service("1404-08-01");
    assert_eq!(app.run(&["explain", "1234567890"]).status.code(), Some(2));
    let unknown = crate::fixtures::couples::national_code(912_345_678);
    assert_eq!(app.run(&["explain", &unknown]).status.code(), Some(1));
    let dir = app.dir.path().join("month");
    let generated = app.json(&["generate", dir.to_str().unwrap(), "--marriages", "3"]);
    assert_eq!((&generated["marriages"], &generated["today"]), (&3.into(), &"1404-08-01".into()));
    let exported = app.json(&["export", dir.to_str().unwrap()]);
    assert_eq!(exported["records"]["notifications.sms.v1"], 0);
    app.finish();
}

/// A truncated file would stay open forever, and would block the close of every month.
#[test]
fn a_truncated_file_is_refused_before_anything_is_sent() {
    let mut app = TestApp::start("1404-08-01");
    let good = Couple::nth(1).marriage_row(1);
    let endless = "x,1\n".repeat(1 << 17);
    let path =
        app.write(K::Marriages, &format!("{}\n{good}\nR2,\"{endless}\n", K::Marriages.columns().join(",")));
    let error = app.refused(&["publish", "marriages", path.to_str().unwrap()]);
    assert!(error.contains("quotation mark"), "{error}");
    assert_eq!(app.settle()["open_files"], 0);
    assert_eq!(
        app.stored_records("registry.files.v1").len() + app.stored_records("registry.marriages.v1").len(),
        0
    );
    app.finish();
}

#[test]
fn strict_goes_by_the_receipt() {
    let mut app = TestApp::start("1404-08-01");
    let good = Couple::nth(1).marriage_row(1);
    let bad = Couple::nth(2).marriage_row(1).replace("registered", "lost");
    let path = app.write(K::Marriages, &format!("{}\n{good}\n{bad}\n", K::Marriages.columns().join(",")));
    let strict = ["publish", "marriages", path.to_str().unwrap(), "--strict"];
    assert!(app.refused(&strict).contains("--strict"));
    // The digest of the file is known, so the command shows the same receipt again.
    assert!(app.refused(&strict).contains("--strict"));
    app.finish();
}

/// A database that is older than its topics must not deliver, and a service that cannot continue must exit.
#[test]
fn a_service_over_a_restored_database_ends_with_an_error() {
    let mut app = TestApp::start("1404-08-01");
    Couple::publish(&[Couple::nth(1)], &mut app);
    app.settle();
    app.stop();
    for sql in [
        "CREATE TABLE as_it_was AS SELECT grp, next_position, delivered FROM outbox_heads JOIN relay_groups USING (grp)",
        "UPDATE outbox_heads SET next_position = 1",
        "UPDATE relay_groups SET delivered = 0",
    ] {
        app.execute(sql).unwrap();
    }
    let place = app.serve(&["--roles", "relay"]);
    let log = app.ends_by_itself(place);
    assert!(log.contains("older than its topics"), "{log}");
    for sql in [
        "UPDATE outbox_heads h SET next_position = w.next_position FROM as_it_was w WHERE w.grp = h.grp",
        "UPDATE relay_groups r SET delivered = w.delivered FROM as_it_was w WHERE w.grp = r.grp",
        "DROP TABLE as_it_was",
    ] {
        app.execute(sql).unwrap();
    }
    app.finish();
}

/// Input that disappeared from its topic before it was ingested must cause an error.
#[test]
fn a_service_whose_input_is_gone_ends_with_an_error() {
    const RECORDS: &str = "insured.records.v1";
    let mut app = TestApp::start("1404-08-01");
    Couple::publish(&[Couple::nth(1)], &mut app);
    app.settle();
    app.stop();
    let sql = format!("SELECT partition, next_offset FROM input_offsets WHERE topic = '{RECORDS}'");
    let next = app.query(&sql);
    let couples: Vec<_> = (2..12).map(Couple::nth).collect();
    let rows: Vec<_> = couples.iter().flat_map(Couple::codes).map(person_row).collect();
    let text = format!("{}\n{}\n", K::Persons.columns().join(","), rows.join("\n"));
    let path = app.write(K::Persons, &text);
    app.publish_without_waiting(K::Persons, &path);
    // As retention does: the next offset is before the topic's first one then.
    for row in next {
        let (partition, position): (i32, i64) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        app.delete_records(RECORDS, partition, position + 1);
    }
    let place = app.serve(&["--roles", "intake"]);
    let log = app.ends_by_itself(place);
    assert!(log.contains("no longer contains messages that were not ingested"), "{log}");
    app.end_unchecked();
}
