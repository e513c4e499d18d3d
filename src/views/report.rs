//! The page that `report` shows.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::cli::paper::{grouped, money, rial, table};
use crate::store::figures::Line;

/// Figures of a branch, a province or the country.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Empty for persons without an insured record; likewise the branch. In sums, empty too.
    pub province_code: String,
    pub branch_code: String,
    /// Documents that the month's close issued.
    pub paid: i64,
    pub paid_rial: u64,
    /// Of those: returned by finance's latest word.
    pub returned: i64,
    /// Approved and not issued yet.
    pub payable: i64,
    pub waiting: i64,
    pub waiting_for_account: i64,
    pub waiting_for_mobile: i64,
    pub pending: i64,
    pub under_review: i64,
    pub refused: i64,
    /// Refused claims by ground; one with two grounds is counted under both.
    pub refused_by_ground: BTreeMap<String, i64>,
}

impl Figures {
    pub fn of(line: Line, refused_by_ground: BTreeMap<String, i64>) -> Self {
        Self {
            province_code: line.province_code,
            branch_code: line.branch_code,
            paid: line.documents,
            paid_rial: rial(line.total_rial),
            returned: line.returned,
            payable: line.payable,
            waiting: line.waiting,
            waiting_for_account: line.waiting_for_account,
            waiting_for_mobile: line.waiting_for_mobile,
            pending: line.pending,
            under_review: line.under_review,
            refused: line.refused,
            refused_by_ground,
        }
    }

    fn add(&mut self, other: &Self) {
        self.paid += other.paid;
        self.paid_rial = self.paid_rial.saturating_add(other.paid_rial);
        self.returned += other.returned;
        self.payable += other.payable;
        self.waiting += other.waiting;
        self.waiting_for_account += other.waiting_for_account;
        self.waiting_for_mobile += other.waiting_for_mobile;
        self.pending += other.pending;
        self.under_review += other.under_review;
        self.refused += other.refused;
        for (ground, claims) in &other.refused_by_ground {
            *self.refused_by_ground.entry(ground.clone()).or_default() += claims;
        }
    }

    fn row(&self, name: &str, branch: &str) -> Vec<String> {
        let counts = [
            self.returned,
            self.payable,
            self.waiting_for_account,
            self.waiting_for_mobile,
            self.pending,
            self.under_review,
            self.refused,
        ];
        let mut row = vec![name.to_owned(), branch.to_owned(), grouped(self.paid), grouped(self.paid_rial)];
        row.extend(counts.map(grouped));
        row
    }
}

/// A month's figures.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub month: String,
    /// Claims stand as on this business date.
    pub as_of: String,
    pub closed: bool,
    pub total: Figures,
    pub provinces: Vec<Figures>,
    pub branches: Vec<Figures>,
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

impl Report {
    /// `branches` by province and branch.
    pub fn new(month: String, as_of: String, closed: bool, branches: Vec<Figures>) -> Self {
        let mut provinces: BTreeMap<&str, Figures> = BTreeMap::new();
        let mut total = Figures::default();
        for branch in &branches {
            let province = provinces.entry(&branch.province_code).or_default();
            province.province_code.clone_from(&branch.province_code);
            province.add(branch);
            total.add(branch);
        }
        let provinces = provinces.into_values().collect();
        Self { month, as_of, closed, total, provinces, branches }
    }

    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let not_closed = if self.closed { "" } else { " (NOT CLOSED)" };
        let _ = writeln!(
            out,
            "Marriage allowance, {}{not_closed}: {} documents,",
            self.month,
            grouped(self.total.paid)
        );
        let _ =
            writeln!(out, "{}. Other claims as they stand on {}.\n", money(self.total.paid_rial), self.as_of);
        out.push_str(&table(0, &HEADS, &self.rows()));
        out.push_str(
            "\npaid, rials, returned: documents of the month. payable: approved, for the next close. account, mobile: wait for\n\
             one of the person's own (a claim may wait for both).\n",
        );
        out.push_str(&self.refusals());
        out
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::with_capacity(self.branches.len() + self.provinces.len() + 1);
        for province in &self.provinces {
            let name = named(&province.province_code);
            let own = self.branches.iter().filter(|branch| branch.province_code == province.province_code);
            rows.extend(own.map(|branch| branch.row(name, named(&branch.branch_code))));
            rows.push(province.row(name, "all"));
        }
        rows.push(self.total.row("all", "all"));
        rows
    }

    fn refusals(&self) -> String {
        let mut rows = Vec::new();
        for place in self.branches.iter().chain([&self.total]) {
            let sum = std::ptr::eq(place, &self.total);
            let (province, branch) =
                if sum { ("all", "all") } else { (named(&place.province_code), named(&place.branch_code)) };
            let grounds = place.refused_by_ground.iter();
            rows.extend(grounds.map(|(ground, n)| {
                vec![province.to_owned(), branch.to_owned(), ground.clone(), grouped(*n)]
            }));
        }
        if rows.is_empty() {
            return String::new();
        }
        format!("\n{}", table(0, &["province", "branch", "refused by ground", ">claims"], &rows))
    }
}

/// Persons whom we do not insure have neither branch nor province.
fn named(code: &str) -> &str {
    if code.is_empty() { "none" } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(province: &str, branch: &str, paid: i64, grounds: &[(&str, i64)]) -> Figures {
        Figures {
            province_code: province.to_owned(),
            branch_code: branch.to_owned(),
            paid,
            paid_rial: 1_000 * rial(paid),
            refused: grounds.iter().map(|(_, n)| n).sum(),
            refused_by_ground: grounds.iter().map(|(ground, n)| ((*ground).to_owned(), *n)).collect(),
            ..Figures::default()
        }
    }

    #[test]
    fn branches_add_up_to_provinces_and_to_the_country() {
        let branches = vec![
            branch("01", "0101", 3, &[("NOT_FIRST_MARRIAGE", 2)]),
            branch("01", "0102", 4, &[("NOT_FIRST_MARRIAGE", 1), ("EMPLOYMENT_ENDED", 5)]),
            branch("02", "0201", 0, &[]),
        ];
        let report = Report::new("1404-07".to_owned(), "1404-08-01".to_owned(), true, branches);
        assert_eq!((report.total.paid, report.total.paid_rial, report.total.refused), (7, 7_000, 8));
        assert_eq!(report.provinces.iter().map(|p| p.paid).collect::<Vec<_>>(), [7, 0]);
        assert_eq!(report.total.refused_by_ground["NOT_FIRST_MARRIAGE"], 3);
        let text = report.to_text();
        assert!(
            text.starts_with("Marriage allowance, 1404-07: 7 documents,\n7,000 rials (700 tomans)."),
            "{text}"
        );
        assert!(text.contains("\n01        0102    EMPLOYMENT_ENDED         5\n"), "{text}");
        assert!(text.contains("\nall       all     NOT_FIRST_MARRIAGE       3\n"), "{text}");
    }
}
