//! The person file on a terminal: the outcomes first, then each claim, then the facts about the person.

use std::fmt::Write;

use super::claim_text;
use crate::cli::casework;
use crate::terminal::table;
use crate::views::format::{grouped, money};
use crate::views::person_file::person::{PersonFile, PersonView, RegistryRowView};

/// The complete page.
pub fn page(file: &PersonFile) -> String {
    let mut out = String::new();
    let name = file.person.as_ref().map_or("not insured", |person| person.full_name.as_str());
    let _ = writeln!(out, "{}  {name}  (as of {})\n", file.national_code, file.as_of);
    for claim in &file.claims {
        let _ = writeln!(out, "Marriage of {}: {}", claim.deed_date, claim.headline);
    }
    if let Some(why) = file.no_claim {
        let _ = writeln!(out, "No claim. {why}");
    }
    for claim in &file.claims {
        out.push_str(&claim_text::section(claim));
    }
    out.push_str("\nPERSON\n");
    match &file.person {
        Some(known) => person(&mut out, known),
        None => out.push_str("  no insured record\n"),
    }
    facts(&mut out, file);
    marriages(&mut out, file);
    casework(&mut out, file);
    out
}

fn casework(out: &mut String, file: &PersonFile) {
    let objections: Vec<_> = file.objections.iter().map(casework::objection_row).collect();
    section(out, "OBJECTIONS", &casework::OBJECTION_HEADS, &objections);
    let findings: Vec<_> = file.findings.iter().map(casework::finding_row).collect();
    section(out, "FINDINGS", &casework::FINDING_HEADS, &findings);
}

fn person(out: &mut String, person: &PersonView) {
    line(out, "name", &person.full_name);
    line(out, "birth date", &person.birth_date);
    if let Some(day) = &person.deceased_on {
        line(out, "deceased on", day);
    }
    line(out, "insurance number", &person.insurance_number);
    line(out, "branch, province", &format!("{}, {}", person.branch_code, person.province_code));
    line(out, "Sheba", &with_owner(person.sheba.as_deref(), person.sheba_owner));
    line(out, "mobile", &with_owner(person.mobile.as_deref(), person.mobile_owner));
}

fn line(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "  {name:<18}{text}");
}

/// A Sheba or mobile number with the result of its ownership check.
fn with_owner(value: Option<&str>, owner: &str) -> String {
    value.map_or_else(|| "none on record".to_owned(), |value| format!("{value} (own: {owner})"))
}

fn facts(out: &mut String, file: &PersonFile) {
    let employments: Vec<_> = file
        .employments
        .iter()
        .map(|e| {
            let ended = e.ended_on.clone().unwrap_or_else(|| "continues".to_owned());
            vec![e.started_on.clone(), ended, e.insurance_type.to_owned(), e.workshop_code.clone()]
        })
        .collect();
    section(out, "EMPLOYMENTS", &["from", "to", "insurance", "workshop"], &employments);
    let wages: Vec<_> = file
        .wages
        .iter()
        .map(|y| {
            vec![
                y.year.to_string(),
                y.months.to_string(),
                grouped(y.days),
                grouped(y.insurable_rial),
                y.insurance_types.join(", "),
            ]
        })
        .collect();
    section(out, "WAGE LISTS", &["year", ">months", ">days", ">insurable rials", "insurance"], &wages);
    let paid: Vec<_> = file
        .earlier_payments
        .iter()
        .map(|p| vec![p.paid_on.clone(), money(p.amount_rial), p.source.clone()])
        .collect();
    section(out, "ALLOWANCES PAID BEFORE, BY BRANCHES", &["paid on", ">amount", "source"], &paid);
}

fn marriages(out: &mut String, file: &PersonFile) {
    if !file.registry_rows.is_empty() {
        out.push_str("\nCIVIL REGISTRY\n");
    }
    for row in &file.registry_rows {
        registry_row(out, row);
    }
    let own: Vec<_> = file
        .self_registrations
        .iter()
        .map(|s| {
            let first = if s.first_marriage_undertaking { "yes" } else { "no" };
            vec![
                s.submitted_at.to_string(),
                s.deed_date.clone(),
                s.spouse_national_code.clone(),
                first.to_owned(),
                s.request_id.clone(),
            ]
        })
        .collect();
    section(
        out,
        "SELF-REGISTRATIONS",
        &["submitted", "deed date", "spouse", "first marriage", "request"],
        &own,
    );
}

fn registry_row(out: &mut String, row: &RegistryRowView) {
    let _ = writeln!(
        out,
        "  {} (version {}): {}, {}",
        row.record_id, row.record_version, row.status, row.permanence
    );
    let _ = writeln!(
        out,
        "    deed {}, registered {} by {} (office {}, deed number {})",
        row.deed_date,
        row.registered_on,
        row.office_kind,
        row.office_code.as_deref().unwrap_or("none"),
        row.deed_number.as_deref().unwrap_or("none")
    );
    let _ = writeln!(
        out,
        "    this person: {}, family name {}, born {}, earlier marriages {}",
        row.person_is,
        row.family_name.as_deref().unwrap_or("none"),
        row.birth_date.as_deref().unwrap_or("none"),
        row.earlier_marriages
    );
    let _ = writeln!(
        out,
        "    spouse: {} {}",
        row.spouse_national_code.as_deref().unwrap_or("without a national code"),
        row.spouse_name.as_deref().unwrap_or_default()
    );
}

fn section(out: &mut String, title: &str, heads: &[&str], rows: &[Vec<String>]) {
    if !rows.is_empty() {
        let _ = write!(out, "\n{title}\n{}", table(2, heads, rows));
    }
}
