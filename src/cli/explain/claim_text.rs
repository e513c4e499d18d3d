//! A claim on a terminal: the answer, grounds, the sum by hand, decisions over time, and what followed.

use std::fmt::Write;

use super::{payment_text, sum_text};
use crate::claim::ReasonText;
use crate::terminal::table;
use crate::views::format::{grouped, money};
use crate::views::person_file::claim::ClaimView;

/// Everything of a claim under its headline.
pub fn section(claim: &ClaimView) -> String {
    let mut out = String::new();
    let spouse = claim.spouse_national_code.as_deref().unwrap_or("a spouse without a national code");
    let _ = writeln!(out, "\nMARRIAGE OF {} WITH {spouse}", claim.deed_date);
    let _ = writeln!(out, "  {}", claim.headline);
    let none = || "none".to_owned();
    let (record, request) =
        (claim.record_id.clone().unwrap_or_else(none), claim.request_id.clone().unwrap_or_else(none));
    let _ =
        writeln!(out, "  claim {}, registry record {record}, self-registration {request}", claim.claim_id);
    notes(&mut out, claim);
    if !claim.reasons.is_empty() {
        out.push_str("\n  Grounds\n");
    }
    for reason in &claim.reasons {
        ground(&mut out, reason);
    }
    if let Some(working) = &claim.working {
        sum_text::section(&mut out, working, claim.amount_rial.is_some());
    }
    decisions(&mut out, claim);
    payment_text::section(&mut out, claim);
    out
}

fn notes(out: &mut String, claim: &ClaimView) {
    if claim.withdrawn {
        out.push_str("  No input holds this marriage any more.\n");
    }
    if claim.facts_changed_since {
        out.push_str("  Facts changed since this was decided, and left the answer as it is; the sum below is the decision's.\n");
    }
    if !claim.recomputed_equal {
        out.push_str("  WARNING: decided again from its stored inputs, this is not byte for byte the stored decision; see recompute.\n");
    }
    if let Some(attempt) = claim.next_close.issues_attempt {
        let _ = writeln!(out, "  A close today would issue its document (attempt {attempt}).");
    }
    if let Some(answer) = &claim.next_close.answer {
        let amount = answer.amount_rial.map(|rial| format!(" {}", money(rial))).unwrap_or_default();
        let _ = writeln!(
            out,
            "  A close today would answer: {}{amount} {}",
            answer.outcome,
            answer.reasons.join(" ")
        );
    }
}

fn ground(out: &mut String, reason: &ReasonText) {
    let _ = writeln!(out, "    {} ({})", reason.code, reason.article);
    let _ = writeln!(out, "      {}", reason.text.en);
    let _ = writeln!(out, "      {}", reason.text.fa);
    let _ =
        writeln!(out, "      fact: {} (from: {}); required: {}", reason.fact, reason.source, reason.required);
    let _ = writeln!(out, "      what would change it: {}", reason.remedy.en);
    let _ = writeln!(out, "      {}", reason.remedy.fa);
}

fn decisions(out: &mut String, claim: &ClaimView) {
    let row = |d: &crate::views::person_file::claim::DecisionView| {
        vec![
            d.revision.to_string(),
            d.decided_at.to_string(),
            d.business_date.clone(),
            d.outcome.clone(),
            d.amount_rial.map_or_else(|| "-".to_owned(), grouped),
            d.decision_id.to_string(),
            d.reasons.join(" "),
        ]
    };
    let rows: Vec<_> = claim.decisions.iter().map(row).collect();
    let heads = ["rev", "decided at", "for", "outcome", ">rials", "decision (for recompute)", "reasons"];
    let _ = write!(out, "\n  Decisions\n{}", table(4, &heads, &rows));
}
