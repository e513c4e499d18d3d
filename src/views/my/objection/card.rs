//! What the pages of a claim say about its objections.

use serde::Serialize;

use super::sent::ObjectionLine;
use crate::clock::Clock;
use crate::texts::PageTexts;
use crate::views::my::file::OwnClaimFile;

/// The objection that matters now, in one line below the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ClaimObjection {
    /// `draft`, or the state of an objection.
    pub state: &'static str,
    pub text: String,
    /// `None` if it came from another portal.
    pub link: Option<String>,
}

/// An open objection, else a draft, else the latest objection.
pub fn of_claim(file: &OwnClaimFile, clock: &Clock) -> Option<ClaimObjection> {
    let objections = &file.objections;
    let lines: Vec<_> = objections.sent.iter().map(|sent| ObjectionLine::new(sent, clock)).collect();
    let open = lines.iter().find(|line| line.is_open);
    if open.is_none() && objections.is_open_elsewhere {
        return Some(ClaimObjection { state: "open", text: said("card_open", &[]), link: None });
    }
    if open.is_none() && objections.draft.is_some() {
        let link = Some(form_path(file));
        return Some(ClaimObjection { state: "draft", text: said("draft", &[]), link });
    }
    let line = open.or(lines.first())?;
    let values = [("date", line.sent_on.clone())];
    let text = said(&format!("card_{}", line.state), &values);
    Some(ClaimObjection { state: line.state, text, link: Some(format!("/my/objections/{}", line.no)) })
}

fn said(key: &str, values: &[(&str, String)]) -> String {
    PageTexts::built_in().say("objection", key, values)
}

fn form_path(file: &OwnClaimFile) -> String {
    format!("/my/claims/{}/objections/new", file.claim.claim_id)
}

/// Where the person can object: nowhere while an objection is open, or while nothing can be disputed.
pub fn object_path(file: &OwnClaimFile) -> Option<String> {
    let has_ground = !file.claim.reasons.is_empty() || file.claim.amount.is_some();
    (has_ground && !file.objections.is_open()).then(|| form_path(file))
}
