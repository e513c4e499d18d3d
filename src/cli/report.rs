//! `peyvand report --month`: figures per province and branch on a terminal.

use std::fmt::Write;

use super::Result;
use crate::app::AppContext;
use crate::law::SolarMonth;
use crate::terminal::{self, table};
use crate::views::format::{grouped, money};
use crate::views::report::{ReportFigures, ReportView, report};

/// Shows the figures of a month.
pub async fn run(ctx: &AppContext, month: SolarMonth, json: bool) -> Result<()> {
    let report = report(ctx, month).await?;
    if json {
        terminal::show_json(&report);
    } else {
        terminal::show(&text(&report));
    }
    Ok(())
}

const HEADS: [&str; 11] = [
    "province",
    "branch",
    ">paid",
    ">rials",
    ">returned",
    ">payable",
    ">account",
    ">mobile",
    ">pending",
    ">review",
    ">refused",
];

pub fn text(report: &ReportView) -> String {
    let mut out = String::new();
    let not_closed = if report.closed { "" } else { " (NOT CLOSED)" };
    let _ = writeln!(
        out,
        "Marriage allowance, {}{not_closed}: {} documents,",
        report.month,
        grouped(report.total.paid)
    );
    let _ = writeln!(out, "{}. Other claims are as of {}.\n", money(report.total.paid_rial), report.as_of);
    out.push_str(&table(0, &HEADS, &rows(report)));
    out.push_str(
        "\npaid, rials, returned: documents of the month. payable: approved, for the next close. account, mobile: claims that\n\
         wait for the person's own account or mobile number (a claim may wait for both).\n",
    );
    out.push_str(&refusals(report));
    out
}

fn rows(report: &ReportView) -> Vec<Vec<String>> {
    let mut rows = Vec::with_capacity(report.branches.len() + report.provinces.len() + 1);
    for province in &report.provinces {
        let name = named(&province.province_code);
        let own = report.branches.iter().filter(|branch| branch.province_code == province.province_code);
        rows.extend(own.map(|branch| row(branch, name, named(&branch.branch_code))));
        rows.push(row(province, name, "all"));
    }
    rows.push(row(&report.total, "all", "all"));
    rows
}

fn refusals(report: &ReportView) -> String {
    let mut rows = Vec::new();
    for figures in report.branches.iter().chain([&report.total]) {
        let is_total = std::ptr::eq(figures, &report.total);
        let (province, branch) = if is_total {
            ("all", "all")
        } else {
            (named(&figures.province_code), named(&figures.branch_code))
        };
        for (reason, n) in &figures.refused_by_ground {
            rows.push(vec![province.to_owned(), branch.to_owned(), reason.clone(), grouped(*n)]);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(0, &["province", "branch", "reason of refusal", ">claims"], &rows))
}

fn row(figures: &ReportFigures, name: &str, branch: &str) -> Vec<String> {
    let counts = [
        figures.returned,
        figures.payable,
        figures.waiting_for_account,
        figures.waiting_for_mobile,
        figures.pending,
        figures.under_review,
        figures.refused,
    ];
    let mut row = vec![name.to_owned(), branch.to_owned(), grouped(figures.paid), grouped(figures.paid_rial)];
    row.extend(counts.map(grouped));
    row
}

/// Persons without an insured record have no branch and no province.
fn named(code: &str) -> &str {
    if code.is_empty() { "none" } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::format::rial;

    fn branch(province: &str, branch: &str, paid: i64, reasons: &[(&str, i64)]) -> ReportFigures {
        ReportFigures {
            province_code: province.to_owned(),
            branch_code: branch.to_owned(),
            paid,
            paid_rial: 1_000 * rial(paid),
            refused: reasons.iter().map(|(_, n)| n).sum(),
            refused_by_ground: reasons.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect(),
            ..ReportFigures::default()
        }
    }

    #[test]
    fn branches_add_up_to_provinces_and_to_the_country() {
        let branches = vec![
            branch("01", "0101", 3, &[("NOT_FIRST_MARRIAGE", 2)]),
            branch("01", "0102", 4, &[("NOT_FIRST_MARRIAGE", 1), ("EMPLOYMENT_ENDED", 5)]),
            branch("02", "0201", 0, &[]),
        ];
        let report = ReportView::new("1404-07".to_owned(), "1404-08-01".to_owned(), true, branches);
        assert_eq!((report.total.paid, report.total.paid_rial, report.total.refused), (7, 7_000, 8));
        assert_eq!(report.provinces.iter().map(|p| p.paid).collect::<Vec<_>>(), [7, 0]);
        assert_eq!(report.total.refused_by_ground["NOT_FIRST_MARRIAGE"], 3);
        let page = text(&report);
        assert!(
            page.starts_with("Marriage allowance, 1404-07: 7 documents,\n7,000 rials (700 tomans)."),
            "{page}"
        );
        assert!(page.contains("\n01        0102    EMPLOYMENT_ENDED         5\n"), "{page}");
        assert!(page.contains("\nall       all     NOT_FIRST_MARRIAGE       3\n"), "{page}");
    }
}
