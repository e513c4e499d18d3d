//! The scope in the database: as the role of the portal, SQL sees one person's rows and never a spouse's columns.

use std::collections::BTreeSet;
use std::time::Duration;

use peyvand::store::scope::{PersonScope, ScopedTransaction};
use peyvand::store::sessions::{NewSession, PortalRole, SessionLimits, SignedIn, open, resume};
use peyvand::store::{PgConnection, PgPool, connect};
use sqlx::Row as _;

use super::Installation;
use crate::fixtures::population::{document_id, finance, married};
use crate::harness::TestApp;
use crate::portal::submissions::register;

/// Tables whose rows are the same for everybody.
const PUBLIC: &[&str] = &["closes", "law_tables"];

/// Tables of which the scope of a paid person shows rows.
const OWN: &[&str] = &[
    "cases",
    "claims",
    "decisions",
    "delivery_reports",
    "documents",
    "file_views",
    "finding_judgements",
    "finding_proposals",
    "messages",
    "objection_closings",
    "objection_drafts",
    "objections",
    "own_marriages",
    "payment_outcomes",
    "payments",
    "persons",
    "portal_objections",
    "portal_pictures",
];

/// Rows about objections of every person with a document.
const OBJECTIONS: [&str; 7] = [
    "INSERT INTO objection_drafts (person, claim_id, objection_id, body) SELECT person, claim_id, gen_random_uuid(), 'x' FROM documents",
    "INSERT INTO portal_objections SELECT gen_random_uuid(), person, claim_id, 'amount', 'x', document_id, now() FROM documents",
    "INSERT INTO portal_pictures SELECT gen_random_uuid(), person, claim_id, 'k', 'deed', '\\x00', 'image/jpeg', 1, 1, 1, now(), claim_id
     FROM documents",
    "INSERT INTO objections SELECT person, gen_random_uuid(), now(), claim_id, 'amount' FROM documents",
    "INSERT INTO objection_closings SELECT person, claim_id, '\\x00', now(), 'staff-1', true, 'x', '{}' FROM documents",
    "INSERT INTO finding_proposals SELECT person, claim_id, '\\x00', now(), 'staff-1', claim_id, 'x', '\\x00', 'x', 'x', '{}' FROM documents",
    "INSERT INTO finding_judgements SELECT person, claim_id, '\\x00', '\\x00', now(), true, 'staff-2', 'staff-1', '1404-08-01', 'x'
     FROM documents",
];

async fn signed_in(pool: &PgPool, person: &str) -> SignedIn {
    let new = NewSession {
        person: person.parse().unwrap(),
        role: PortalRole::Insured,
        unit: None,
        full_name: String::new(),
    };
    let limits = SessionLimits { idle: Duration::from_secs(60), absolute: Duration::from_secs(60) };
    let token = uuid::Uuid::new_v4().to_string();
    open(pool, &token, &new, limits).await.unwrap();
    resume(pool, &token, limits).await.unwrap().unwrap()
}

/// The columns of each table that the role may read.
fn readable(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let rows = app.query(
        "SELECT c.relname, a.attname, has_column_privilege('peyvand_portal', c.oid, a.attnum, 'SELECT')::text
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') ORDER BY c.relname, a.attnum",
    );
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for row in rows {
        if tables.last().is_none_or(|(table, _)| *table != row[0]) {
            tables.push((row[0].clone(), Vec::new()));
        }
        if row[2] == "true" {
            tables.last_mut().unwrap().1.push(row[1].clone());
        }
    }
    tables
}

/// All rows of the readable columns as JSON text.
async fn rows(connection: &mut PgConnection, table: &str, columns: &[String]) -> Vec<String> {
    let sql = format!("SELECT to_json(q)::text FROM (SELECT {} FROM {table}) q", columns.join(", "));
    let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
    found.iter().map(|row| row.get(0)).collect()
}

#[test]
fn the_role_sees_one_persons_rows_and_no_spouse() {
    let home = Installation::start("intake,relay");
    let mut app = home.app;
    let people = married(&mut app, 1..5);
    app.close("1404-07");
    let issued = app.documents();
    finance(&mut app, &[(&document_id(&issued, &people[0], 1), "paid", "", "10:00:00")]);
    app.settle();
    let mut browser = crate::harness::Browser::new(&home.origin);
    browser.sign_in("zahra", "/account");
    register(&mut browser, &[]);
    app.execute(
        "INSERT INTO cases (case_id, claim_id, document_id, person, kind, grounds, opened_at)
         SELECT gen_random_uuid(), claim_id, document_id, person, 'payment', '{}', now() FROM documents",
    )
    .unwrap();
    app.execute("INSERT INTO delivery_reports SELECT sms_id, now(), 'delivered' FROM messages").unwrap();
    for sql in OBJECTIONS {
        app.execute(sql).unwrap();
    }
    let owner = app.query(
        "SELECT d.person::text, coalesce(c.spouse, 0)::text FROM documents d JOIN claims c USING (claim_id)
         JOIN payment_outcomes USING (document_id) LIMIT 1",
    );
    let (own, spouse) = (format!("{:0>10}", owner[0][0]), owner[0][1].clone());
    let tables = readable(&app);
    assert!(tables.len() > 30, "{}", tables.len());
    let url = app.database_url.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = runtime.block_on(rows_in_scope(
        &url,
        &tables,
        &Owner { code: own.clone(), stored: owner[0][0].clone(), spouse },
    ));
    for table in OWN {
        assert!(seen.contains(*table), "the person's own rows of {table} are not seen: {seen:?}");
    }
    assert!(!seen.contains("submissions") && !seen.contains("self_registrations"));
    outside_of_a_scope(&app, &tables, &own);
    app.execute("DELETE FROM cases").unwrap();
    app.end_unchecked();
}

