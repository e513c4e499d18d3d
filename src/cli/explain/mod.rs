//! `peyvand explain`: the dossier of a person as a branch officer wants it - the answer first, then why.

mod claim;
mod claim_text;
mod dossier;
mod gather;
mod headline;
mod of_claim;
mod of_person;
mod payment_text;
mod person_text;
mod sum_text;
#[cfg(test)]
mod tests;

use super::Result;
use super::paper;
use crate::ident::NationalCode;
use crate::work::House;
use dossier::Dossier;

/// Shows everything known of the person; false where nothing is.
pub async fn run(house: &House, code: NationalCode, json: bool) -> Result<bool> {
    let dossier = dossier(house, code).await?;
    if dossier.is_empty() {
        eprintln!("Nothing is known of this person.");
        return Ok(false);
    }
    if json {
        paper::show_json(&dossier);
    } else {
        paper::show(&person_text::page(&dossier));
    }
    Ok(true)
}

/// The same person in three short lines: outcome and amount, why, what happens next. Without the national code.
pub async fn three_lines(house: &House, code: NationalCode) -> Result<Vec<String>> {
    Ok(headline::three_lines(&dossier(house, code).await?))
}

async fn dossier(house: &House, code: NationalCode) -> Result<Dossier> {
    let gathered = gather::gather(house, code).await?;
    Ok(of_person::dossier(&gathered, &house.clock, house.deeds_from))
}
