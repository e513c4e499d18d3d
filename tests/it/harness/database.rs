//! Each test has its own database, on the server that the environment names.

use sqlx::{Connection, PgConnection};

/// The same URL with another database. The query part (socket folder, TLS) is kept.
fn with_database(url: &str, name: &str) -> String {
    let (front, query) = url.split_once('?').map_or((url, None), |(front, query)| (front, Some(query)));
    let authority = front.find("://").map_or(0, |at| at + 3);
    let base = front[authority..].find('/').map_or(front, |at| &front[..authority + at]);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{base}/{name}{query}")
}

pub async fn create(server: &str, name: &str) -> String {
    let mut connection =
        PgConnection::connect(server).await.unwrap_or_else(|error| panic!("PEYVAND_DATABASE_URL: {error}"));
    run(&mut connection, &format!("CREATE DATABASE {name}")).await.unwrap();
    with_database(server, name)
}

/// The database name in a URL.
fn name_in(url: &str) -> &str {
    url.split('?').next().and_then(|front| front.rsplit('/').next()).unwrap_or_default()
}

/// Creates a byte-for-byte copy of a database. No client may be connected to the original.
pub async fn copy(server: &str, url: &str, name: &str) -> String {
    let mut connection = PgConnection::connect(server).await.unwrap();
    run(&mut connection, &format!("CREATE DATABASE {name} TEMPLATE {}", name_in(url))).await.unwrap();
    with_database(server, name)
}

/// Replaces a database by a copy.
pub async fn restore(server: &str, url: &str, copy: &str) {
    drop(url).await;
    self::copy(server, copy, name_in(url)).await;
}

pub async fn drop(url: &str) {
    let name = name_in(url);
    let server = std::env::var("PEYVAND_DATABASE_URL").unwrap_or_default();
    if let Ok(mut connection) = PgConnection::connect(&server).await {
        let _ = run(&mut connection, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

/// Returns every column as text, in order, so that tests can compare and print rows.
pub async fn query(url: &str, sql: &str) -> Vec<Vec<String>> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql =
        format!("SELECT ARRAY(SELECT coalesce(value, '') FROM json_each_text(to_json(q))) FROM ({sql}) q");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
}

/// A text that changes while the installation makes progress. It is empty if the tables do not exist yet.
pub async fn progress(url: &str) -> String {
    let sql = "SELECT concat_ws(' ', (SELECT sum(next_offset) FROM input_offsets), (SELECT sum(next_position) FROM outbox_heads),
        (SELECT sum(delivered) FROM relay_groups), (SELECT max(cursor) FROM closes), (SELECT count(*) FROM close_pages))";
    let Ok(mut connection) = PgConnection::connect(url).await else {
        return String::new();
    };
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap_or_default()
}

pub async fn execute(url: &str, sql: &str) -> Result<u64, String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    run(&mut connection, sql).await.map_err(|error| error.to_string())
}

pub async fn in_open_transaction(url: &str, sql: &str) -> PgConnection {
    let mut connection = PgConnection::connect(url).await.unwrap();
    run(&mut connection, "BEGIN").await.unwrap();
    run(&mut connection, sql).await.unwrap();
    connection
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection).await?.rows_affected())
}

#[test]
fn the_database_of_a_url_is_replaced_and_nothing_else() {
    for (url, expected) in [
        (
            "postgres://peyvand@localhost/peyvand?host=/tmp/a/b",
            "postgres://peyvand@localhost/t1?host=/tmp/a/b",
        ),
        ("postgres://u:p@127.0.0.1:5432/peyvand", "postgres://u:p@127.0.0.1:5432/t1"),
        ("postgres://u:p@db:5432", "postgres://u:p@db:5432/t1"),
    ] {
        assert_eq!(with_database(url, "t1"), expected);
    }
}
