//! The payment of a claim on a terminal: documents with finance's answers, cases, SMS.

use std::fmt::Write;

use crate::terminal::table;
use crate::views::cases::{CaseView, state_text};
use crate::views::format::{TehranTime, grouped, money};
use crate::views::person_file::claim::{ClaimView, DocumentView, MessageView};

/// Adds documents, cases and SMS, or nothing if there are none.
pub fn section(out: &mut String, claim: &ClaimView) {
    for document in &claim.documents {
        self::document(out, document);
    }
    cases(out, claim);
    messages(out, claim);
}

fn document(out: &mut String, document: &DocumentView) {
    let superseded = if document.superseded { ", superseded" } else { "" };
    let _ = writeln!(
        out,
        "\n  Payment document {} (attempt {}{superseded})",
        document.document_id, document.attempt
    );
    let _ = writeln!(out, "    {} to {}", money(document.amount_rial), document.sheba);
    let _ = writeln!(
        out,
        "    of {}, cost centre {}, issued {}, by decision {}",
        document.month, document.cost_centre, document.issued_at, document.decision_id
    );
    if document.answers.is_empty() {
        out.push_str("    finance has not answered\n");
    }
    for answer in &document.answers {
        let code = answer.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        let _ = writeln!(out, "    {}  {}{code}", answer.at, answer.outcome);
    }
}

fn case_row(case: &CaseView) -> Vec<String> {
    vec![
        case.kind.clone(),
        case.opened_at.to_string(),
        state_text(case),
        case.new_amount_rial.map_or_else(|| "-".to_owned(), grouped),
        case.grounds.join(" "),
        case.case_id.to_string(),
        case.cause.chars().take(12).collect(),
    ]
}

fn cases(out: &mut String, claim: &ClaimView) {
    let rows: Vec<_> = claim.cases.iter().map(case_row).collect();
    if !rows.is_empty() {
        let heads = ["kind", "opened", "state", ">new rials", "grounds", "case", "cause"];
        let _ = write!(out, "\n  Cases\n{}", table(4, &heads, &rows));
    }
}

fn message_row(message: &MessageView) -> Vec<String> {
    let requested = message
        .requested_at
        .as_ref()
        .map_or_else(|| "waits for its document".to_owned(), TehranTime::to_string);
    let status = message.status.as_deref().unwrap_or("no report");
    let at = message.status_at.as_ref().map(|at| format!(" {at}")).unwrap_or_default();
    vec![
        message.kind.clone(),
        message.mobile.clone(),
        message.segments.to_string(),
        requested,
        format!("{status}{at}"),
    ]
}

fn messages(out: &mut String, claim: &ClaimView) {
    let rows: Vec<_> = claim.messages.iter().map(message_row).collect();
    if !rows.is_empty() {
        let _ = write!(
            out,
            "\n  SMS\n{}",
            table(4, &["kind", "mobile", ">parts", "requested", "gateway"], &rows)
        );
    }
}
