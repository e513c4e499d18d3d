//! `peyvand objections`, `peyvand findings` and `peyvand cases`: what insured persons and officers have sent.

use std::fmt::Write;

use uuid::Uuid;

use super::arguments::{Cases, Findings, Objections};
use super::start::CommandContext;
use super::{Error, Result};
use crate::terminal::{show, show_json, table};
use crate::views::cases::{self, CaseView, state_text};
use crate::views::casework::{self, FindingView, JudgementView, ObjectionView};
use crate::views::format::grouped;

pub async fn objections(started: &CommandContext, act: Objections, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    match act {
        Objections::List { open } => {
            let views = casework::objections(&ctx, open).await?;
            if json {
                show_json(&views);
            } else {
                let rows: Vec<_> = views.iter().map(objection_row).collect();
                show(&table(0, &OBJECTION_HEADS, &rows));
            }
        }
        Objections::Show { objection_id } => {
            let views =
                found(casework::objection_with(&ctx, objection_id).await?, "objection", objection_id)?;
            if json {
                show_json(&views);
            } else {
                views.iter().for_each(|view| show(&objection_page(view)));
            }
        }
    }
    Ok(())
}

pub async fn findings(started: &CommandContext, act: Findings, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    match act {
        Findings::List { open } => {
            let views = casework::findings(&ctx, open).await?;
            if json {
                show_json(&views);
            } else {
                let rows: Vec<_> = views.iter().map(finding_row).collect();
                show(&table(0, &FINDING_HEADS, &rows));
            }
        }
        Findings::Show { finding_id } => {
            let views = found(casework::finding_with(&ctx, finding_id).await?, "finding", finding_id)?;
            if json {
                show_json(&views);
            } else {
                views.iter().for_each(|view| show(&finding_page(view)));
            }
        }
    }
    Ok(())
}

pub async fn cases(started: &CommandContext, act: Cases, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    match act {
        Cases::List { open } => {
            let views = cases::cases(&ctx, open).await?;
            if json {
                show_json(&views);
            } else {
                let rows: Vec<_> = views.iter().map(case_row).collect();
                show(&table(0, &CASE_HEADS, &rows));
            }
        }
        Cases::Show { case_id } => {
            let views = found(cases::case_with(&ctx, case_id).await?, "case", case_id)?;
            if json {
                show_json(&views);
            } else {
                views.iter().for_each(|view| show(&case_page(view)));
            }
        }
    }
    Ok(())
}

fn found<V>(views: Vec<V>, kind: &str, id: Uuid) -> Result<Vec<V>> {
    if views.is_empty() {
        return Err(Error::failed(format!(
            "no {kind} has the id {id}; `peyvand {kind}s list` shows them all"
        )));
    }
    Ok(views)
}

pub(super) const OBJECTION_HEADS: [&str; 5] = ["objection", "state", "submitted", "disputed", "claim"];
pub(super) const FINDING_HEADS: [&str; 6] = ["finding", "state", "proposed", "ground", "verdict", "claim"];
const CASE_HEADS: [&str; 7] = ["case", "kind", "opened", "state", ">new rials", "grounds", "document"];

pub(super) fn objection_row(view: &ObjectionView) -> Vec<String> {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        view.objection_id.clone(),
        view.state.to_owned(),
        view.submitted_at.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        or_dash(&view.disputed),
        or_dash(&view.claim_id),
    ]
}

fn case_row(view: &CaseView) -> Vec<String> {
    vec![
        view.case_id.to_string(),
        view.kind.clone(),
        view.opened_at.to_string(),
        state_text(view),
        view.new_amount_rial.map_or_else(|| "-".to_owned(), grouped),
        view.grounds.join(" "),
        view.document_id.clone(),
    ]
}

fn case_page(view: &CaseView) -> String {
    let mut out = String::new();
    for (name, value) in CASE_HEADS.iter().zip(case_row(view)) {
        let _ = writeln!(out, "{:<12}{value}", name.trim_start_matches('>'));
    }
    let _ = writeln!(out, "{:<12}{}", "claim", view.claim_id);
    let _ = writeln!(out, "{:<12}{}", "cause", view.cause);
    let Some(details) = &view.details else { return out };
    let _ = writeln!(out, "{:<12}{}", "person", details.national_code);
    for proposal in &details.proposals {
        let amount = proposal.amount_rial.map(|rial| format!(" {}", grouped(rial))).unwrap_or_default();
        let _ = writeln!(
            out,
            "{:<12}{}{amount} by {} at {}: {}",
            proposal.state, proposal.outcome, proposal.author, proposal.proposed_at, proposal.reason
        );
        let _ = writeln!(out, "{:<12}{}", "proposal", proposal.proposal_sha256);
    }
    judgements(&mut out, &details.judgements);
    out
}

fn judgements(out: &mut String, all: &[JudgementView]) {
    for judgement in all {
        let _ = writeln!(
            out,
            "{:<12}by {} at {}, of proposal {}: {}",
            judgement.ruling, judgement.approver, judgement.at, judgement.proposal_sha256, judgement.reason
        );
    }
}

pub(super) fn finding_row(view: &FindingView) -> Vec<String> {
    vec![
        view.finding_id.clone(),
        view.state.to_owned(),
        view.proposed_at.to_string(),
        view.ground.clone(),
        view.verdict.clone(),
        view.claim_id.clone(),
    ]
}

fn objection_page(view: &ObjectionView) -> String {
    let mut out = String::new();
    for (name, value) in OBJECTION_HEADS.iter().zip(objection_row(view)) {
        let _ = writeln!(out, "{name:<12}{value}");
    }
    let Some(details) = &view.details else { return out };
    let _ = writeln!(out, "{:<12}{}", "person", details.national_code);
    let _ = writeln!(out, "{:<12}{}", "pictures", details.pictures.join(" "));
    for closing in &details.closings {
        let accepted = if closing.accepted { "accepted" } else { "not accepted" };
        let counts = if closing.counts { "" } else { " (does not count)" };
        let _ = writeln!(
            out,
            "{:<12}{} by {} at {}{counts}: {}",
            "closing", accepted, closing.author, closing.at, closing.reason
        );
        let _ = writeln!(out, "{:<12}{}", "findings", closing.findings.join(" "));
    }
    out
}

fn finding_page(view: &FindingView) -> String {
    let mut out = String::new();
    for (name, value) in FINDING_HEADS.iter().zip(finding_row(view)) {
        let _ = writeln!(out, "{name:<12}{value}");
    }
    let Some(details) = &view.details else { return out };
    let _ = writeln!(out, "{:<12}{}", "person", details.national_code);
    let _ = writeln!(out, "{:<12}{}: {}", "author", details.author, details.reason);
    let _ = writeln!(out, "{:<12}{}", "fact seen", details.fact_seen);
    let _ = writeln!(out, "{:<12}{}", "proposal", details.proposal_sha256);
    let _ = writeln!(out, "{:<12}{}", "evidence", details.evidence.join(" "));
    judgements(&mut out, &details.judgements);
    out
}
