//! `peyvand explain`: shows the person file to a branch officer, with the outcomes before the reasons.

mod claim_text;
mod payment_text;
mod person_text;
mod sum_text;
#[cfg(test)]
mod tests;

use super::Result;
use crate::app::AppContext;
use crate::ident::NationalCode;
use crate::terminal;
use crate::views::person_file::person_file;

/// Shows everything known about the person. Returns false if nothing is known.
pub async fn run(ctx: &AppContext, code: NationalCode, json: bool) -> Result<bool> {
    let file = person_file(ctx, code).await?;
    if file.is_empty() {
        eprintln!("Nothing is known about this person.");
        return Ok(false);
    }
    if json {
        terminal::show_json(&file);
    } else {
        terminal::show(&person_text::page(&file));
    }
    Ok(true)
}
