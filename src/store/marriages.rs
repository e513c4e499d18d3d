//! The rows of the registry, in their latest version.

use std::collections::{BTreeMap, HashMap};

use super::{Error, PgConnection, Result, numbers};
use crate::claim::person::RegistryRow;
use crate::claim::registry_record::{RecordedSpouse, RegistryRecord};
use crate::ident::NationalCode;

/// The stored rows of these records.
pub async fn by_record(tx: &mut PgConnection, records: &[&str]) -> Result<HashMap<String, RegistryRecord>> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT content FROM marriages WHERE record_id = ANY($1)")
        .bind(records)
        .fetch_all(tx)
        .await?;
    rows.iter().map(|(content,)| parse(content).map(|row| (row.record_id.clone(), row))).collect()
}

/// Every row that names one of these persons.
pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<RegistryRow>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT content FROM marriages WHERE husband = ANY($1)
         UNION ALL
         SELECT content FROM marriages WHERE wife = ANY($1)",
    )
    .bind(numbers(codes))
    .fetch_all(tx)
    .await?;
    // The row of two spouses who are both in `codes` is returned twice: the map keeps it once.
    let rows = rows.iter().map(|(content,)| parse(content).map(|row| (row.record_id.clone(), row.row())));
    Ok(rows.collect::<Result<BTreeMap<_, _>>>()?.into_values().collect())
}

/// The records that name one of these persons.
pub async fn records_of(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<String>> {
    let sql = "SELECT record_id FROM marriages WHERE husband = ANY($1) OR wife = ANY($1) ORDER BY record_id";
    Ok(sqlx::query_scalar(sql).bind(numbers(codes)).fetch_all(tx).await?)
}

/// Writes new rows and new versions. An older version never overrides a newer one, also if the two come from different
/// partitions.
pub async fn save(tx: &mut PgConnection, rows: &[RegistryRecord]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO marriages (record_id, record_version, husband, wife, content)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
         ON CONFLICT (record_id) DO UPDATE SET record_version = excluded.record_version, husband = excluded.husband,
             wife = excluded.wife, content = excluded.content
         WHERE marriages.record_version < excluded.record_version",
    )
    .bind(rows.iter().map(|row| row.record_id.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.record_version.cast_signed()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| code_number(&row.husband)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| code_number(&row.wife)).collect::<Vec<_>>())
    .bind(rows.iter().map(content).collect::<Result<Vec<_>>>()?)
    .execute(tx)
    .await?;
    Ok(())
}

fn code_number(spouse: &RecordedSpouse) -> Option<i64> {
    spouse.national_code.map(NationalCode::to_i64)
}

fn content(row: &RegistryRecord) -> Result<String> {
    serde_json::to_string(row).map_err(|_| Error::Unreadable("marriage"))
}

pub(super) fn parse(content: &str) -> Result<RegistryRecord> {
    serde_json::from_str(content).map_err(|_| Error::Unreadable("marriage"))
}
