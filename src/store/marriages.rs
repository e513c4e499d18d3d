//! The rows of the registry, in their latest version.

use std::collections::{BTreeMap, HashMap};

use super::{Error, PgConnection, Result};
use crate::claim::person::{RegistryRow, Side};
use crate::wire::registry_marriages_v1::{MarriageRecorded, Spouse};

/// The stored rows of these records.
pub async fn by_record(tx: &mut PgConnection, records: &[&str]) -> Result<HashMap<String, MarriageRecorded>> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT content FROM marriages WHERE record_id = ANY($1)")
        .bind(records)
        .fetch_all(tx)
        .await?;
    rows.iter().map(|(content,)| parse(content).map(|row| (row.record_id.clone(), row))).collect()
}

/// Every row that names one of these persons.
pub async fn of_persons(tx: &mut PgConnection, codes: &[i64]) -> Result<Vec<RegistryRow>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT content FROM marriages WHERE husband = ANY($1)
         UNION ALL
         SELECT content FROM marriages WHERE wife = ANY($1)",
    )
    .bind(codes)
    .fetch_all(tx)
    .await?;
    // The row of two spouses who are both in `codes` is returned twice: the map keeps it once.
    let rows =
        rows.iter().map(|(content,)| parse(content).map(|row| (row.record_id.clone(), registry_row(&row))));
    Ok(rows.collect::<Result<BTreeMap<_, _>>>()?.into_values().collect())
}

/// The records that name one of these persons.
pub async fn records_of(tx: &mut PgConnection, codes: &[i64]) -> Result<Vec<String>> {
    let sql = "SELECT record_id FROM marriages WHERE husband = ANY($1) OR wife = ANY($1) ORDER BY record_id";
    Ok(sqlx::query_scalar(sql).bind(codes).fetch_all(tx).await?)
}

/// Writes new rows and new versions. An older version never overrides a newer one, also if the two come from different
/// partitions.
pub async fn save(tx: &mut PgConnection, rows: &[MarriageRecorded]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let code = |spouse: &Spouse| spouse.national_code.map(crate::ident::NationalCode::to_i64);
    let content =
        |row: &MarriageRecorded| serde_json::to_string(row).map_err(|_| Error::Unreadable("marriage"));
    sqlx::query(
        "INSERT INTO marriages (record_id, record_version, husband, wife, content)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
         ON CONFLICT (record_id) DO UPDATE SET record_version = excluded.record_version, husband = excluded.husband,
             wife = excluded.wife, content = excluded.content
         WHERE marriages.record_version < excluded.record_version",
    )
    .bind(rows.iter().map(|row| row.record_id.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.record_version.cast_signed()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| code(&row.husband)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| code(&row.wife)).collect::<Vec<_>>())
    .bind(rows.iter().map(content).collect::<Result<Vec<_>>>()?)
    .execute(tx)
    .await?;
    Ok(())
}

fn parse(content: &str) -> Result<MarriageRecorded> {
    serde_json::from_str(content).map_err(|_| Error::Unreadable("marriage"))
}

/// The part of the row that the rules read.
pub fn registry_row(row: &MarriageRecorded) -> RegistryRow {
    let side = |spouse: &Spouse| Side {
        code: spouse.national_code,
        family_name: spouse.family_name.clone(),
        birth_date: spouse.birth_date,
        earlier_marriages: spouse.earlier_marriages,
    };
    RegistryRow {
        record_id: row.record_id.clone(),
        status: row.status,
        deed_date: row.deed_date,
        registered_on: row.registered_on,
        office_kind: row.office_kind,
        permanence: row.permanence,
        husband: side(&row.husband),
        wife: side(&row.wife),
    }
}
