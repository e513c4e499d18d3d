//! Values that an installation stores about itself.

use super::{Error, PgConnection, PgPool, Result};
use crate::failpoint::failpoint;

/// The secret of the ids: the stored one, else `given`, else a new random one. It never changes afterwards.
///
/// # Errors
/// [`Error::Refused`] if `given` is not the stored secret.
pub async fn secret(pool: &PgPool, given: Option<&str>) -> Result<Vec<u8>> {
    let fresh = given
        .map_or_else(|| uuid::Uuid::new_v4().to_string() + &uuid::Uuid::new_v4().to_string(), str::to_owned);
    let stored = keep_setting(pool, "installation_secret", &fresh).await?;
    match given {
        Some(given) if given != stored => Err(Error::Refused(
            "installation_secret is not the one that this database was created with: ids would change and claims would be paid twice; set the old one".to_owned(),
        )),
        _ => Ok(stored.into_bytes()),
    }
}

/// The number of relay shards. It is fixed at the first start, because sequence numbers are per shard.
pub async fn outbox_groups(pool: &PgPool, wanted: u16) -> Result<i16> {
    let stored = keep_setting(pool, "outbox_groups", &wanted.to_string()).await?;
    let shards: i16 = stored.parse().map_err(|_| Error::Unreadable("number of relay shards"))?;
    let heads = sqlx::query("INSERT INTO outbox_heads SELECT g, 1, 0, 1 FROM generate_series(0, $1::int - 1) g ON CONFLICT DO NOTHING")
        .bind(i32::from(shards));
    failpoint!("installation.heads", heads.execute(pool).await)?;
    let leases = sqlx::query("INSERT INTO relay_groups (grp, delivered) SELECT g, 0 FROM generate_series(0, $1::int - 1) g ON CONFLICT DO NOTHING")
        .bind(i32::from(shards));
    failpoint!("installation.groups", leases.execute(pool).await)?;
    Ok(shards)
}

/// Checks the number of partitions. It is fixed at the first start, because it determines the partition of a key, the
/// relay shard that delivers it, and the stored offsets.
///
/// # Errors
/// [`Error::Refused`] if `wanted` is not the stored number.
pub async fn topic_partitions(pool: &PgPool, wanted: u16) -> Result<()> {
    let stored = keep_setting(pool, "topic_partitions", &wanted.to_string()).await?;
    if stored == wanted.to_string() {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "topic_partitions is {wanted}, but this database was created with {stored}: set it to {stored}"
    )))
}

/// Stores the value if the name is new, and returns the stored value.
async fn keep_setting(pool: &PgPool, name: &str, value: &str) -> Result<String> {
    let insert = sqlx::query("INSERT INTO installation VALUES ($1, $2) ON CONFLICT DO NOTHING");
    failpoint!("installation.keep", insert.bind(name).bind(value).execute(pool).await)?;
    Ok(sqlx::query_scalar("SELECT value FROM installation WHERE name = $1")
        .bind(name)
        .fetch_one(pool)
        .await?)
}

/// Stores this version of the tables of the law.
///
/// # Errors
/// [`Error::Refused`] if the same version is stored with other content.
pub async fn keep_tables(pool: &PgPool, version: &str, body: &str) -> Result<()> {
    let insert = sqlx::query("INSERT INTO law_tables VALUES ($1, $2) ON CONFLICT DO NOTHING");
    failpoint!("installation.tables", insert.bind(version).bind(body).execute(pool).await)?;
    let stored: String = sqlx::query_scalar("SELECT body FROM law_tables WHERE version = $1")
        .bind(version)
        .fetch_one(pool)
        .await?;
    if stored == body {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "the tables changed but still have version {version}: give them a new version"
    )))
}

pub async fn tables_of_version(tx: &mut PgConnection, version: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT body FROM law_tables WHERE version = $1")
        .bind(version)
        .fetch_optional(tx)
        .await?)
}
