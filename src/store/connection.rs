//! Connections to PostgreSQL: their options, and why one cannot be opened, for an operator.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{Error, PgConnection, PgPool, Result, describe};

/// A start waits no longer for the database to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A statement of the service takes seconds. One that takes longer than this belongs to a client that is gone, or waits
/// for a lock that is never released.
const STATEMENT_TIMEOUT: &str = "15min";

/// The process of a transaction that is idle for this long is frozen or gone. Its locks are released.
const IDLE_TIMEOUT: &str = "5min";

/// The same for a transaction whose locks stop every other process: those of ingest and of the relay.
const SHORT_IDLE_TIMEOUT: &str = "SET LOCAL idle_in_transaction_session_timeout = '30s'";

/// Ends this transaction soon if its process freezes, so that another process takes over.
///
/// # Errors
/// If the database does not answer.
pub async fn limit_idle_time(tx: &mut PgConnection) -> Result<()> {
    sqlx::query(SHORT_IDLE_TIMEOUT).execute(tx).await?;
    Ok(())
}

/// PostgreSQL 14, as in `server_version_num`.
const OLDEST_SERVER: i32 = 140_000;

/// Creates a pool that connects lazily, at the first statement.
pub fn connect(url: &str, connections: u32) -> Result<PgPool> {
    let options: PgConnectOptions = url.parse().map_err(Error::Database)?;
    let options = options.application_name("peyvand").options([
        // The planner overestimates statements on sets of thousands: JIT compilation would take longer than their
        // execution. In the first minutes its statistics still describe tables as empty, and it would scan them instead
        // of using an index. Where no index helps, it scans in any case.
        ("jit", "off"),
        ("enable_seqscan", "off"),
        // Settings of the role or the database must not put another schema before ours.
        ("search_path", "public,pg_temp"),
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
    ]);
    let options =
        sqlx::ConnectOptions::log_slow_statements(options, log::LevelFilter::Debug, Duration::from_secs(5));
    Ok(PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(options))
}

/// Opens one connection and closes it. A pool would try again for its whole time-out, and not say why.
///
/// # Errors
/// [`Error::Unusable`] with place and reason, within [`CONNECT_TIMEOUT`].
pub async fn check_connection(pool: &PgPool) -> Result<()> {
    let options = pool.connect_options();
    let version = async {
        let mut connection = PgConnection::connect_with(&options).await?;
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
            .fetch_one(&mut connection)
            .await?;
        let _ = connection.close().await;
        Ok(version)
    };
    let unusable =
        |problem: String, transient| Err(Error::Unusable { place: place(&options), problem, transient });
    match tokio::time::timeout(CONNECT_TIMEOUT, version).await {
        Err(_) => unusable(format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()), true),
        Ok(Err(error)) => Err(explained(&options, error)),
        Ok(Ok(version)) => too_old(version).map_or(Ok(()), |problem| unusable(problem, false)),
    }
}

/// What to say about a server with this `server_version_num`, if it is older than [`OLDEST_SERVER`].
fn too_old(version: i32) -> Option<String> {
    // Until PostgreSQL 9.6 (90624), the second number of the version was part of the main one.
    let minor = if version < 100_000 { version / 100 % 100 } else { version % 10_000 };
    let found = format!("{}.{minor}", version / 10_000);
    (version < OLDEST_SERVER)
        .then(|| format!("PostgreSQL {found} is too old: version 14 or newer is needed; upgrade the server"))
}

/// An error of the first statements at a start: it says where the database is and what its operator has to do, if it is
/// about rights or missing tables.
pub fn startup_error(pool: &PgPool, error: Error) -> Error {
    use sqlx::migrate::MigrateError;
    let cause = match &error {
        Error::Database(sqlx::Error::Database(cause))
        | Error::Migration(MigrateError::Execute(sqlx::Error::Database(cause)))
        | Error::Migration(MigrateError::ExecuteMigration(sqlx::Error::Database(cause), _)) => cause,
        _ => return error,
    };
    let (options, message) = (pool.connect_options(), cause.message());
    let user = options.get_username();
    let problem = match cause.code().as_deref() {
        Some("42501") => {
            format!("the user {user} lacks a right ({message}): grant it, or use another account")
        }
        Some("42P01") => format!(
            "a table is missing ({message}): run a command once with --provision true and an account that may create tables"
        ),
        _ => return error,
    };
    Error::Unusable { place: place(&options), problem, transient: false }
}

fn explained(options: &PgConnectOptions, error: sqlx::Error) -> Error {
    let transient = super::may_pass(&error);
    let user = options.get_username();
    let problem = match &error {
        sqlx::Error::Database(cause) => match cause.code().as_deref() {
            Some("28P01") => {
                format!("the password of the user {user} is wrong or missing ({})", cause.message())
            }
            Some("28000" | "42501") => format!("the user {user} may not connect: {}", cause.message()),
            Some("3D000") => format!(
                "there is no database of this name; create it (createdb {})",
                options.get_database().unwrap_or(user)
            ),
            _ => describe(&error),
        },
        sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::ConnectionRefused => {
            "the connection was refused: no PostgreSQL listens there".to_owned()
        }
        sqlx::Error::Io(cause) => cause.to_string(),
        _ => describe(&error),
    };
    Error::Unusable { place: place(options), problem, transient }
}

/// Host, port, database and user; never the password.
fn place(options: &PgConnectOptions) -> String {
    let host = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let user = options.get_username();
    let database = options.get_database().unwrap_or(user);
    format!("{host}:{}, database {database}, user {user}", options.get_port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_before_14_is_too_old() {
        for (version, name) in [(90_624, "9.6"), (100_023, "10.23"), (130_000, "13.0"), (130_016, "13.16")] {
            let problem = too_old(version).unwrap();
            assert!(problem.starts_with(&format!("PostgreSQL {name} is too old: version 14")), "{problem}");
        }
        for version in [140_000, 140_013, 150_018, 180_000] {
            assert_eq!(too_old(version), None);
        }
    }
}
