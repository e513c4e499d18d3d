//! The person file: all data about a person, and for each claim its outcome, its reasons, and what would change it.

pub mod build_claim;
mod build_person;
pub mod claim;
pub mod headline;
mod load;
pub mod person;

pub use person::PersonFile;

use crate::app::AppContext;
use crate::ident::NationalCode;
use crate::store::Result;

/// Reads the file of a person. It is empty if nothing is known about the person.
///
/// # Errors
/// Returns an error if the database fails or stored data cannot be read.
pub async fn person_file(ctx: &AppContext, code: NationalCode) -> Result<PersonFile> {
    let loaded = load::load_person(ctx, code).await?;
    Ok(build_person::person_file(&loaded, &ctx.clock, ctx.deeds_from))
}

/// The person in three short lines: outcome and amount, reason, next step. They do not contain the national code.
///
/// # Errors
/// As for [`person_file`].
pub async fn three_lines(ctx: &AppContext, code: NationalCode) -> Result<Vec<String>> {
    Ok(headline::three_lines(&person_file(ctx, code).await?))
}
