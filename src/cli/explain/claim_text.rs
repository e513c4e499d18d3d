//! A claim on a terminal: the outcome, the reasons, the calculation, the decisions, and the payment.

use std::fmt::Write;

use super::{payment_text, sum_text};
use crate::terminal::table;
use crate::texts::ReasonText;
use crate::views::format::{grouped, money};
use crate::views::person_file::claim::ClaimView;

/// The section of a claim, under its headline.
pub fn section(claim: &ClaimView) -> String {
    let mut out = String::new();
    let spouse = claim.spouse_national_code.as_deref().unwrap_or("a spouse without a national code");
    let _ = writeln!(out, "\nMARRIAGE OF {} WITH {spouse}", claim.deed_date);
    let _ = writeln!(out, "  {}", claim.headline);
    let record = claim.record_id.as_deref().unwrap_or("none");
    let request = claim.request_id.as_deref().unwrap_or("none");
    let _ =
        writeln!(out, "  claim {}, registry record {record}, self-registration {request}", claim.claim_id);
    notes(&mut out, claim);
    if !claim.reasons.is_empty() {
        out.push_str("\n  Reasons\n");
    }
    for reason in &claim.reasons {
        reason_text(&mut out, reason);
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
        out.push_str("  No input contains this marriage any more.\n");
    }
    if claim.facts_changed_since {
        out.push_str("  Facts changed after this decision without changing its answer; the calculation is that of the decision.\n");
    }
    if !claim.recomputed_equal {
        out.push_str("  WARNING: the decision recomputed from its stored inputs differs from the stored one; see recompute.\n");
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

fn reason_text(out: &mut String, reason: &ReasonText) {
    let _ = writeln!(out, "    {} ({})", reason.code, reason.article);
    let _ = writeln!(out, "      {}", reason.text.en);
    let _ = writeln!(out, "      {}", reason.text.fa);
    let _ =
        writeln!(out, "      fact: {} (from: {}); required: {}", reason.fact, reason.source, reason.required);
    let _ = writeln!(out, "      remedy: {}", reason.remedy.en);
    let _ = writeln!(out, "      {}", reason.remedy.fa);
}

fn decisions(out: &mut String, claim: &ClaimView) {
    let mut rows = Vec::with_capacity(claim.decisions.len());
    for decision in &claim.decisions {
        rows.push(vec![
            decision.revision.to_string(),
            decision.decided_at.to_string(),
            decision.business_date.clone(),
            decision.outcome.clone(),
            decision.amount_rial.map_or_else(|| "-".to_owned(), grouped),
            decision.decision_id.to_string(),
            decision.reasons.join(" "),
        ]);
    }
    let heads = ["rev", "decided at", "for", "outcome", ">rials", "decision (for recompute)", "reasons"];
    let _ = write!(out, "\n  Decisions\n{}", table(4, &heads, &rows));
}
