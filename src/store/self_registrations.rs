//! Self-registrations from the portal.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{PgConnection, Result, code, from_micros, instant, numbers, parsed};
use crate::claim::person::SelfRegistration;
use crate::ident::NationalCode;

/// A stored self-registration with its source offset.
pub struct StoredRegistration {
    pub registration: SelfRegistration,
    pub source_offset: i64,
}

type RegistrationRow = (String, i64, i64, i64, String, bool, i64);

const COLUMNS: &str =
    "SELECT request_id, applicant, spouse, (extract(epoch FROM submitted_at) * 1000000)::bigint, deed_date,
    undertaking, source_offset FROM self_registrations WHERE ";

/// A request belongs to its applicant, who is the key of the topic: the same id from another applicant is another
/// request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RegistrationKey {
    pub applicant: NationalCode,
    pub request_id: String,
}

pub async fn by_request(
    tx: &mut PgConnection,
    requests: &[RegistrationKey],
) -> Result<HashMap<RegistrationKey, StoredRegistration>> {
    let query = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} (applicant, request_id) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))"
    ));
    let rows: Vec<RegistrationRow> = sqlx::query_as(query)
        .bind(requests.iter().map(|key| key.applicant.to_i64()).collect::<Vec<_>>())
        .bind(requests.iter().map(|key| key.request_id.as_str()).collect::<Vec<_>>())
        .fetch_all(tx)
        .await?;
    let mut registrations = HashMap::with_capacity(rows.len());
    for row in rows {
        let stored = read(row)?;
        let (applicant, request_id) = (stored.registration.applicant, stored.registration.request_id.clone());
        registrations.insert(RegistrationKey { applicant, request_id }, stored);
    }
    Ok(registrations)
}

pub async fn of_persons(tx: &mut PgConnection, codes: &[NationalCode]) -> Result<Vec<SelfRegistration>> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} applicant = ANY($1)"));
    let rows: Vec<RegistrationRow> = sqlx::query_as(query).bind(numbers(codes)).fetch_all(tx).await?;
    rows.into_iter().map(|row| read(row).map(|stored| stored.registration)).collect()
}

fn read(
    (request_id, applicant, spouse, submitted_at, deed_date, undertaking, source_offset): RegistrationRow,
) -> Result<StoredRegistration> {
    let registration = SelfRegistration {
        request_id,
        submitted_at,
        applicant: code(applicant)?,
        spouse: code(spouse)?,
        deed_date: parsed(&deed_date, "deed date")?,
        first_marriage_undertaking: undertaking,
    };
    Ok(StoredRegistration { registration, source_offset })
}

pub async fn save(tx: &mut PgConnection, all: &[&StoredRegistration]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let submitted =
        |s: &&StoredRegistration| from_micros(s.registration.submitted_at).map(|at: Timestamp| instant(at));
    sqlx::query(
        "INSERT INTO self_registrations (request_id, applicant, spouse, submitted_at, deed_date, undertaking, source_offset)
         SELECT r, a, s, t::timestamptz, d, u, o
         FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bool[], $7::bigint[]) AS x (r, a, s, t, d, u, o)
         ON CONFLICT (applicant, request_id) DO UPDATE SET spouse = excluded.spouse,
             submitted_at = excluded.submitted_at, deed_date = excluded.deed_date, undertaking = excluded.undertaking,
             source_offset = excluded.source_offset",
    )
    .bind(all.iter().map(|s| s.registration.request_id.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|s| s.registration.applicant.to_i64()).collect::<Vec<_>>())
    .bind(all.iter().map(|s| s.registration.spouse.to_i64()).collect::<Vec<_>>())
    .bind(all.iter().map(submitted).collect::<Result<Vec<_>>>()?)
    .bind(all.iter().map(|s| s.registration.deed_date.to_string()).collect::<Vec<_>>())
    .bind(all.iter().map(|s| s.registration.first_marriage_undertaking).collect::<Vec<_>>())
    .bind(all.iter().map(|s| s.source_offset).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}
