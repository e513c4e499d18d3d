//! Everything known of a person, and of each claim: what it is, why, and what would change it.

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

/// Reads the file of a person. It is empty where nothing is known of the person.
pub async fn person_file(ctx: &AppContext, code: NationalCode) -> Result<PersonFile> {
    let loaded = load::load_person(ctx, code).await?;
    Ok(build_person::person_file(&loaded, &ctx.clock, ctx.deeds_from))
}

/// The person in three short lines: outcome and amount, the reason, what happens next. The national code is not in them.
pub async fn three_lines(ctx: &AppContext, code: NationalCode) -> Result<Vec<String>> {
    Ok(headline::three_lines(&person_file(ctx, code).await?))
}
