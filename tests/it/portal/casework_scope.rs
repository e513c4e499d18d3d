//! The scope of staff in the database: as the role of casework, SQL sees the persons of one branch or province.

use std::collections::BTreeSet;

use peyvand::claim::codes::EndingOutcome;
use peyvand::claim::review::Ruling;
use peyvand::store::sessions::{NewSession, PortalRole, SignedIn};
use peyvand::store::staff_scope::{StaffScope, StaffTransaction};
use peyvand::store::{PgConnection, connect};
use serde_json::json;

use super::Installation;
use crate::fixtures::casework::{Desk, Ending, id, under_review};
use crate::fixtures::population::{document_id, finance, married, person};
use crate::harness::TestApp;

fn scope(code: &str, role: PortalRole, unit: &str) -> StaffScope {
    let who = NewSession {
        person: code.parse().unwrap(),
        role,
        unit: Some(unit.to_owned()),
        full_name: String::new(),
    };
    StaffScope::of(&SignedIn::by_token(who)).unwrap()
}

/// The persons of whom a table shows rows. A row of the registry names two.
const PERSONS: [(&str, &str); 14] = [
    ("persons", "SELECT code FROM persons"),
    ("claims", "SELECT person FROM claims"),
    ("decisions", "SELECT c.person FROM decisions d JOIN claims c ON c.claim_id = d.claim_id"),
    ("payments", "SELECT person FROM payments"),
    ("documents", "SELECT person FROM documents"),
    (
        "payment_outcomes",
        "SELECT d.person FROM payment_outcomes o JOIN documents d ON d.document_id = o.document_id",
    ),
    ("cases", "SELECT person FROM cases"),
    ("objections", "SELECT person FROM objections"),
    ("objection_pictures", "SELECT person FROM objection_pictures"),
    ("objection_closings", "SELECT person FROM objection_closings"),
    ("ending_proposals", "SELECT person FROM ending_proposals"),
    ("ending_judgements", "SELECT person FROM ending_judgements"),
    ("finding_proposals", "SELECT person FROM finding_proposals"),
    ("finding_judgements", "SELECT person FROM finding_judgements"),
];

async fn persons(connection: &mut PgConnection, sql: &'static str) -> BTreeSet<i64> {
    let found: Vec<i64> = sqlx::query_scalar(sql).fetch_all(connection).await.unwrap();
    found.into_iter().collect()
}

/// An installation with paid people of three branches, and casework about one of each.
fn installation() -> Installation {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..7);
    let reviewed: Vec<_> = (11..14).map(person).collect();
    under_review(&mut app, &reviewed.iter().collect::<Vec<_>>());
    for person in &reviewed {
        let desk = Desk::of(&app, person);
        desk.objects(1, 10);
        desk.sets_aside(11);
        desk.closes(1, &[11]);
        // An end waits for its case.
        let case = json!({"case_id": id(21), "national_code": person.code()});
        Ending::of(&app, &case, EndingOutcome::NoAction, None).proposed().judged(Ruling::Approved, "staff-2");
    }
    app.settle();
    app.close("1404-07");
    let issued = app.documents();
    for person in &people {
        finance(&mut app, &[(&document_id(&issued, person, 1), "paid", "", "10:00:00")]);
    }
    app.settle();
    app.execute(
        "INSERT INTO cases (case_id, claim_id, document_id, person, kind, grounds, opened_at)
         SELECT gen_random_uuid(), claim_id, document_id, person, 'payment', '{}', now() FROM documents",
    )
    .unwrap();
    app.execute(
        "INSERT INTO ending_proposals (person, case_id, sha256, at, author, outcome, reason)
         SELECT person, case_id, '\\x00', now(), 'staff-1', 'no_action', 'x' FROM cases",
    )
    .unwrap();
    app.execute(
        "INSERT INTO ending_judgements (person, case_id, sha256, proposal_sha256, at, approved, approver, author, judged_on, reason)
         SELECT person, case_id, '\\x00', '\\x00', now(), true, 'staff-2', 'staff-1', '1404-08-01', 'x' FROM cases",
    )
    .unwrap();
    Installation::open(app, "", false)
}

