//! "loads only rows of one person … each query filters by person and works under row-level security"

use peyvand::ident::NationalCode;
use peyvand::store;
use peyvand::views::my::{self, LawTables, MyAllowance, MyClaim, OwnFile};

use crate::fixtures::population::{Person, document_id, finance, married};
use crate::harness::TestApp;

/// The tables that the pages read, each with the rows that a person may see.
const OWN_ROWS: [(&str, &str); 6] = [
    ("claims", "person = current_setting('test.person')::bigint"),
    ("decisions", "claim_id IN (SELECT claim_id FROM claims)"),
    ("documents", "person = current_setting('test.person')::bigint"),
    ("payment_outcomes", "document_id IN (SELECT document_id FROM documents)"),
    ("messages", "person = current_setting('test.person')::bigint"),
    ("cases", "person = current_setting('test.person')::bigint"),
];

/// A role that may read only these tables, and only the own rows in them.
fn limited_role(app: &TestApp) -> String {
    let role = format!("{}_own_rows", app.prefix.trim_end_matches('.').replace('-', "_"));
    app.execute(&format!("CREATE ROLE {role} NOLOGIN")).unwrap();
    app.execute(&format!("GRANT USAGE ON SCHEMA public TO {role}")).unwrap();
    for (table, rows) in OWN_ROWS {
        app.execute(&format!("GRANT SELECT ON {table} TO {role}")).unwrap();
        app.execute(&format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")).unwrap();
        app.execute(&format!("CREATE POLICY own ON {table} FOR SELECT TO {role} USING ({rows})")).unwrap();
    }
    role
}

#[test]
fn a_person_sees_the_own_rows_under_row_level_security() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..3);
    app.close("1404-07");
    let issued = app.documents();
    finance(&mut app, &[(&document_id(&issued, &people[0], 1), "paid", "", "10:00:00")]);
    app.settle();
    let role = limited_role(&app);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ctx = crate::harness::ctx(&app, &runtime);
    let load = |person: &Person, limited_to: &Person| -> OwnFile {
        let code: NationalCode = person.code().parse().unwrap();
        let scope: NationalCode = limited_to.code().parse().unwrap();
        runtime.block_on(async {
            let mut tx = store::snapshot(&ctx.pool).await.unwrap();
            let scope = format!("SET LOCAL test.person = '{}'", scope.to_i64());
            for limit in [scope, format!("SET LOCAL ROLE {role}")] {
                sqlx::query(sqlx::AssertSqlSafe(limit)).execute(&mut *tx).await.unwrap();
            }
            let tables = LawTables::new([(*ctx.tables).clone()]);
            my::load(&mut tx, code, &ctx.ids, &tables, ctx.clock.today()).await.unwrap()
        })
    };

    let own = load(&people[0], &people[0]);
    let card = MyAllowance::new(&own, &ctx.clock).claims.remove(0);
    let ends = peyvand::ident::text::persian_digits(&people[0].sheba[22..]);
    assert!(card.sentence.contains("واریز شد") && card.sentence.contains(&ends), "{}", card.sentence);
    let claim = MyClaim::new(&own, card.claim_id, &ctx.clock).unwrap();
    assert_eq!(claim.met, claim.conditions.len());
    let other = load(&people[1], &people[1]);
    assert!(MyAllowance::new(&other, &ctx.clock).claims[0].sentence.contains("فرستاده شد"));
    // Another's claim is the same as one that does not exist.
    assert!(MyClaim::new(&other, card.claim_id, &ctx.clock).is_none());
    // Even a statement for another person finds nothing.
    assert!(load(&people[0], &people[1]).claims.is_empty());
    app.execute(&format!("DROP OWNED BY {role}")).unwrap();
    app.execute(&format!("DROP ROLE {role}")).unwrap();
    app.finish();
}
