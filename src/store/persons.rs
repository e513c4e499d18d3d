//! Persons: their locks and their dossiers.

use std::collections::HashMap;

use super::{Error, PgConnection, Result, code, dossier, numbers};
use crate::claim::person::Dossier;
use crate::ident::NationalCode;
use crate::law::SolarDate;

/// Locks the persons and returns their dossiers. `codes` contains each person once. A new code gets its row here; most
/// often all codes are known.
///
/// Transactions do not deadlock: each first inserts the new rows, in the order of their codes, while it holds no lock of
/// a person, and then locks all rows, in the same order. A transaction that waits for a row of
/// another insert holds only its own new rows of smaller codes. A transaction that waits for a lock holds only locks of
/// smaller codes and its own new rows, which no other transaction can see.
pub async fn lock(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<HashMap<NationalCode, Dossier>> {
    let locked = lock_packed(tx, codes).await?.into_iter();
    locked.map(|(code, packed)| Ok((code, decode(packed.as_deref())?))).collect()
}

/// A dossier as stored in the database; `None` for a person who is known only from a marriage.
pub type PackedDossier = Option<Vec<u8>>;

/// Like [`lock`], but leaves the dossiers packed, for [`decode`]. Most batches change none, and decoding is work for
/// another thread.
pub async fn lock_packed(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashMap<NationalCode, PackedDossier>> {
    sqlx::query(
        "INSERT INTO persons (code) SELECT c FROM unnest($1::bigint[]) c
         WHERE NOT EXISTS (SELECT 1 FROM persons p WHERE p.code = c) ORDER BY c ON CONFLICT DO NOTHING",
    )
    .bind(numbers(codes))
    .execute(&mut *tx)
    .await?;
    let dossiers = lock_known(tx, codes).await?;
    if dossiers.len() < codes.len() {
        return Err(Error::Invariant("every person of a transaction has a row that is locked"));
    }
    Ok(dossiers)
}

async fn lock_known(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashMap<NationalCode, PackedDossier>> {
    let rows: Vec<(i64, PackedDossier)> = sqlx::query_as(
        "SELECT code, dossier FROM persons WHERE code = ANY($1) ORDER BY code FOR NO KEY UPDATE",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(|(number, packed)| Ok((code(number)?, packed))).collect()
}

/// The dossiers of these persons, without locks: for reading only.
pub async fn read_dossiers(
    tx: &mut PgConnection,
    codes: &[NationalCode],
) -> Result<HashMap<NationalCode, Dossier>> {
    let rows: Vec<(i64, PackedDossier)> =
        sqlx::query_as("SELECT code, dossier FROM persons WHERE code = ANY($1)")
            .bind(numbers(codes))
            .fetch_all(tx)
            .await?;
    rows.into_iter().map(|(number, packed)| Ok((code(number)?, decode(packed.as_deref())?))).collect()
}

/// Decodes a dossier; `None` gives an empty one.
pub fn decode(packed: Option<&[u8]>) -> Result<Dossier> {
    Ok(packed.map(dossier::unpack).transpose()?.unwrap_or_default())
}

/// Writes changed dossiers of locked persons.
pub async fn save(tx: &mut PgConnection, changed: &[(NationalCode, &Dossier)]) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let codes: Vec<_> = changed.iter().map(|(code, _)| code.to_i64()).collect();
    let persons = changed.len();
    let packed = changed.iter().map(|(_, dossier)| dossier::pack(dossier)).collect::<Result<Vec<_>>>()?;
    let records: Vec<_> = changed.iter().map(|(_, dossier)| dossier.record.as_ref()).collect();
    let branches: Vec<_> = records.iter().map(|record| record.map(|own| own.branch_code.as_str())).collect();
    let provinces: Vec<_> =
        records.iter().map(|record| record.map(|own| own.province_code.as_str())).collect();
    let done = sqlx::query(
        "UPDATE persons p SET dossier = u.dossier, insured = u.branch IS NOT NULL, branch_code = u.branch, province_code = u.province
         FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[]) AS u (code, dossier, branch, province)
         WHERE p.code = u.code",
    )
    .bind(codes)
    .bind(packed)
    .bind(branches)
    .bind(provinces)
    .execute(tx)
    .await?;
    if usize::try_from(done.rows_affected()) == Ok(persons) {
        Ok(())
    } else {
        Err(Error::Invariant("every changed dossier has the row of its person"))
    }
}

/// Insured persons with a registry row that is not annulled and no claim, in the order of their codes. A code is
/// greater than `after` and at most `upto`; at most `limit` persons are returned. A correct database contains none,
/// because a transaction that writes the row or the insured record also decides.
pub async fn without_claim(
    tx: &mut PgConnection,
    after: i64,
    upto: i64,
    deeds_from: Option<SolarDate>,
    limit: u32,
) -> Result<Vec<NationalCode>> {
    let sql = "WITH named AS (SELECT husband AS person FROM marriages WHERE husband > $1 AND husband <= $2
                   UNION SELECT wife FROM marriages WHERE wife > $1 AND wife <= $2)
         SELECT person FROM named n WHERE NOT EXISTS (SELECT 1 FROM claims c WHERE c.person = n.person)
             AND EXISTS (SELECT 1 FROM persons p WHERE p.code = n.person AND p.insured)
             AND EXISTS (SELECT 1 FROM marriages m WHERE (m.husband = n.person OR m.wife = n.person)
                 AND m.content::json ->> 'status' <> 'annulled'
                 AND ($3::text IS NULL OR m.content::json ->> 'deed_date' >= $3::text COLLATE \"C\"))
         ORDER BY person LIMIT $4";
    let persons: Vec<i64> = sqlx::query_scalar(sql)
        .bind(after)
        .bind(upto)
        .bind(deeds_from.map(|date| date.to_string()))
        .bind(i64::from(limit))
        .fetch_all(tx)
        .await?;
    persons.into_iter().map(code).collect()
}
