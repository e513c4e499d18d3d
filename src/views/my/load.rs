//! Reads the own file of a person.

use super::file::{LawTables, OwnFile};
use crate::claim::IdKey;
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::store::decisions::DecisionRow;
use crate::store::{PgConnection, Result, installation, my};
use crate::wire;

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
    let rows = my::load(tx, person, ids).await?;
    complete(tables, tx, &rows.decisions).await?;
    Ok(OwnFile::new(rows, tables, today))
}

/// Reads the versions of these decisions that are not known yet. A version that this program cannot read stays unknown:
/// then the page shows the decision without its working.
async fn complete(tables: &LawTables, tx: &mut PgConnection, decisions: &[DecisionRow]) -> Result<()> {
    for decision in decisions {
        let version = &decision.tables_version;
        if tables.of_version(version).is_some() {
            continue;
        }
        let body = installation::tables_of_version(tx, version).await?;
        if let Some(read) = body.and_then(|body| wire::tables::parse(&body).ok()) {
            tables.keep(read);
        }
    }
    Ok(())
}
