//! Values that an installation stores about itself.

use std::collections::HashMap;

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
            "installation_secret is not the one that this database was created with: ids would change and every claim would become a new one; set the old one".to_owned(),
        )),
        _ => Ok(stored.into_bytes()),
    }
}

/// `ON CONFLICT` alone would wait for every transaction that is changing such a row: one frozen process would block each
/// start. `NOT EXISTS` reads a snapshot and waits for nobody. `grp` is a relay shard.
const INSERT_HEADS: &str = "INSERT INTO outbox_heads SELECT g, 1, 0, 1 FROM generate_series(0, $1::int - 1) g
     WHERE NOT EXISTS (SELECT 1 FROM outbox_heads WHERE grp = g) ON CONFLICT DO NOTHING";
const INSERT_LEASES: &str =
    "INSERT INTO relay_groups (grp, delivered) SELECT g, 0 FROM generate_series(0, $1::int - 1) g
     WHERE NOT EXISTS (SELECT 1 FROM relay_groups WHERE grp = g) ON CONFLICT DO NOTHING";

/// The stored number of relay shards. `wanted` counts only at the first start and is ignored later, because sequence
/// numbers are per shard.
pub async fn outbox_groups(pool: &PgPool, wanted: u16) -> Result<i16> {
    let stored = keep_setting(pool, "outbox_groups", &wanted.to_string()).await?;
    let shards: i16 = stored.parse().map_err(|_| Error::Unreadable("number of relay shards"))?;
    let heads = sqlx::query(INSERT_HEADS).bind(i32::from(shards));
    failpoint!("installation.heads", heads.execute(pool).await)?;
    let leases = sqlx::query(INSERT_LEASES).bind(i32::from(shards));
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

/// The topics that an installation belongs to: its offsets and sequence numbers mean nothing in others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    pub topic_prefix: String,
    /// `None` if the broker does not report it.
    pub cluster: Option<String>,
}

impl Home {
    fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let prefix = (TOPIC_PREFIX, self.topic_prefix.as_str());
        std::iter::once(prefix).chain(self.cluster.as_deref().map(|cluster| (KAFKA_CLUSTER, cluster)))
    }

    /// # Errors
    /// [`Error::Refused`] if `given` is another home.
    pub fn refuse_other(&self, given: &Self) -> Result<()> {
        const IF_MOVED: &str = "if the installation was moved on purpose, run `peyvand config adopt-installation` with the new settings";
        if self.topic_prefix != given.topic_prefix {
            return Err(Error::Refused(format!(
                "topic_prefix is \"{}\", but this database belongs to the topics with the prefix \"{}\": correct topic_prefix or database_url; {IF_MOVED}",
                given.topic_prefix, self.topic_prefix
            )));
        }
        match (&self.cluster, &given.cluster) {
            (Some(known), Some(given)) if known != given => Err(Error::Refused(format!(
                "kafka_brokers names the Kafka cluster {given}, but this database belongs to the cluster {known}: correct kafka_brokers or database_url; {IF_MOVED}"
            ))),
            _ => Ok(()),
        }
    }
}

const TOPIC_PREFIX: &str = "topic_prefix";
const KAFKA_CLUSTER: &str = "kafka_cluster";

/// The home of the installation. `None` before its first use.
pub async fn home(pool: &PgPool) -> Result<Option<Home>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, value FROM installation WHERE name IN ($1, $2)")
            .bind(TOPIC_PREFIX)
            .bind(KAFKA_CLUSTER)
            .fetch_all(pool)
            .await?;
    let mut stored: HashMap<String, String> = rows.into_iter().collect();
    let cluster = stored.remove(KAFKA_CLUSTER);
    Ok(stored.remove(TOPIC_PREFIX).map(|topic_prefix| Home { topic_prefix, cluster }))
}

/// Stores the home at the first use, and the cluster as soon as it is known.
///
/// # Errors
/// [`Error::Refused`] if another process has stored another home in the meantime.
pub async fn keep_home(pool: &PgPool, given: &Home) -> Result<()> {
    for (name, value) in given.entries() {
        keep_setting(pool, name, value).await?;
    }
    home(pool).await?.map_or(Ok(()), |stored| stored.refuse_other(given))
}

/// Replaces the stored home. An unknown cluster is forgotten, and stored again once the broker reports it.
pub async fn move_home(pool: &PgPool, to: &Home) -> Result<()> {
    let (names, values): (Vec<_>, Vec<_>) = to.entries().unzip();
    let update = sqlx::query(
        "WITH forgotten AS (DELETE FROM installation WHERE name = $3 AND name <> ALL($1))
         INSERT INTO installation SELECT * FROM unnest($1::text[], $2::text[])
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(names)
    .bind(values)
    .bind(KAFKA_CLUSTER);
    failpoint!("installation.move", update.execute(pool).await)?;
    Ok(())
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
