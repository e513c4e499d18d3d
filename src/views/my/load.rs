//! Reads the own file of a person.

use super::file::{LawTables, OwnFile};
use crate::claim::IdKey;
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::store::{PgConnection, Result, my};

/// The file of `person`, as of the caller's transaction. It is empty for a person without a claim.
///
/// # Errors
/// If the database fails or stored data cannot be read.
pub async fn load(
    tx: &mut PgConnection,
    person: NationalCode,
    ids: &IdKey,
    tables: &LawTables,
    today: SolarDate,
) -> Result<OwnFile> {
    Ok(OwnFile::new(my::load(tx, person, ids).await?, tables, today))
}
