//! A rolling upgrade, and back by one version: an older program beside tables and events that a newer one has grown.

use std::process::Stdio;

use peyvand::wire::files::FileKind as K;
use serde_json::json;

use crate::app::{Couple, TestApp, person_data};
use crate::town::married;

/// What migration 0002 of the next version might be: it adds, may be left out, and takes nothing away.
const NEXT: &str = "
    ALTER TABLE persons ADD COLUMN foreign_code text;
    ALTER TABLE claims ADD COLUMN note text;
    ALTER TABLE decisions ADD COLUMN note text;
    ALTER TABLE documents ADD COLUMN payment_channel text DEFAULT 'bank';
    ALTER TABLE messages ADD COLUMN language text;
    ALTER TABLE input_offsets ADD COLUMN epoch int;
    ALTER TABLE vouchers ADD COLUMN booked_at timestamptz;
    ALTER TABLE outbox_heads ADD COLUMN note text;
    CREATE TABLE appeals (appeal_id uuid PRIMARY KEY, claim_id uuid NOT NULL);
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (2, 'the next version', true, '\\x00', 1)";

/// Two processes share the work while the tables grow under them; each is then started anew, as after a downgrade, beside the
/// grown tables. Events bring fields that this version does not know.
#[test]
fn an_older_program_goes_on_beside_a_newer_ones_tables_and_events() {
    let mut app = TestApp::without_service("1404-08-01").with("batch_events", "20");
    app.serve(&[]);
    app.serve(&[]);
    let people = married(&mut app, 1..6);
    let folder = app.generate(60, 9);
    let publish =
        ["publish", "wages", folder.join(K::Wages.file_name()).to_str().unwrap()].map(str::to_owned);
    let publish: Vec<&str> = publish.iter().map(String::as_str).collect();
    let mut under_way = app.command(&publish).stdout(Stdio::null()).spawn().unwrap();
    for statement in NEXT.split(';') {
        app.execute(statement).unwrap();
    }
    for _ in 0..2 {
        app.service(0).kill();
        app.forget(0);
        app.serve(&[]);
    }
    assert!(under_way.wait().unwrap().success());
    app.publish_folder(&folder);
    newer_events(&app);
    app.settle();
    assert_eq!(
        app.value("SELECT count(*) FROM dead_letters"),
        "0",
        "a field that is not known spoils an event"
    );
    app.execute("UPDATE claims SET note = 'of the newer one'").unwrap();
    app.close("1404-07");
    let issued = app.documents();
    assert!(people.iter().all(|person| issued.iter().any(|d| d["national_code"] == person.code())));
    assert!(issued.len() > people.len());
    // What the older program wrote over keeps what it does not know.
    assert_eq!(app.value("SELECT count(*) FROM claims WHERE note IS NULL"), "0");
    app.finish();
}

/// The same types, with a field more at every depth.
fn newer_events(app: &TestApp) {
    let couple = Couple::nth(77);
    let raw = app.raw();
    for code in couple.codes() {
        let mut data = person_data(code, None);
        data["foreign_code"] = json!("X1");
        raw.event("insured.records.v1", code, "insured.person.changed", &format!("newer-{code}"), &data);
    }
    let mut data = couple.marriage_data(1);
    data["registered_by"] = json!({"office": "12345", "clerk": 7});
    data["husband"]["birth_place"] = json!("تهران");
    raw.event("registry.marriages.v1", &couple.record_id, "registry.marriage.recorded", "newer", &data);
    drop(raw);
    app.settle();
    assert_eq!(app.value("SELECT count(*) FROM marriages WHERE record_id = 'R000077'"), "1");
}
