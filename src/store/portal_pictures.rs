//! Pictures that people have sent on the portal. Their bytes are in `crate::blobs`.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::scope::ScopedTransaction;
use super::{Error, PgConnection, Result, digest, from_micros, parsed};
use crate::claim::codes::PictureKind;

/// A picture whose bytes are durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PictureRow {
    pub picture_id: Uuid,
    pub objection_id: Uuid,
    pub upload_key: String,
    pub kind: PictureKind,
    pub sha256: [u8; 32],
    pub media_type: String,
    pub bytes: u32,
    pub width: u32,
    pub height: u32,
    pub stored_at: Timestamp,
    /// Whether it was sent with an objection, or added to one.
    pub sent: bool,
}

/// A picture that is stored now.
pub struct NewPicture<'a> {
    pub picture_id: Uuid,
    pub objection_id: Uuid,
    pub upload_key: &'a str,
    pub kind: PictureKind,
    pub sha256: [u8; 32],
    pub media_type: &'a str,
    pub bytes: u32,
    pub width: u32,
    pub height: u32,
}

#[derive(FromRow)]
struct RawPicture {
    picture_id: Uuid,
    objection_id: Uuid,
    upload_key: String,
    kind: String,
    sha256: Vec<u8>,
    media_type: String,
    bytes: i64,
    width: i64,
    height: i64,
    stored_us: i64,
    sent: bool,
}

impl RawPicture {
    fn picture(self) -> Result<PictureRow> {
        let size = |number: i64| u32::try_from(number).map_err(|_| Error::Unreadable("size of a picture"));
        Ok(PictureRow {
            picture_id: self.picture_id,
            objection_id: self.objection_id,
            upload_key: self.upload_key,
            kind: parsed(&self.kind, "kind of a picture")?,
            sha256: digest(&self.sha256)?,
            media_type: self.media_type,
            bytes: size(self.bytes)?,
            width: size(self.width)?,
            height: size(self.height)?,
            stored_at: from_micros(self.stored_us)?,
            sent: self.sent,
        })
    }
}

const PICTURE: &str =
    "SELECT picture_id, objection_id, upload_key, kind, sha256, media_type, bytes, width, height,
    (extract(epoch FROM stored_at) * 1000000)::bigint AS stored_us, submission_id IS NOT NULL AS sent
    FROM portal_pictures WHERE person = $1";

/// The pictures of an objection or of its draft, the oldest first.
pub async fn of_objection(tx: &mut ScopedTransaction, objection_id: Uuid) -> Result<Vec<PictureRow>> {
    let query =
        sqlx::AssertSqlSafe(format!("{PICTURE} AND objection_id = $2 ORDER BY stored_at, picture_id"));
    let rows: Vec<RawPicture> = sqlx::query_as(query)
        .bind(tx.scope().person().to_i64())
        .bind(objection_id)
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter().map(RawPicture::picture).collect()
}

/// All pictures of the person, the oldest first.
pub async fn own(tx: &mut ScopedTransaction) -> Result<Vec<PictureRow>> {
    let query = sqlx::AssertSqlSafe(format!("{PICTURE} ORDER BY stored_at, picture_id"));
    let rows: Vec<RawPicture> =
        sqlx::query_as(query).bind(tx.scope().person().to_i64()).fetch_all(&mut **tx).await?;
    rows.into_iter().map(RawPicture::picture).collect()
}

/// The person's picture with this id.
pub async fn picture(tx: &mut ScopedTransaction, picture_id: Uuid) -> Result<Option<PictureRow>> {
    let query = sqlx::AssertSqlSafe(format!("{PICTURE} AND picture_id = $2"));
    let row: Option<RawPicture> = sqlx::query_as(query)
        .bind(tx.scope().person().to_i64())
        .bind(picture_id)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(RawPicture::picture).transpose()
}

/// Writes the row of a picture, unless it is there. The caller holds the lock of its objection.
pub async fn insert(tx: &mut ScopedTransaction, new: &NewPicture<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO portal_pictures (picture_id, person, objection_id, upload_key, kind, sha256, media_type, bytes, width, height)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (picture_id) DO NOTHING",
    )
    .bind(new.picture_id)
    .bind(tx.scope().person().to_i64())
    .bind(new.objection_id)
    .bind(new.upload_key)
    .bind(new.kind.as_str())
    .bind(&new.sha256[..])
    .bind(new.media_type)
    .bind(i64::from(new.bytes))
    .bind(i64::from(new.width))
    .bind(i64::from(new.height))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes the row of a picture that was not sent. Returns whether there was one.
pub async fn delete(tx: &mut ScopedTransaction, objection_id: Uuid, picture_id: Uuid) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM portal_pictures WHERE person = $1 AND objection_id = $2 AND picture_id = $3 AND submission_id IS NULL",
    )
    .bind(tx.scope().person().to_i64())
    .bind(objection_id)
    .bind(picture_id)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes that these pictures were sent with a submission.
pub async fn mark_sent(tx: &mut ScopedTransaction, pictures: &[Uuid], submission_id: Uuid) -> Result<()> {
    sqlx::query(
        "UPDATE portal_pictures SET submission_id = $3
         WHERE person = $1 AND picture_id = ANY($2) AND submission_id IS NULL",
    )
    .bind(tx.scope().person().to_i64())
    .bind(pictures)
    .bind(submission_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes the rows of pictures of all persons that were never sent, are older than `days`, and have no draft any more.
/// Returns their number.
pub async fn delete_unsent(tx: &mut PgConnection, days: u16) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM portal_pictures p WHERE p.submission_id IS NULL AND p.stored_at < now() - make_interval(days => $1)
             AND NOT EXISTS (SELECT FROM objection_drafts d WHERE d.person = p.person AND d.objection_id = p.objection_id)",
    )
    .bind(i32::from(days))
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Those of these pictures that some row names: of the portal, of an event about an objection, or of a finding.
pub async fn named(tx: &mut PgConnection, pictures: &[Uuid]) -> Result<HashSet<Uuid>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT picture_id FROM portal_pictures WHERE picture_id = ANY($1)
         UNION SELECT picture_id FROM objection_pictures WHERE picture_id = ANY($1)
         UNION SELECT named FROM finding_proposals CROSS JOIN LATERAL unnest(evidence) AS named WHERE evidence && $1",
    )
    .bind(pictures)
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().collect())
}

/// The instant `hours` ago by the database's clock, because a fixed business date stops the clock of the program.
pub async fn hours_ago(tx: &mut PgConnection, hours: u16) -> Result<Timestamp> {
    let micros: i64 = sqlx::query_scalar(
        "SELECT (extract(epoch FROM now() - make_interval(hours => $1)) * 1000000)::bigint",
    )
    .bind(i32::from(hours))
    .fetch_one(tx)
    .await?;
    from_micros(micros)
}
