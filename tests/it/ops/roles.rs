//! The three roles of `deploy/postgres/roles.sql`: the service works without the rights of the owner, and the reader
//! sees no personal data.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::fixtures::population::{document_id, finance, married, profile, sheba};
use crate::harness::TestApp;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The roles of a test. Roles belong to the whole server, so their names have the test's prefix.
pub(super) struct Roles {
    prefix: String,
    admin_url: String,
}

impl Roles {
    pub(super) fn of(app: &TestApp) -> Self {
        let prefix = app.prefix.trim_end_matches('.').to_owned();
        Self { prefix, admin_url: app.database_url.clone() }
    }

    pub(super) fn name(&self, role: &str) -> String {
        format!("{}_{role}", self.prefix)
    }

    pub(super) fn url(&self, role: &str) -> String {
        let server = self.admin_url.split("://").nth(1).unwrap();
        format!("postgres://{}@{}", self.name(role), server.split_once('@').unwrap().1)
    }

    /// Runs the file as `docs/OPERATIONS.md` shows it. Returns its output.
    #[track_caller]
    fn grant(&self) -> String {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-f"]).arg(root().join("deploy/postgres/roles.sql"));
        for role in ["owner", "service", "reader"] {
            psql.args(["-v", &format!("{role}={}", self.name(role))]);
        }
        let output = psql.arg(&self.admin_url).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs statements as one of the roles. The error is the server's message.
    fn run(&self, role: &str, sql: &str) -> Result<(), String> {
        let url = self.url(role);
        let psql = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, url.as_str()];
        let output = Command::new("psql").args(psql).output().unwrap();
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    #[track_caller]
    fn refuses(&self, role: &str, sql: &str) {
        let error = self.run(role, sql).expect_err(sql);
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{sql}: {error}");
    }

    fn drop(&self, app: &TestApp) {
        let [owner, service, reader] = ["owner", "service", "reader"].map(|role| self.name(role));
        for sql in [
            format!("REASSIGN OWNED BY {owner} TO CURRENT_USER"),
            format!("DROP OWNED BY {service}"),
            format!("DROP OWNED BY {reader}"),
            format!("DROP OWNED BY {owner}"),
            format!("DROP ROLE {owner}, {service}, {reader}"),
        ] {
            app.execute(&sql).unwrap();
        }
    }
}

/// An installation that the owner has migrated, and whose commands run as the service.
fn migrated() -> (TestApp, Roles) {
    let mut app = TestApp::without_service("1404-08-01");
    let roles = Roles::of(&app);
    assert!(roles.grant().contains("There are no tables yet"));
    app.set("database_url", &roles.url("owner"));
    app.json(&["status"]);
    app.set("database_url", &roles.url("service"));
    let refusal = app.refused(&["status", "--provision", "false"]);
    assert!(refusal.contains("permission denied for table"), "before the second run: {refusal}");
    for _ in 0..2 {
        assert!(!roles.grant().contains("There are no tables yet"));
    }
    app.set("provision", "false");
    (app, roles)
}

/// Two months, each with its close, an answer of finance, a dead letter, an ended file, and a full outbox partition.
#[test]
fn the_service_needs_no_more_than_its_role() {
    let (app, roles) = migrated();
    let mut app = app.serving();
    let people = married(&mut app, 1..5);
    app.json(&["close-month", "1404-07", "--dry-run"]);
    app.close("1404-07");
    let issued = app.documents();
    finance(&mut app, &[(&document_id(&issued, &people[0], 1), "returned", "AC04", "10:00:00")]);
    profile(&mut app, &people[0].with(|person| person.sheba = sheba(77)));
    let (sms, day) = (app.sms()[0]["sms_id"].clone(), app.gregorian_today());
    let report = format!("{},delivered,{day}T10:00:00+03:30", sms.as_str().unwrap());
    app.publish_rows(peyvand::wire::files::FileKind::DeliveryReports, &[report]);
    refused_input(&app);
    app.execute("UPDATE outbox_heads SET slot = 1, slot_began = next_position").unwrap();
    app.until(
        "the relay empties an outbox partition",
        "SELECT (NOT EXISTS (SELECT FROM outbox WHERE slot = 0))::text",
    );

    married(&mut app, 11..14);
    app.set_today("1404-09-01");
    app.serve(&["--roles", "month-end"]);
    app.until("the month is closed", "SELECT (count(*) = 2)::text FROM closes WHERE closed_at IS NOT NULL");
    app.settle();
    assert_eq!(app.documents().len(), 8);
    let decision = app.value("SELECT decision_id FROM decisions ORDER BY decision_id LIMIT 1");
    app.text(&["recompute", &decision]);
    app.text(&["explain", &people[0].code()]);
    app.text(&["report", "--month", "1404-07"]);
    app.stop();
    app.set("database_url", &roles.admin_url);
    roles.drop(&app);
    app.finish();
}

/// A dead letter that is discarded, and a file that is ended.
fn refused_input(app: &TestApp) {
    let file = "6f1c0e5b2a7d48939c1f0a6be4d85237".repeat(2);
    let opened = json!({"file_id": file, "kind": "marriages", "opened_at": "2025-10-22T06:30:00Z"});
    app.raw_alone().event("registry.files.v1", &file, "registry.file.opened", "opened", &opened);
    app.raw_alone().event("finance.payment-outcomes.v1", "none", "finance.document.paid", "none", &json!({}));
    app.settle();
    app.text(&["files", "end", &file, "--why", "a test"]);
    let letter = app.value("SELECT concat_ws('/', topic, partition, source_offset) FROM dead_letters");
    app.text(&["dead-letters", "discard", &letter, "--why", "a test"]);
}

#[test]
fn the_service_changes_no_decision_and_no_table() {
    let (app, roles) = migrated();
    for sql in [
        "CREATE TABLE own (x int)",
        "CREATE TEMPORARY TABLE own (x int)",
        "CREATE SCHEMA own",
        "DROP TABLE decisions",
        "ALTER TABLE decisions ADD COLUMN x int",
        "UPDATE decisions SET amount = 1",
        "DELETE FROM decisions",
        "TRUNCATE decisions",
        "UPDATE payments SET amount = 1",
        "DELETE FROM payments",
        "DELETE FROM documents",
        "DELETE FROM claims",
        "UPDATE installation SET value = 'x'",
        "UPDATE _sqlx_migrations SET success = false",
        "TRUNCATE outbox",
    ] {
        roles.refuses("service", sql);
    }
    let refusal = app.refused(&["status", "--provision", "true"]);
    assert!(refusal.contains("lacks a right (permission denied for schema public)"), "{refusal}");

    // A later migration.
    roles.run("owner", "CREATE TABLE later (x int)").unwrap();
    roles.run("service", "INSERT INTO later VALUES (1); UPDATE later SET x = 2; DELETE FROM later").unwrap();
    roles.refuses("reader", "SELECT * FROM later");
    roles.run("owner", "DROP TABLE later").unwrap();
    finish(app, &roles);
}

#[test]
fn the_reader_sees_no_personal_data() {
    let (app, roles) = migrated();
    for sql in [
        "SELECT count(*), sum(amount) FROM documents",
        "SELECT outcome, reasons FROM decisions",
        "SELECT branch_code, count(*) FROM persons GROUP BY 1",
        "SELECT kind, status FROM messages",
    ] {
        roles.run("reader", sql).unwrap();
    }
    let reader = roles.name("reader");
    for (table, columns) in [
        ("installation", "name value"),
        ("persons", "code dossier"),
        ("marriages", "record_id husband wife content"),
        ("self_registrations", "request_id applicant spouse"),
        ("claims", "person spouse record_id request_id unnamed_record deed_date"),
        ("decisions", "facts"),
        ("payments", "person"),
        ("documents", "person sheba"),
        ("messages", "person mobile body"),
        ("cases", "person"),
        ("closes", "cursor"),
        ("close_pages", "upto"),
        ("close_plans", "lines"),
        ("outbox", "body"),
        ("outbox_0", "body"),
        ("recovery_persons", "code"),
        ("files", "ended_by ended_why"),
        ("dead_letters", "changed_by why"),
    ] {
        for column in columns.split(' ') {
            roles.refuses("reader", &format!("SELECT {column} FROM {table}"));
        }
    }
    for sql in ["INSERT INTO held_months VALUES ('1404-07', '', now())", "CREATE TABLE own (x int)"] {
        roles.refuses("reader", sql);
    }
    let national_codes = format!(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bigint'
         AND column_name IN ('person', 'code', 'spouse', 'husband', 'wife', 'applicant', 'cursor', 'upto')
         AND has_column_privilege('{reader}', 'public.' || quote_ident(table_name), column_name, 'SELECT')"
    );
    assert_eq!(app.value(&national_codes), "0");
    finish(app, &roles);
}

fn finish(mut app: TestApp, roles: &Roles) {
    app.set("database_url", &roles.admin_url);
    roles.drop(&app);
    app.finish();
}

/// The words after `\set NAME` in the file.
fn listed(name: &str) -> BTreeSet<String> {
    let file = std::fs::read_to_string(root().join("deploy/postgres/roles.sql")).unwrap();
    let start = format!("\\set {name} '");
    let line = file.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
    line.trim_end_matches('\'').split(' ').map(str::to_owned).collect()
}

/// The tables that `verb` changes in the statements of `src/store`, without the folder `recovery`.
fn changed(verb: &str, tables: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("src/store")).unwrap().map(|entry| entry.unwrap().path()) {
        let text = if entry.is_file() { std::fs::read_to_string(&entry).unwrap() } else { String::new() };
        for part in text.split(&format!("{verb} ")).skip(1) {
            let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // An upsert is an UPDATE, too. Its statement ends at the next quotation mark.
            let upserts = verb != "INSERT INTO" || part.split('"').next().unwrap().contains("DO UPDATE");
            if tables.contains(&name) && upserts {
                found.insert(name);
            }
        }
    }
    found
}

/// A statement that changes another table needs its right in the file, and a right that no statement needs is none.
#[test]
fn the_service_has_the_rights_of_its_statements_and_no_others() {
    let mut tables = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("migrations")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in text.split("CREATE TABLE ").skip(1) {
            tables.insert(part.split(' ').next().unwrap().to_owned());
        }
    }
    assert!(tables.len() > 25, "{tables:?}");
    let mut updated = changed("UPDATE", &tables);
    updated.extend(changed("INSERT INTO", &tables));
    // `peyvand config adopt-installation` runs as the owner.
    assert!(updated.remove("installation"));
    assert_eq!(listed("updated"), updated);
    let mut deleted = changed("DELETE FROM", &tables);
    // `peyvand recover` and `peyvand config adopt-installation` run as the owner.
    assert!(deleted.remove("output_ends") && deleted.remove("installation"));
    assert_eq!(listed("deleted"), deleted);
    let slots = ["outbox_0", "outbox_1", "outbox_2"].map(str::to_owned);
    assert_eq!(listed("truncated"), slots.into());
}
