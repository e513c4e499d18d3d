//! Objections: submissions, withdrawals, pictures, closings, and which of them were answered.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::findings::joined;
use super::{Error, PgConnection, Result, code, from_micros, instant, numbers, parsed};
use crate::claim::codes::PictureKind;
use crate::claim::objection::{Closing, Objection, Submission};
use crate::ident::NationalCode;

/// An objection belongs to its person, who is the key of both topics: the same id from another person is another
/// objection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectionKey {
    pub person: NationalCode,
    pub objection_id: Uuid,
}

pub struct StoredObjection {
    pub person: NationalCode,
    pub objection: Objection,
}

pub struct NewClosing {
    pub key: ObjectionKey,
    pub closing: Closing,
}

/// A picture that an event names.
pub struct NewPicture<'a> {
    pub key: ObjectionKey,
    pub picture_id: Uuid,
    pub kind: PictureKind,
    pub sha256: [u8; 32],
    pub media_type: &'a str,
    pub bytes: u32,
    pub width: u32,
    pub height: u32,
}

#[derive(FromRow)]
struct ObjectionRow {
    person: i64,
    objection_id: Uuid,
    submitted_us: Option<i64>,
    claim_id: Option<Uuid>,
    disputed: Option<String>,
    withdrawn: bool,
    answered: bool,
}

#[derive(FromRow)]
struct ClosingRow {
    person: i64,
    objection_id: Uuid,
    at_us: i64,
    author: String,
    accepted: bool,
    reason: String,
    findings: Vec<Uuid>,
}

/// The objections of these persons, in the order of persons and ids.
pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<StoredObjection>> {
    let rows: Vec<ObjectionRow> = sqlx::query_as(
        "SELECT person, objection_id, (extract(epoch FROM submitted_at) * 1000000)::bigint AS submitted_us, claim_id, disputed,
             withdrawn, answered_at IS NOT NULL AS answered
         FROM objections WHERE person = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(&mut *tx)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let closings: Vec<ClosingRow> = sqlx::query_as(
        "SELECT person, objection_id, (extract(epoch FROM at) * 1000000)::bigint AS at_us, author, accepted, reason, findings
         FROM objection_closings WHERE person = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    let mut objections = BTreeMap::new();
    for row in rows {
        objections.insert((row.person, row.objection_id), objection(&row)?);
    }
    for row in closings {
        let objection = objections.get_mut(&(row.person, row.objection_id));
        let objection = objection.ok_or(Error::Unreadable("objection of a closing"))?;
        objection.close(Closing {
            at: row.at_us,
            author: row.author,
            accepted: row.accepted,
            reason: row.reason,
            findings: row.findings,
        });
    }
    let mut stored = Vec::with_capacity(objections.len());
    for ((person, _), objection) in objections {
        stored.push(StoredObjection { person: code(person)?, objection });
    }
    Ok(stored)
}

fn objection(row: &ObjectionRow) -> Result<Objection> {
    let mut objection = Objection::new(row.objection_id);
    if let (Some(submitted_at), Some(claim_id), Some(disputed)) =
        (row.submitted_us, row.claim_id, &row.disputed)
    {
        let disputed = parsed(disputed, "ground of an objection")?;
        objection.submit(Submission { submitted_at, claim_id, disputed });
    }
    objection.withdrawn = row.withdrawn;
    objection.answered = row.answered;
    Ok(objection)
}

/// The persons who have objections, or the objection with this id.
pub async fn persons(tx: &mut PgConnection, id: Option<Uuid>) -> Result<Vec<NationalCode>> {
    let rows: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT person FROM objections WHERE objection_id = $1 OR $1 IS NULL ORDER BY person",
    )
    .bind(id)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(code).collect()
}

/// Writes objections that an input has changed. The mark of the answer is [`mark_answered`]'s alone.
pub async fn save(tx: &mut PgConnection, all: &[(ObjectionKey, &Objection)]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut submitted = Vec::with_capacity(all.len());
    for (_, objection) in all {
        let at = objection.submission.as_ref().map(|submission| from_micros(submission.submitted_at));
        submitted.push(at.transpose()?.map(instant));
    }
    let submissions: Vec<_> = all.iter().map(|(_, objection)| objection.submission.as_ref()).collect();
    sqlx::query(
        "INSERT INTO objections (person, objection_id, submitted_at, claim_id, disputed, withdrawn)
         SELECT a, b, c::timestamptz, d, e, f
         FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::bool[]) AS u (a, b, c, d, e, f)
         ON CONFLICT (person, objection_id) DO UPDATE SET submitted_at = excluded.submitted_at, claim_id = excluded.claim_id,
             disputed = excluded.disputed, withdrawn = excluded.withdrawn",
    )
    .bind(all.iter().map(|(key, _)| key.person.to_i64()).collect::<Vec<_>>())
    .bind(all.iter().map(|(key, _)| key.objection_id).collect::<Vec<_>>())
    .bind(submitted)
    .bind(submissions.iter().map(|s| s.map(|s| s.claim_id)).collect::<Vec<_>>())
    .bind(submissions.iter().map(|s| s.map(|s| s.disputed.as_str())).collect::<Vec<_>>())
    .bind(all.iter().map(|(_, objection)| objection.withdrawn).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes new closings.
pub async fn insert_closings(tx: &mut PgConnection, new: &[NewClosing]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let closings: Vec<_> = new.iter().map(|row| &row.closing).collect();
    sqlx::query(
        "INSERT INTO objection_closings (person, objection_id, sha256, at, author, accepted, reason, findings)
         SELECT a, b, c, d::timestamptz, e, f, g, array_remove(string_to_array(h, ' '), '')::uuid[]
         FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::bool[], $7::text[], $8::text[])
             AS u (a, b, c, d, e, f, g, h)",
    )
    .bind(new.iter().map(|row| row.key.person.to_i64()).collect::<Vec<_>>())
    .bind(new.iter().map(|row| row.key.objection_id).collect::<Vec<_>>())
    .bind(closings.iter().map(|c| c.sha256().to_vec()).collect::<Vec<_>>())
    .bind(closings.iter().map(|c| from_micros(c.at).map(instant)).collect::<Result<Vec<_>>>()?)
    .bind(closings.iter().map(|c| c.author.as_str()).collect::<Vec<_>>())
    .bind(closings.iter().map(|c| c.accepted).collect::<Vec<_>>())
    .bind(closings.iter().map(|c| c.reason.as_str()).collect::<Vec<_>>())
    .bind(closings.iter().map(|c| joined(&c.findings)).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// The pictures that events named for objections of these persons.
pub async fn pictures_of(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashSet<(ObjectionKey, Uuid)>> {
    let rows: Vec<(i64, Uuid, Uuid)> = sqlx::query_as(
        "SELECT person, objection_id, picture_id FROM objection_pictures WHERE person = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    let mut pictures = HashSet::with_capacity(rows.len());
    for (person, objection_id, picture_id) in rows {
        pictures.insert((ObjectionKey { person: code(person)?, objection_id }, picture_id));
    }
    Ok(pictures)
}

/// Writes pictures that no event has named before.
pub async fn insert_pictures(tx: &mut PgConnection, new: &[NewPicture<'_>]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO objection_pictures (person, objection_id, picture_id, kind, sha256, media_type, bytes, width, height)
         SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::bigint[],
             $8::bigint[], $9::bigint[])",
    )
    .bind(new.iter().map(|p| p.key.person.to_i64()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.key.objection_id).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.picture_id).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.kind.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.sha256.as_slice()).collect::<Vec<_>>())
    .bind(new.iter().map(|p| p.media_type).collect::<Vec<_>>())
    .bind(new.iter().map(|p| i64::from(p.bytes)).collect::<Vec<_>>())
    .bind(new.iter().map(|p| i64::from(p.width)).collect::<Vec<_>>())
    .bind(new.iter().map(|p| i64::from(p.height)).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// An objection without an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenObjection {
    pub objection_id: Uuid,
    pub claim_id: Uuid,
    pub disputed: String,
    pub submitted_at: Timestamp,
}

/// The number of open objections that were submitted before this instant.
pub async fn count_open(tx: &mut PgConnection, before: Timestamp) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM objections
         WHERE answered_at IS NULL AND NOT withdrawn AND submitted_at < $1::timestamptz",
    )
    .bind(instant(before))
    .fetch_one(tx)
    .await?)
}

