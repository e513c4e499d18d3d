//! What an installation keeps to itself.

use super::{Error, PgConnection, PgPool, Result};
use crate::failpoint::failpoint;

/// The secret of the ids: the one that was kept, else `given`, else a fresh one. Never changed after.
pub async fn secret(pool: &PgPool, given: Option<&str>) -> Result<Vec<u8>> {
    let fresh = given
        .map_or_else(|| uuid::Uuid::new_v4().to_string() + &uuid::Uuid::new_v4().to_string(), str::to_owned);
    let kept = keep_setting(pool, "installation_secret", &fresh).await?;
    match given {
        Some(given) if given != kept => Err(Error::Refused(
            "installation_secret is not the one that this database was begun with: ids would change and claims be paid twice; set the old one".to_owned(),
        )),
        _ => Ok(kept.into_bytes()),
    }
}

/// The number of outbox groups is fixed at the first start: positions are per group.
pub async fn outbox_groups(pool: &PgPool, wanted: u16) -> Result<i16> {
    let kept = keep_setting(pool, "outbox_groups", &wanted.to_string()).await?;
    let groups: i16 = kept.parse().map_err(|_| Error::Unreadable("number of outbox groups"))?;
    let heads = sqlx::query("INSERT INTO outbox_heads SELECT g, 1, 0, 1 FROM generate_series(0, $1::int - 1) g ON CONFLICT DO NOTHING")
        .bind(i32::from(groups));
    failpoint!("installation.heads", heads.execute(pool).await)?;
    let leases = sqlx::query("INSERT INTO relay_groups (grp, delivered) SELECT g, 0 FROM generate_series(0, $1::int - 1) g ON CONFLICT DO NOTHING")
        .bind(i32::from(groups));
    failpoint!("installation.groups", leases.execute(pool).await)?;
    Ok(groups)
}

/// The number of partitions is fixed at the first start: a key's partition, the group that delivers it and the offsets that
/// are kept follow from it.
pub async fn topic_partitions(pool: &PgPool, wanted: u16) -> Result<()> {
    let kept = keep_setting(pool, "topic_partitions", &wanted.to_string()).await?;
    if kept == wanted.to_string() {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "topic_partitions is {wanted}, but this database was begun with {kept}: set it to {kept}"
    )))
}

async fn keep_setting(pool: &PgPool, name: &str, value: &str) -> Result<String> {
    let insert = sqlx::query("INSERT INTO installation VALUES ($1, $2) ON CONFLICT DO NOTHING");
    failpoint!("installation.keep", insert.bind(name).bind(value).execute(pool).await)?;
    Ok(sqlx::query_scalar("SELECT value FROM installation WHERE name = $1")
        .bind(name)
        .fetch_one(pool)
        .await?)
}

/// Keeps this version of the tables; the same version with other content is refused.
pub async fn keep_tables(pool: &PgPool, version: &str, body: &str) -> Result<()> {
    let insert = sqlx::query("INSERT INTO law_tables VALUES ($1, $2) ON CONFLICT DO NOTHING");
    failpoint!("installation.tables", insert.bind(version).bind(body).execute(pool).await)?;
    let kept: String = sqlx::query_scalar("SELECT body FROM law_tables WHERE version = $1")
        .bind(version)
        .fetch_one(pool)
        .await?;
    if kept == body {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "the tables changed but still call themselves version {version}: give them a new version"
    )))
}

pub async fn tables_of_version(tx: &mut PgConnection, version: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT body FROM law_tables WHERE version = $1")
        .bind(version)
        .fetch_optional(tx)
        .await?)
}
