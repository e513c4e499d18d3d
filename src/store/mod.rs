//! SQL only. A function that borrows the caller's transaction never commits it; statements work on sets.
//!
//! Architecture invariant: no rule of law or money is decided here. The unique keys and checks in `migrations/` are the
//! final authority.

pub mod batches;
pub mod cases;
pub mod casework;
pub mod claims;
pub mod close_pages;
pub mod close_plans;
pub mod closes;
mod connection;
mod copy;
pub mod dead_letters;
pub mod decisions;
pub mod dossier;
pub mod endings;
pub mod figures;
pub mod file_views;
pub mod files;
pub mod findings;
pub mod installation;
pub mod judgements;
pub mod marriages;
pub mod messages;
pub mod my;
pub mod objections;
pub mod offsets;
pub mod outbox;
pub mod payments;
pub mod person_file;
pub mod person_states;
pub mod persons;
pub mod portal_objections;
pub mod portal_pictures;
mod record_view;
pub mod recovery;
pub mod relay_leases;
pub mod scope;
pub mod self_registrations;
pub mod sessions;
pub mod staff_scope;
pub mod state_digest;
pub mod submissions;
pub mod summary;

use crate::failpoint::failpoint;
pub use connection::{check_connection, connect, limit_idle_time, startup_error};
use jiff::Timestamp;
pub use sqlx::{PgConnection, PgPool};

/// A second connection next to a transaction, for reading.
pub type ReadConnection = sqlx::pool::PoolConnection<sqlx::Postgres>;

/// Errors of the database layer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database: {}", describe(.0))]
    Database(#[from] sqlx::Error),
    /// The database cannot be used at all. Most often its operator has to do something.
    #[error("PostgreSQL at {place} (setting database_url): {problem}")]
    Unusable { place: String, problem: String, transient: bool },
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A stored value that this program cannot read: a newer program wrote it, or it is damaged.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
    /// Another process consumes the partition now, so this transaction must not commit.
    #[error("another process owns the input partitions now")]
    LostPartition,
    /// Another process delivers this relay shard now.
    #[error("another process owns the relay shard now")]
    LostGroup,
    /// Another batch has counted the same line of a file in the meantime.
    #[error("another batch has counted a line of the same file: its key is in two partitions")]
    CountedTwice,
    /// Most likely the other end of the connection has vanished, which no error reports.
    #[error("the database has not answered for {} s (setting database_silence_s)", .0.as_secs())]
    QueryTimeout(std::time::Duration),
    /// An assumption of this transaction does not hold. The text names the invariant, never the person concerned.
    #[error("an invariant does not hold: {0}; nothing of the batch was written")]
    Invariant(&'static str),
    /// The program ends before the computation does.
    #[error("stopped before it was done")]
    Stopped,
    /// A decision panicked: a defect of this program.
    #[error("a decision could not be computed: this is a defect, see the previous message")]
    Panicked,
    #[error("{0}")]
    Refused(String),
}

/// Describes a database error without personal data. PostgreSQL's `DETAIL` may contain a row, and with it a national
/// code, so only the primary message is used. If the error concerns a value (class 22), the primary message quotes
/// that value, so only the SQLSTATE is used.
fn describe(error: &sqlx::Error) -> String {
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
    /// Whether the same statement may succeed a moment later (a lost connection, a deadlock, a full disk).
    pub fn is_transient(&self) -> bool {
        use sqlx::migrate::MigrateError;
        let error = match self {
            Self::Database(error) => error,
            // A retry sees what the other batch wrote.
            Self::CountedTwice => return true,
            Self::Migration(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => error,
            Self::Unusable { transient, .. } => return *transient,
            _ => return false,
        };
        may_pass(error)
    }
}

/// Whether the error may be gone a moment later.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(db) => {
            matches!(class(db.as_ref()).as_str(), "08" | "40" | "53" | "55" | "57" | "58")
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

impl Error {
    /// Whether a lock was not available within the lock timeout.
    pub fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(db)) if db.code().as_deref() == Some("55P03"))
    }

    /// Whether the error concerns the data to be written: a value, the cardinality of a set, a key or check, a size
    /// limit, or facts that this program cannot decide on.
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

/// A read-only transaction in which all queries see the same moment: they see a concurrent batch completely or not at
/// all.
pub async fn snapshot(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut tx = failpoint!("snapshot.begin", pool.begin().await)?;
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *tx).await?;
    Ok(tx)
}

/// Creates or upgrades the tables. sqlx holds a lock, so several processes may call this at the same time. Migrations
/// of a newer program are ignored: they only add optional things, so this program can run next to the newer one.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.set_ignore_missing(true);
    failpoint!("migrate", migrator.run(pool).await)?;
    Ok(())
}

/// RFC 3339 text, which PostgreSQL casts to timestamptz: sqlx does not support jiff.
fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// Converts the result of `extract(epoch …) * 1e6`.
pub fn from_micros(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|_| Error::Unreadable("instant"))
}

fn digest(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| Error::Unreadable("digest"))
}

fn code(number: i64) -> Result<crate::ident::NationalCode> {
    crate::ident::NationalCode::from_i64(number).ok_or(Error::Unreadable("national code"))
}

/// The numbers of these codes, as the database stores them.
fn numbers(codes: &[crate::ident::NationalCode]) -> Vec<i64> {
    codes.iter().map(|code| code.to_i64()).collect()
}

fn parsed<T: std::str::FromStr>(text: &str, what: &'static str) -> Result<T> {
    text.parse().map_err(|_| Error::Unreadable(what))
}

fn rial(number: i64) -> Result<crate::law::Rial> {
    crate::law::Rial::from_i64(number).ok_or(Error::Unreadable("amount"))
}
