//! Summaries: a claim in one line, a person in three.

use super::claim::{ClaimView, DocumentView, WorkingView};
use super::person::PersonFile;
use crate::views::format::{grouped, money};

/// The claim in one line, such as
/// `APPROVED 103,909,680 rials (10,390,968 tomans): paid by document … of 1404-07 on 1404-08-05`.
pub fn headline(claim: &ClaimView) -> String {
    let amount = claim.amount_rial.map(|rial| format!(" {}", money(rial))).unwrap_or_default();
    let reasons: Vec<_> = claim.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let why = match claim.document() {
        _ if !reasons.is_empty() => reasons.join(", "),
        Some(document) => payment(document) + &next_attempt(claim),
        None => after_approval(claim).to_owned(),
    };
    let open = claim.cases.iter().filter(|case| case.state == "open").map(|case| case.kind.as_str());
    let open: Vec<_> = open.collect();
    let cases =
        if open.is_empty() { String::new() } else { format!("; a person must judge: {}", open.join(", ")) };
    format!("{}{amount}: {why}{cases}", claim.outcome)
}

fn after_approval(claim: &ClaimView) -> &'static str {
    match (claim.next_close.issues_attempt, &claim.next_close.answer) {
        (Some(_), _) => "no document yet, the next close issues it",
        (None, Some(_)) => "no document yet, and the next close will decide differently",
        (None, None) => "no document yet",
    }
}

/// The next attempt, if the reason of a return is corrected.
fn next_attempt(claim: &ClaimView) -> String {
    let attempt = claim.next_close.issues_attempt;
    attempt.map(|attempt| format!("; the next close issues attempt {attempt}")).unwrap_or_default()
}

/// The state of a document's payment, by finance's latest answer.
fn payment(document: &DocumentView) -> String {
    let named = format!("document {} of {}", document.document_id, document.month);
    let Some(answer) = document.answers.last() else {
        return format!("{named}, with finance since {}, no answer yet", document.issued_at.day());
    };
    let on = answer.at.day();
    match (answer.outcome, &answer.code) {
        ("paid", _) => format!("paid by {named} on {on}"),
        (outcome, Some(code)) => format!("{named}, {outcome} on {on} ({code})"),
        (outcome, None) => format!("{named}, {outcome} on {on}"),
    }
}

/// The person in three short lines: outcome, reason, next step. They do not contain the national code.
pub fn three_lines(file: &PersonFile) -> Vec<String> {
    let Some(claim) = foremost(file) else {
        return vec![file.no_claim.unwrap_or("Nothing is known about this person.").to_owned()];
    };
    let amount = claim.amount_rial.map(|rial| format!(", {}", money(rial))).unwrap_or_default();
    vec![
        format!("{}{amount}, for the marriage of {}", claim.outcome, claim.deed_date),
        why(claim),
        next(claim),
    ]
}

/// The most relevant claim: the paid one, else the latest that an input still contains.
fn foremost(file: &PersonFile) -> Option<&ClaimView> {
    let paid = file.claims.iter().find(|claim| !claim.documents.is_empty());
    paid.or_else(|| file.claims.iter().rfind(|claim| !claim.withdrawn)).or_else(|| file.claims.last())
}

fn why(claim: &ClaimView) -> String {
    let Some((first, others)) = claim.reasons.split_first() else {
        return claim.working.as_ref().map_or_else(|| "No reason prevents payment.".to_owned(), sum);
    };
    let more = match others.len() {
        0 => String::new(),
        1 => " (and 1 more reason)".to_owned(),
        n => format!(" (and {n} more reasons)"),
    };
    format!("{}: {}{more}", first.code, first.text.en)
}

/// The calculation in one line.
fn sum(working: &WorkingView) -> String {
    let days = format!("{} insured days of {} required", grouped(working.days), working.required_days);
    let (Some(sum), Some(divisor), Some(average), Some(floor)) =
        (working.wage_sum_rial, working.divisor, working.average_rial, working.floor_rial)
    else {
        return days;
    };
    let less = if average < floor { "less than" } else { "not less than" };
    format!(
        "{days}; wages {} / {divisor} = {}, {less} the floor {}",
        grouped(sum),
        grouped(average),
        grouped(floor)
    )
}

fn next(claim: &ClaimView) -> String {
    if let Some(reason) = claim.reasons.first() {
        return reason.remedy.en.clone();
    }
    match claim.document() {
        Some(document) => sentence(&(payment(document) + &next_attempt(claim))),
        None => sentence(after_approval(claim)),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".")
        .unwrap_or_default()
}
