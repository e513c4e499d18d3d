//! Only SQL. Everything borrows the caller's transaction and never commits; statements work on sets.
//!
//! Architecture invariant: no rule of law or money is decided here; unique keys and checks in `migrations/` are the last word.

pub mod batches;
pub mod cases;
pub mod claims;
pub mod close_pages;
mod copy;
pub mod dead_letters;
pub mod decisions;
pub mod dossier;
pub mod figures;
pub mod files;
pub mod installation;
pub mod marriages;
pub mod messages;
pub mod offsets;
pub mod outbox;
pub mod payments;
pub mod person_file;
pub mod person_states;
pub mod persons;
pub mod recovery;
pub mod relay_leases;
pub mod self_registrations;
pub mod state_digest;
pub mod summary;

use crate::failpoint::failpoint;
use jiff::Timestamp;
pub use sqlx::{PgConnection, PgPool};

/// A connection beside a transaction, for reading.
pub type ReadConnection = sqlx::pool::PoolConnection<sqlx::Postgres>;

/// What can go wrong at the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database: {}", told(.0))]
    Database(#[from] sqlx::Error),
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A stored value that this program cannot read: a newer program wrote it, or it is damaged.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
    /// Another process has taken the partition over; nothing of this transaction may stand.
    #[error("the input partitions are another process's now")]
    LostPartition,
    /// Another process delivers this group now.
    #[error("the outbox group is another process's now")]
    LostGroup,
    /// The same line of a file was counted by another batch meanwhile.
    #[error("another batch has counted a line of the same file: its key is in two partitions")]
    CountedTwice,
    /// The other end of a connection has vanished, most likely: nobody ever tells.
    #[error("the database has not answered for {} s (setting database_silence_s)", .0.as_secs())]
    QueryTimeout(std::time::Duration),
    /// What this transaction relies on does not hold. Names the invariant, never the person whom it is about.
    #[error("an invariant does not hold: {0}; nothing of the batch was written")]
    Invariant(&'static str),
    /// The program ends, and what it was computing with it.
    #[error("stopped before it was done")]
    Stopped,
    /// A defect of this program met what was to be decided.
    #[error("a decision could not be computed: this is a defect, see the message before")]
    Panicked,
    #[error("{0}")]
    Refused(String),
}

/// PostgreSQL's `DETAIL` may hold a row, and with it somebody's code: only its primary message is told, and that not
/// either where it is about a value, which it then quotes.
fn told(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(db) if class(db.as_ref()) == "22" => {
            format!("a value was refused (SQLSTATE {})", db.code().unwrap_or_default())
        }
        sqlx::Error::Database(db) => db.message().to_owned(),
        other => other.to_string(),
    }
}

/// The class of an SQLSTATE: its first two characters.
fn class(error: &dyn sqlx::error::DatabaseError) -> String {
    error.code().map(|code| code.get(..2).unwrap_or_default().to_owned()).unwrap_or_default()
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Would the same statement perhaps succeed a moment later? (A lost connection, a deadlock, a full disk.)
    pub fn is_transient(&self) -> bool {
        use sqlx::migrate::MigrateError;
        let error = match self {
            Self::Database(error) => error,
            // What the other batch wrote is seen by then.
            Self::CountedTwice => return true,
            Self::Migration(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => error,
            _ => return false,
        };
        match error {
            sqlx::Error::Database(db) => {
                matches!(class(db.as_ref()).as_str(), "08" | "40" | "53" | "55" | "57" | "58")
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => false,
            _ => true,
        }
    }
}

impl Error {
    /// Was a lock not to be had in the time allowed?
    pub fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(db)) if db.code().as_deref() == Some("55P03"))
    }

    /// Is it about what was to be written: a value, the cardinality of a set, a key or check, a limit of size, or facts that
    /// this program cannot decide on?
    pub fn is_data_error(&self) -> bool {
        if matches!(self, Self::Panicked) {
            return true;
        }
        let Self::Database(sqlx::Error::Database(db)) = self else {
            return false;
        };
        matches!(class(db.as_ref()).as_str(), "21" | "22" | "23" | "54")
    }
}

/// Connects lazily; the first statement meets the database.
pub fn connect(url: &str, connections: u32) -> Result<PgPool> {
    let options: sqlx::postgres::PgConnectOptions = url.parse().map_err(Error::Database)?;
    // Sets of thousands look dear to the planner: it would compile statements for longer than they run, and read whole
    // tables that its statistics, in the first minutes, still hold for empty. Where no index serves, it scans all the same.
    let options = options.application_name("peyvand").options([("jit", "off"), ("enable_seqscan", "off")]);
    let options = sqlx::ConnectOptions::log_slow_statements(
        options,
        log::LevelFilter::Debug,
        std::time::Duration::from_secs(5),
    );
    Ok(sqlx::postgres::PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(std::time::Duration::from_secs(10))
        .connect_lazy_with(options))
}

/// One moment for all that is read in it: what a batch writes meanwhile is seen whole or not at all.
pub async fn snapshot(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut tx = failpoint!("snapshot.begin", pool.begin().await)?;
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *tx).await?;
    Ok(tx)
}

/// Creates or upgrades the tables; sqlx holds a lock, so many processes may ask at once. Migrations of a newer program are
/// passed over: they add, and what they add may be left out, so that this one goes on beside it.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.set_ignore_missing(true);
    failpoint!("migrate", migrator.run(pool).await)?;
    Ok(())
}

/// RFC 3339 text, which PostgreSQL casts to timestamptz: sqlx knows no jiff.
fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// From `extract(epoch …) * 1e6`.
fn from_micros(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|_| Error::Unreadable("instant"))
}

fn digest(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| Error::Unreadable("digest"))
}

fn code(number: i64) -> Result<crate::ident::NationalCode> {
    crate::ident::NationalCode::from_i64(number).ok_or(Error::Unreadable("national code"))
}

fn parsed<T: std::str::FromStr>(text: &str, what: &'static str) -> Result<T> {
    text.parse().map_err(|_| Error::Unreadable(what))
}

fn rial(number: i64) -> Result<crate::law::Rial> {
    crate::law::Rial::from_i64(number).ok_or(Error::Unreadable("amount"))
}