#[test]
fn a_transaction_of_staff_sees_its_branch_or_province_alone() {
    let home = installation();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stranger = crate::fixtures::couples::national_code(830_000_001);
    let own = person(1).code();
    let of = |condition: &str| -> BTreeSet<i64> {
        let rows = home.app.query(&format!("SELECT code::text FROM persons WHERE {condition}"));
        rows.iter().map(|row| row[0].parse().unwrap()).collect()
    };
    let family = "code IN (SELECT wife FROM marriages WHERE husband = $own UNION SELECT $own)"
        .replace("$own", own.trim_start_matches('0'));
    for (scope, allowed) in [
        (scope(&stranger, PortalRole::Officer, "0101"), of("branch_code = '0101'")),
        (scope(&stranger, PortalRole::Officer, "0199"), BTreeSet::new()),
        (scope(&stranger, PortalRole::Supervisor, "10"), of("province_code = '10'")),
        (scope(&own, PortalRole::Supervisor, "10"), of(&format!("province_code = '10' AND NOT {family}"))),
    ] {
        runtime.block_on(async {
            let pool = connect(&home.app.database_url, 1).unwrap();
            let mut tx = StaffTransaction::begin(&pool, &scope).await.unwrap();
            for (table, sql) in PERSONS {
                let seen = persons(&mut tx, sql).await;
                assert!(seen.is_subset(&allowed), "{table} shows others: {seen:?} of {allowed:?}");
                assert_eq!(seen.is_empty(), allowed.is_empty(), "{table} of {allowed:?}");
            }
            let sides = "SELECT count(*) FROM marriages m WHERE NOT EXISTS
                (SELECT FROM persons p WHERE p.code IN (m.husband, m.wife))";
            let foreign: i64 = sqlx::query_scalar(sides).fetch_one(&mut *tx).await.unwrap();
            assert_eq!(foreign, 0, "rows of the registry without a person of the scope");
        });
    }
    what_the_role_may_not_do(&home, &scope(&stranger, PortalRole::Officer, "0101"));
    home.app.end_unchecked();
}

fn what_the_role_may_not_do(home: &Installation, scope: &StaffScope) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = connect(&home.app.database_url, 1).unwrap();
        for (sql, error) in [
            ("SELECT payload FROM submissions", "permission denied"),
            ("SELECT viewer FROM file_views", "permission denied"),
            ("SELECT token_digest FROM portal_sessions", "permission denied"),
            ("SELECT value FROM installation", "permission denied"),
            ("SELECT body FROM messages", "permission denied"),
            ("UPDATE claims SET outcome = 'APPROVED'", "permission denied"),
            ("DELETE FROM finding_proposals", "permission denied"),
            ("INSERT INTO finding_judgements SELECT * FROM finding_judgements", "permission denied"),
            // In another officer's name, and about a person outside of the scope.
            (
                "INSERT INTO file_views (person, viewer, role, page, at) SELECT code, 1, 'officer', 'x', now() FROM persons",
                "row-level security",
            ),
            (
                "INSERT INTO file_views (person, viewer, role, page, at)
                 VALUES (1, casework_officer(), 'officer', 'x', now())",
                "row-level security",
            ),
        ] {
            let mut tx = StaffTransaction::begin(&pool, scope).await.unwrap();
            let refused = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap_err();
            assert!(refused.to_string().contains(error), "{sql}: {refused}");
        }
        // After a transaction the pooled connection has the service's role again, and no scope.
        let after: (String, Option<String>) =
            sqlx::query_as("SELECT current_user::text, nullif(current_setting('peyvand.officer', true), '')")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert!(after.0 != "peyvand_casework" && after.1.is_none(), "{after:?}");
        let mut bare = pool.begin().await.unwrap();
        sqlx::query("SET LOCAL ROLE peyvand_casework").execute(&mut *bare).await.unwrap();
        for (table, sql) in PERSONS {
            assert!(persons(&mut bare, sql).await.is_empty(), "{table} is seen without a scope");
        }
    });
}
