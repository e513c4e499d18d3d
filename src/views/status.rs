//! The page that `status` shows.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::incomplete::IncompleteFile;
use crate::cli::paper::{Moment, grouped, money, rial, table};
use crate::store::figures::ClosedMonth;

/// The state of the installation. Nothing here names a person.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// With `--wait`: what was not done in time; empty where all was.
    pub unfinished: Vec<String>,
    /// Messages not yet disposed of, by input topic.
    pub lag: BTreeMap<&'static str, i64>,
    pub outbox_depth: i64,
    /// SMS that wait until the broker has their document.
    pub held_messages: i64,
    pub open_files: i64,
    pub incomplete_files_count: i64,
    pub incomplete_files: Vec<IncompleteFile>,
    /// Registry records of insured persons about whom nothing was decided; the first of them. The next close decides them.
    pub records_without_claim: Vec<String>,
    pub months_closed: Vec<Month>,
    pub month_under_way: Option<String>,
    pub held: Option<Held>,
    /// Days after which a document counts as unanswered.
    pub unanswered_days: u16,
    pub unanswered_count: i64,
    pub unanswered: Vec<Unanswered>,
    pub open_cases_count: i64,
    pub open_cases: Vec<Case>,
    pub dead_letters: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Month {
    pub month: String,
    pub documents: i64,
    pub total_rial: u64,
}

impl Month {
    pub fn of(closed: &ClosedMonth) -> Self {
        Self {
            month: closed.month.to_string(),
            documents: closed.documents,
            total_rial: rial(closed.total_rial),
        }
    }
}

/// The month that the brake holds.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    pub month: String,
    pub reason: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Unanswered {
    pub document_id: String,
    pub month: String,
    pub issued_at: Moment,
}

#[derive(Clone, Debug, Serialize)]
pub struct Case {
    pub case_id: String,
    pub kind: String,
    pub document_id: String,
    pub grounds: Vec<String>,
    pub opened_at: Moment,
}

/// Months that are shown to people: a year.
const MONTHS_SHOWN: usize = 12;

impl Status {
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        if !self.unfinished.is_empty() {
            let _ = writeln!(out, "NOT DONE in time: {}\n", self.unfinished.join("; "));
        }
        let lag: Vec<_> = self.lag.iter().map(|(topic, n)| vec![(*topic).to_owned(), grouped(*n)]).collect();
        out.push_str(&table(0, &["input topic", ">behind"], &lag));
        let line = |name: &str, text: String| format!("{name:<22}{text}\n");
        out.push('\n');
        let outbox = match self.held_messages {
            0 => format!("{} events wait", grouped(self.outbox_depth)),
            held => format!(
                "{} events wait; {} SMS wait for their document",
                grouped(self.outbox_depth),
                grouped(held)
            ),
        };
        out.push_str(&line("outbox", outbox));
        out.push_str(&line("files without end", grouped(self.open_files)));
        if self.incomplete_files_count > 0 {
            let how = format!("{}: publish them again", grouped(self.incomplete_files_count));
            out.push_str(&line("files that lack rows", how));
        }
        if !self.records_without_claim.is_empty() {
            let how = format!("{} (the next close decides them)", self.records_without_claim.join(" "));
            out.push_str(&line("records undecided", how));
        }
        out.push_str(&line("dead letters", grouped(self.dead_letters)));
        out.push_str(&line(
            "months closed",
            grouped(i64::try_from(self.months_closed.len()).unwrap_or(i64::MAX)),
        ));
        if let Some(month) = &self.month_under_way {
            out.push_str(&line("month being closed", month.clone()));
        }
        if let Some(held) = &self.held {
            let how = format!("{}: {}; look at it, then close-month {0} --confirm", held.month, held.reason);
            out.push_str(&line("month held", how));
        }
        let late =
            format!("{} (no answer after {} days)", grouped(self.unanswered_count), self.unanswered_days);
        out.push_str(&line("documents unanswered", late));
        out.push_str(&line("cases open", grouped(self.open_cases_count)));
        self.lists(&mut out);
        out
    }

    fn lists(&self, out: &mut String) {
        let skipped = self.months_closed.len().saturating_sub(MONTHS_SHOWN);
        let months = self.months_closed.iter().skip(skipped);
        let months: Vec<_> =
            months.map(|m| vec![m.month.clone(), grouped(m.documents), money(m.total_rial)]).collect();
        section(out, &["month closed", ">documents", ">total"], &months, 0);
        let incomplete: Vec<_> = self
            .incomplete_files
            .iter()
            .map(|file| {
                vec![file.file_id.clone(), file.kind.clone(), grouped(file.missing_rows), file.lines()]
            })
            .collect();
        let heads = ["file that lacks rows", "kind", ">rows", "lines"];
        section(out, &heads, &incomplete, self.incomplete_files_count);
        let unanswered: Vec<_> = self
            .unanswered
            .iter()
            .map(|d| vec![d.document_id.clone(), d.month.clone(), d.issued_at.to_string()])
            .collect();
        section(out, &["unanswered document", "month", "issued"], &unanswered, self.unanswered_count);
        let cases: Vec<_> = self
            .open_cases
            .iter()
            .map(|c| {
                vec![
                    c.case_id.clone(),
                    c.kind.clone(),
                    c.opened_at.to_string(),
                    c.grounds.join(" "),
                    c.document_id.clone(),
                ]
            })
            .collect();
        section(out, &["open case", "kind", "opened", "grounds", "document"], &cases, self.open_cases_count);
    }
}

/// A list, where there is anything to list; `count` is how many there are in all.
fn section(out: &mut String, heads: &[&str], rows: &[Vec<String>], count: i64) {
    if rows.is_empty() {
        return;
    }
    out.push('\n');
    out.push_str(&table(0, heads, rows));
    let more = count - i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if more > 0 {
        let _ = writeln!(out, "... and {} more (--json lists them)", grouped(more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        Status {
            unfinished: Vec::new(),
            lag: BTreeMap::from([("registry.marriages.v1", 1_200)]),
            outbox_depth: 3,
            held_messages: 0,
            open_files: 0,
            incomplete_files_count: 0,
            incomplete_files: Vec::new(),
            records_without_claim: Vec::new(),
            months_closed: vec![Month {
                month: "1404-07".to_owned(),
                documents: 5_000,
                total_rial: 600_000_000_000,
            }],
            month_under_way: None,
            held: Some(Held {
                month: "1404-08".to_owned(),
                reason: "9 documents, 5000 in 1404-07".to_owned(),
            }),
            unanswered_days: 10,
            unanswered_count: 0,
            unanswered: Vec::new(),
            open_cases_count: 0,
            open_cases: Vec::new(),
            dead_letters: 0,
        }
    }

    #[test]
    fn a_page_tells_what_lies_undone() {
        let text = status().to_text();
        assert!(text.starts_with("input topic            behind\nregistry.marriages.v1   1,200\n"), "{text}");
        assert!(text.contains("\noutbox                3 events wait\n"), "{text}");
        assert!(text.contains("close-month 1404-08 --confirm"), "{text}");
        assert!(
            text.contains("1404-07           5,000  600,000,000,000 rials (60,000,000,000 tomans)"),
            "{text}"
        );
    }

    #[test]
    fn what_was_not_done_in_time_comes_first() {
        let late = Status { unfinished: vec!["2 events wait in the outbox".to_owned()], ..status() };
        assert!(late.to_text().starts_with("NOT DONE in time: 2 events wait in the outbox\n"));
        assert!(serde_json::to_string(&late).unwrap().contains("\"lag\":{\"registry.marriages.v1\":1200}"));
    }
}
