//! What a start says if the database cannot be used: place, cause and remedy, soon.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

use sqlx::postgres::PgConnectOptions;

use super::roles::Roles;
use crate::harness::{TestApp, now};

/// The time of the message, and of a start on a busy machine.
const SOON_S: u64 = 10;

#[track_caller]
fn refused_with(app: &TestApp, url: &str, parts: &[&str]) {
    let began = now();
    let refusal = app.refused(&["status", "--database-url", url]);
    let took = began.elapsed().as_secs();
    assert!(took < SOON_S, "{took} s: {refusal}");
    for part in parts.iter().chain(&["(setting database_url)"]) {
        assert!(refusal.contains(part), "no {part:?} in {refusal}");
    }
    assert!(!refusal.contains("swordfish"), "{refusal}");
}

#[test]
fn an_unusable_database_is_reported_with_place_and_cause() {
    let app = TestApp::without_service("1404-08-01");
    refused_with(
        &app,
        "postgres://me:swordfish@127.0.0.1:1/there",
        &["127.0.0.1:1, database there, user me", "refused"],
    );

    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = silent.local_addr().unwrap().to_string();
    refused_with(&app, &format!("postgres://me:swordfish@{place}/there"), &[&place, "no answer within 3 s"]);

    let own = format!("/{}", app.prefix.trim_end_matches('.'));
    assert!(app.database_url.contains(&own), "{}", app.database_url);
    let absent = app.database_url.replace(&own, "/no_such_database");
    refused_with(
        &app,
        &absent,
        &["database no_such_database", "no database of this name", "createdb no_such_database"],
    );

    let roles = Roles::of(&app);
    let (role, poor) = (roles.name("poor"), roles.url("poor"));
    app.execute(&format!("CREATE ROLE {role} LOGIN")).unwrap();
    let right = ["lacks a right", "permission denied", &role];
    refused_with(&app, &poor, &right);
    app.execute(&format!("DROP ROLE {role}")).unwrap();

    // Without `provision` the tables do not exist.
    let refusal = app.refused(&["status", "--provision", "false"]);
    assert!(refusal.contains("a table is missing") && refusal.contains("--provision true"), "{refusal}");
    app.end_without_installation();
}

/// The real server behind a proxy that changes its version.
#[test]
fn a_server_that_is_too_old_is_told_by_its_version() {
    let app = TestApp::without_service("1404-08-01");
    let version: i32 = app.value("SELECT current_setting('server_version_num')").parse().unwrap();
    let database = app.value("SELECT current_database()");
    let user = app.value("SELECT current_user");
    for (told, refusal) in [(130_011, Some("PostgreSQL 13.11 is too old")), (140_000, None)] {
        let address = server_of_version(&app.database_url, version, told);
        let url = format!("postgres://{user}:swordfish@{address}/{database}");
        match refusal {
            Some(words) => {
                refused_with(&app, &url, &[words, "version 14 or newer is needed", &address.to_string()]);
            }
            None => {
                app.json(&["status", "--database-url", &url]);
            }
        }
    }
    app.finish();
}

/// Starts a proxy for the protocol of PostgreSQL. A result with the version `real` as its only value says `told`.
fn server_of_version(url: &str, real: i32, told: i32) -> SocketAddr {
    let options: PgConnectOptions = url.parse().unwrap();
    let socket = options.get_socket().expect("the tests reach PostgreSQL over a Unix socket");
    let server = socket.join(format!(".s.PGSQL.{}", options.get_port()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), UnixStream::connect(&server).unwrap());
            let (mut requests, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut requests, &mut to_server);
                let _ = to_server.shutdown(Shutdown::Write);
            });
            std::thread::spawn(move || forward_answers(server, client, real, told));
        }
    });
    address
}

fn forward_answers(mut server: UnixStream, mut client: TcpStream, real: i32, told: i32) {
    // `DataRow`: its length, one column, the length of the value, the value.
    let row = |version: i32| [b"D\0\0\0\x0e\0\x01\0\0\0\x04".as_slice(), &version.to_be_bytes()].concat();
    let (real, told) = (row(real), row(told));
    let mut answers = [0; 64 << 10];
    while let Ok(length @ 1..) = server.read(&mut answers) {
        let answers = &mut answers[..length];
        if let Some(at) = answers.windows(real.len()).position(|window| window == real) {
            answers[at..at + told.len()].copy_from_slice(&told);
        }
        if client.write_all(answers).is_err() {
            return;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

#[test]
fn every_connection_has_its_schema_and_its_limits() {
    let app = TestApp::without_service("1404-08-01");
    let name = app.value("SELECT current_database()");
    app.execute(&format!("ALTER DATABASE {name} SET search_path = elsewhere")).unwrap();
    app.json(&["status"]);
    assert_eq!(
        app.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'persons'"),
        "1"
    );
    app.execute(&format!("ALTER DATABASE {name} RESET search_path")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let shown = runtime.block_on(async {
        let pool = peyvand::store::connect(&app.database_url, 2).unwrap();
        let sql =
            "SELECT concat_ws(' ', current_setting('search_path'), current_setting('statement_timeout'),
            current_setting('idle_in_transaction_session_timeout'))";
        sqlx::query_scalar::<_, String>(sql).fetch_one(&pool).await.unwrap()
    });
    assert_eq!(shown, "public,pg_temp 15min 5min");
    app.finish();
}
