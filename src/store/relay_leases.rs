//! Which process delivers which relay shard, and the delivery watermark of each shard.

use super::connection::limit_idle_time;
use super::offsets::{self, PartitionOffset};
use super::{Error, PgConnection, PgPool, Result};
use crate::failpoint::failpoint;
use crate::wire::Topic;

/// How long a lease is valid without renewal, in seconds. Fencing at the broker guarantees the order, not this lease.
const LEASE_SECONDS: i32 = 5;

/// Renews this owner's leases, releases shards above its share among the live processes, and acquires free shards up
/// to that share. Returns the shards that it owns now.
pub async fn lease(pool: &PgPool, owner: &str) -> Result<Vec<i16>> {
    let mut tx = failpoint!("lease.begin", pool.begin().await)?;
    limit_idle_time(&mut tx).await?;
    sqlx::query("SELECT 1 FROM relay_groups ORDER BY grp FOR UPDATE").execute(&mut *tx).await?;
    let until = f64::from(LEASE_SECONDS);
    sqlx::query(
        "INSERT INTO relay_members VALUES ($1, now() + make_interval(secs => $2)) ON CONFLICT (owner) DO UPDATE SET until = excluded.until",
    )
    .bind(owner)
    .bind(until)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM relay_members WHERE until < now()").execute(&mut *tx).await?;
    let share: i64 = sqlx::query_scalar(
        "SELECT ceil((SELECT count(*) FROM relay_groups)::numeric / (SELECT count(*) FROM relay_members))::bigint",
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(
        "WITH mine AS (SELECT grp, row_number() OVER (ORDER BY grp) AS place FROM relay_groups WHERE owner = $1 AND until >= now()),
              free AS (SELECT grp, row_number() OVER (ORDER BY grp) + (SELECT count(*) FROM mine) AS place FROM relay_groups
                       WHERE owner IS NULL OR until < now()),
              wanted AS (SELECT grp, place <= $3 AS keep FROM mine UNION ALL SELECT grp, true FROM free WHERE place <= $3)
         UPDATE relay_groups r SET owner = CASE WHEN keep THEN $1 END, until = CASE WHEN keep THEN now() + make_interval(secs => $2) END
         FROM wanted w WHERE r.grp = w.grp",
    )
    .bind(owner)
    .bind(until)
    .bind(share)
    .execute(&mut *tx)
    .await?;
    let owned: Vec<(i16,)> =
        sqlx::query_as("SELECT grp FROM relay_groups WHERE owner = $1 AND until >= now() ORDER BY grp")
            .bind(owner)
            .fetch_all(&mut *tx)
            .await?;
    failpoint!("lease.commit", tx.commit().await)?;
    Ok(owned.into_iter().map(|(shard,)| shard).collect())
}

/// Releases the shards of this owner at a graceful stop, so that another process acquires them at once.
pub async fn release(pool: &PgPool, owner: &str) -> Result<()> {
    let leave = sqlx::query("DELETE FROM relay_members WHERE owner = $1").bind(owner);
    failpoint!("release.leave", leave.execute(pool).await)?;
    let free = sqlx::query("UPDATE relay_groups SET owner = NULL, until = NULL WHERE owner = $1").bind(owner);
    failpoint!("release.groups", free.execute(pool).await)?;
    Ok(())
}

/// The delivery watermark of a shard: the last sequence number that is known to be delivered.
pub async fn delivered(pool: &PgPool, shard: i16) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT delivered FROM relay_groups WHERE grp = $1")
        .bind(shard)
        .fetch_one(pool)
        .await?)
}

/// Advances the delivery watermark of a shard. Only the owner may advance it, and never backwards.
///
/// # Errors
/// [`Error::LostGroup`] if another process owns the shard, or the watermark is already further.
pub async fn advance_watermark(tx: &mut PgConnection, shard: i16, owner: &str, delivered: i64) -> Result<()> {
    let done = sqlx::query(
        "UPDATE relay_groups SET delivered = $3 WHERE grp = $1 AND owner = $2 AND delivered <= $3",
    )
    .bind(shard)
    .bind(owner)
    .bind(delivered)
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::LostGroup) }
}

/// The end offsets: for each output partition, the offset after the last record that was sent to it.
pub async fn end_offsets(pool: &PgPool) -> Result<Vec<PartitionOffset>> {
    let rows: Vec<(String, i32, i64)> =
        sqlx::query_as("SELECT topic, partition, next_offset FROM output_ends ORDER BY topic, partition")
            .fetch_all(pool)
            .await?;
    offsets::from_rows(rows)
}

pub async fn save_end_offsets(tx: &mut PgConnection, end_offsets: &[PartitionOffset]) -> Result<()> {
    if end_offsets.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO output_ends SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])
         ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset",
    )
    .bind(end_offsets.iter().map(|end| end.partition.topic.name()).collect::<Vec<_>>())
    .bind(end_offsets.iter().map(|end| end.partition.partition).collect::<Vec<_>>())
    .bind(end_offsets.iter().map(|end| end.offset).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes the end offsets of a topic, so that the relay learns them again: an operator has accepted that its lost
/// records are lost.
pub async fn clear_end_offsets(pool: &PgPool, topic: Topic) -> Result<()> {
    let query = sqlx::query("DELETE FROM output_ends WHERE topic = $1").bind(topic.name());
    failpoint!("recover.forget_ends", query.execute(pool).await)?;
    Ok(())
}
