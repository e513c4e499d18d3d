//! `/my/claims/{id}/letter`: the decision as a letter for printing.

use serde::Serialize;
use uuid::Uuid;

use super::allowance::{ClaimCard, is_said};
use super::file::OwnFile;
use super::words;
use crate::claim::Outcome;
use crate::clock::Clock;
use crate::ident::NationalCode;
use crate::texts::Texts;

#[derive(Clone, Debug, Serialize)]
pub struct MyLetter {
    pub claim_id: Uuid,
    /// The date of printing.
    pub today: String,
    pub decided_on: String,
    pub national_code: String,
    pub deed_date: String,
    pub sentence: String,
    pub amount: Option<super::words::Amount>,
    pub reasons: Vec<LetterReason>,
    /// Whether the letter tells how to object: not for an approved claim.
    pub may_object: bool,
    pub decision_id: Uuid,
    pub rules_version: String,
    pub tables_version: String,
}

/// A reason with its article and what the person can do.
#[derive(Clone, Debug, Serialize)]
pub struct LetterReason {
    pub text: String,
    pub article: String,
    pub remedy: String,
}

impl MyLetter {
    /// `None` if the file has no such claim.
    pub fn new(file: &OwnFile, claim_id: Uuid, person: NationalCode, clock: &Clock) -> Option<Self> {
        let claim = file.claim(claim_id)?;
        let stored = claim.decisions.last()?;
        let card = ClaimCard::new(claim, clock, file.today);
        Some(Self {
            claim_id,
            today: words::date(file.today),
            decided_on: words::date(stored.business_date),
            national_code: person.to_string(),
            deed_date: card.deed_date,
            sentence: card.sentence,
            amount: card.amount,
            reasons: reasons(claim),
            may_object: claim.claim.outcome != Outcome::Approved,
            decision_id: stored.decision_id,
            rules_version: stored.rules_version.clone(),
            tables_version: stored.tables_version.clone(),
        })
    }
}

fn reasons(claim: &super::file::OwnClaimFile) -> Vec<LetterReason> {
    let Some(again) = &claim.again else { return Vec::new() };
    let mut letter = Vec::new();
    for finding in again.conditions.iter().filter(|finding| finding.reason.is_some()) {
        let Some(reason) = &finding.reason else { continue };
        if !is_said(claim, reason.code) {
            continue;
        }
        let text = Texts::built_in().reason_text(reason);
        let article = words::say("article", finding.condition.as_str(), &[], claim.claim.deed_date);
        letter.push(LetterReason { text: text.text.fa, article, remedy: text.remedy.fa });
    }
    letter
}