/// A person with a paid document.
struct Owner {
    code: String,
    /// The code as the database stores it: a number.
    stored: String,
    spouse: String,
}

/// The tables of which the person's scope shows rows. None of them may be about somebody else.
async fn rows_in_scope(url: &str, tables: &[(String, Vec<String>)], owner: &Owner) -> BTreeSet<String> {
    let pool = connect(url, 1).unwrap();
    let scope = PersonScope::own(&signed_in(&pool, &owner.code).await);
    let mut tx = ScopedTransaction::begin(&pool, &scope).await.unwrap();
    tx.record_view("test", "2026-01-01T00:00:00Z".parse().unwrap()).await.unwrap();
    let mut seen = BTreeSet::new();
    for (table, columns) in tables {
        if columns.is_empty() || PUBLIC.contains(&table.as_str()) {
            continue;
        }
        for row in rows(&mut tx, table, columns).await {
            check_row(table, &row, owner);
            seen.insert(table.clone());
        }
    }
    tx.end().await.unwrap();
    seen
}

fn check_row(table: &str, row: &str, owner: &Owner) {
    let value: serde_json::Value = serde_json::from_str(row).unwrap();
    for shown in value.as_object().unwrap().values() {
        let text = shown.to_string();
        let is_spouse = text.trim_matches('"').trim_start_matches('0') == owner.spouse;
        assert!(!is_spouse, "{table} shows the spouse: {row}");
    }
    // `code` is a person only in `persons`.
    let columns = if table == "persons" { ["person", "code"] } else { ["person", "applicant"] };
    for code in columns.iter().filter_map(|column| value.get(column)) {
        assert_eq!(code.to_string(), owner.stored, "{table} shows another person");
    }
}

/// After a transaction, the pooled connection has the service's role again. Without a scope, the portal's role sees no row.
fn outside_of_a_scope(app: &TestApp, tables: &[(String, Vec<String>)], own: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = connect(&app.database_url, 1).unwrap();
        let scope = PersonScope::own(&signed_in(&pool, own).await);
        for commits in [true, false] {
            let tx = ScopedTransaction::begin(&pool, &scope).await.unwrap();
            if commits {
                tx.end().await.unwrap();
            } else {
                drop(tx);
            }
            let after: (String, Option<String>) = sqlx::query_as(
                "SELECT current_user::text, nullif(current_setting('peyvand.person', true), '')",
            )
            .fetch_one(&pool)
            .await
            .unwrap();
            assert_ne!(after.0, "peyvand_portal");
            assert_eq!(after.1, None, "the scope outlives its transaction");
        }
        let mut bare = pool.begin().await.unwrap();
        sqlx::query("SET LOCAL ROLE peyvand_portal").execute(&mut *bare).await.unwrap();
        for (table, columns) in
            tables.iter().filter(|(table, columns)| !columns.is_empty() && !PUBLIC.contains(&table.as_str()))
        {
            assert!(rows(&mut bare, table, columns).await.is_empty(), "{table} is seen without a scope");
        }
        drop(bare);
        for sql in [
            "SELECT spouse FROM claims",
            "SELECT spouse FROM self_registrations",
            "SELECT content FROM marriages",
            "SELECT payload FROM submissions",
            "SELECT * FROM installation",
            "SELECT * FROM portal_sessions",
            "SELECT * FROM portal_sign_ins",
            "UPDATE claims SET outcome = 'APPROVED'",
            "DELETE FROM file_views",
            "UPDATE submissions SET delivered_at = now()",
            "UPDATE portal_objections SET body = 'y'",
            "DELETE FROM portal_objections",
            "UPDATE portal_pictures SET sha256 = '\\x00'",
            "UPDATE objections SET answered_at = now()",
            "DELETE FROM objection_closings",
        ] {
            let mut tx = ScopedTransaction::begin(&pool, &scope).await.unwrap();
            let refused = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await;
            assert!(refused.unwrap_err().to_string().contains("permission denied"), "{sql}");
        }
        // What was sent as evidence is not there for a deletion.
        let mut tx = ScopedTransaction::begin(&pool, &scope).await.unwrap();
        let deleted = sqlx::query("DELETE FROM portal_pictures").execute(&mut *tx).await.unwrap();
        assert_eq!(deleted.rows_affected(), 0);
        drop(tx);
        // A row in another person's name is refused, too.
        let mut tx = ScopedTransaction::begin(&pool, &scope).await.unwrap();
        let forged =
            "INSERT INTO file_views (person, viewer, role, page, at) VALUES (1, 1, 'insured', 'x', now())";
        let refused = sqlx::query(forged).execute(&mut *tx).await.unwrap_err();
        assert!(refused.to_string().contains("row-level security"), "{refused}");
    });
}