/// The open objections that were submitted before this instant, the oldest first.
pub async fn open(tx: &mut PgConnection, before: Timestamp, limit: i64) -> Result<Vec<OpenObjection>> {
    let rows: Vec<(Uuid, Uuid, String, i64)> = sqlx::query_as(
        "SELECT objection_id, claim_id, disputed, (extract(epoch FROM submitted_at) * 1000000)::bigint FROM objections
         WHERE answered_at IS NULL AND NOT withdrawn AND submitted_at < $1::timestamptz
         ORDER BY submitted_at, objection_id LIMIT $2",
    )
    .bind(instant(before))
    .bind(limit)
    .fetch_all(tx)
    .await?;
    let mut open = Vec::with_capacity(rows.len());
    for (objection_id, claim_id, disputed, submitted) in rows {
        let submitted_at = from_micros(submitted)?;
        open.push(OpenObjection { objection_id, claim_id, disputed, submitted_at });
    }
    Ok(open)
}

/// Marks objections as answered, in the transaction that writes their answers to the outbox.
///
/// # Errors
/// Fails if one of them is not stored, or was answered before: its answer must not be published again.
pub async fn mark_answered(tx: &mut PgConnection, answered: &[ObjectionKey], at: Timestamp) -> Result<()> {
    if answered.is_empty() {
        return Ok(());
    }
    let done = sqlx::query(
        "UPDATE objections o SET answered_at = $3::timestamptz FROM unnest($1::bigint[], $2::uuid[]) AS u (person, id)
         WHERE o.person = u.person AND o.objection_id = u.id AND o.answered_at IS NULL",
    )
    .bind(answered.iter().map(|key| key.person.to_i64()).collect::<Vec<_>>())
    .bind(answered.iter().map(|key| key.objection_id).collect::<Vec<_>>())
    .bind(instant(at))
    .execute(tx)
    .await?;
    if done.rows_affected() == u64::try_from(answered.len()).unwrap_or(u64::MAX) {
        Ok(())
    } else {
        Err(Error::Invariant("an objection is answered once"))
    }
}
