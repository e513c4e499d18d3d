//! The state of the installation on a terminal.

use std::fmt::Write;

use crate::terminal::table;
use crate::views::format::{grouped, money};
use crate::views::status::StatusView;

/// Number of months on the page: a year.
const MONTHS_SHOWN: usize = 12;

/// The page that `status` shows.
pub fn page(status: &StatusView) -> String {
    let mut out = String::new();
    if !status.unfinished.is_empty() {
        let _ = writeln!(out, "NOT DONE in time: {}\n", status.unfinished.join("; "));
    }
    for problem in &status.topic_problems {
        let _ = writeln!(out, "WRONG TOPIC: {problem}");
    }
    let lag: Vec<_> = status.lag.iter().map(|(topic, n)| vec![(*topic).to_owned(), grouped(*n)]).collect();
    out.push_str(&table(0, &["input topic", ">behind"], &lag));
    stalled_partitions(status, &mut out);
    out.push('\n');
    let outbox = match status.held_messages {
        0 => format!("{} events wait", grouped(status.outbox_depth)),
        held => format!(
            "{} events wait; {} SMS wait for their document",
            grouped(status.outbox_depth),
            grouped(held)
        ),
    };
    out.push_str(&line("outbox", outbox));
    out.push_str(&line("open files", grouped(status.open_files)));
    if status.incomplete_files_count > 0 {
        let how = format!("{}: publish them again", grouped(status.incomplete_files_count));
        out.push_str(&line("files that lack rows", how));
    }
    if !status.records_without_claim.is_empty() {
        let how = format!("{} (the next close decides them)", status.records_without_claim.join(" "));
        out.push_str(&line("records undecided", how));
    }
    out.push_str(&line("dead letters open", grouped(status.dead_letters)));
    out.push_str(&line("misrouted messages", misrouted(status)));
    out.push_str(&line(
        "months closed",
        grouped(i64::try_from(status.months_closed.len()).unwrap_or(i64::MAX)),
    ));
    if let Some(month) = &status.month_under_way {
        out.push_str(&line("month being closed", month));
    }
    if let Some(held) = &status.held {
        let how = format!("{}: {}; check it, then run close-month {0} --confirm", held.month, held.reason);
        out.push_str(&line("month held", how));
    }
    let late =
        format!("{} (no answer after {} days)", grouped(status.unanswered_count), status.unanswered_days);
    out.push_str(&line("documents unanswered", late));
    let overdue =
        format!("{} (open after {} days)", grouped(status.overdue_objections_count), status.objection_days);
    out.push_str(&line("objections overdue", overdue));
    if let Some(oldest) = &status.oldest_undelivered_submission {
        let how = format!("{}, the oldest of {oldest}", grouped(status.undelivered_submissions));
        out.push_str(&line("submissions waiting", how));
    }
    out.push_str(&line("cases open", grouped(status.open_cases_count)));
    lists(status, &mut out);
    out
}

fn line(name: &str, text: impl std::fmt::Display) -> String {
    format!("{name:<22}{text}\n")
}

fn misrouted(status: &StatusView) -> String {
    let total = grouped(status.misrouted.values().sum::<i64>());
    if status.misrouted.is_empty() {
        return total;
    }
    let topics = status.misrouted.iter().map(|(topic, n)| format!("{topic} {}", grouped(*n)));
    format!("{total} ({}): correct the partitioner of the sender", topics.collect::<Vec<_>>().join(", "))
}

/// Adds the partitions that cannot be read, unless there are none.
fn stalled_partitions(status: &StatusView, out: &mut String) {
    for stalled in &status.stalled_partitions {
        let _ = writeln!(
            out,
            "CANNOT BE READ: {} partition {} at offset {}: {}",
            stalled.topic, stalled.partition, stalled.offset, stalled.error
        );
    }
}

fn lists(status: &StatusView, out: &mut String) {
    let skipped = status.months_closed.len().saturating_sub(MONTHS_SHOWN);
    let months = status.months_closed.iter().skip(skipped);
    let months: Vec<_> =
        months.map(|m| vec![m.month.clone(), grouped(m.documents), money(m.total_rial)]).collect();
    section(out, &["month closed", ">documents", ">total"], &months, 0);
    let incomplete: Vec<_> = status
        .incomplete_files
        .iter()
        .map(|file| vec![file.file_id.clone(), file.kind.clone(), grouped(file.missing_rows), file.lines()])
        .collect();
    let heads = ["file that lacks rows", "kind", ">rows", "lines"];
    section(out, &heads, &incomplete, status.incomplete_files_count);
    let unanswered: Vec<_> = status
        .unanswered
        .iter()
        .map(|d| vec![d.document_id.clone(), d.month.clone(), d.issued_at.to_string()])
        .collect();
    section(out, &["unanswered document", "month", "issued"], &unanswered, status.unanswered_count);
    let overdue: Vec<_> = status
        .overdue_objections
        .iter()
        .map(|o| {
            vec![o.objection_id.clone(), o.submitted_at.to_string(), o.disputed.clone(), o.claim_id.clone()]
        })
        .collect();
    let heads = ["overdue objection", "submitted", "disputed", "claim"];
    section(out, &heads, &overdue, status.overdue_objections_count);
    let cases: Vec<_> = status
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
    section(out, &["open case", "kind", "opened", "grounds", "document"], &cases, status.open_cases_count);
}

/// Adds a list unless it is empty. `count` is the total number of rows.
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
    use crate::views::status::{ClosedMonthView, HeldMonthView, StalledPartitionView};
    use std::collections::BTreeMap;

    fn status() -> StatusView {
        StatusView {
            topic_problems: Vec::new(),
            unfinished: Vec::new(),
            lag: BTreeMap::from([("registry.marriages.v1", 1_200)]),
            stalled_partitions: Vec::new(),
            outbox_depth: 3,
            held_messages: 0,
            open_files: 0,
            incomplete_files_count: 0,
            incomplete_files: Vec::new(),
            records_without_claim: Vec::new(),
            months_closed: vec![ClosedMonthView {
                month: "1404-07".to_owned(),
                documents: 5_000,
                total_rial: 600_000_000_000,
            }],
            month_under_way: None,
            held: Some(HeldMonthView {
                month: "1404-08".to_owned(),
                reason: "9 documents, 5000 in 1404-07".to_owned(),
            }),
            unanswered_days: 10,
            objection_days: 30,
            overdue_objections_count: 0,
            overdue_objections: Vec::new(),
            unanswered_count: 0,
            unanswered: Vec::new(),
            undelivered_submissions: 0,
            oldest_undelivered_submission: None,
            open_cases_count: 0,
            open_cases: Vec::new(),
            dead_letters: 0,
            misrouted: BTreeMap::new(),
        }
    }

    #[test]
    fn the_page_shows_what_is_not_done() {
        let text = page(&status());
        assert!(text.starts_with("input topic            behind\nregistry.marriages.v1   1,200\n"), "{text}");
        assert!(text.contains("\noutbox                3 events wait\n"), "{text}");
        assert!(text.contains("close-month 1404-08 --confirm"), "{text}");
        assert!(
            text.contains("1404-07           5,000  600,000,000,000 rials (60,000,000,000 tomans)"),
            "{text}"
        );
    }

    #[test]
    fn a_partition_that_cannot_be_read_is_named() {
        let stalled = StatusView {
            stalled_partitions: vec![StalledPartitionView {
                topic: "insured.records.v1",
                partition: 2,
                offset: 7,
                error: "BadCompression".to_owned(),
            }],
            ..status()
        };
        let line = "\nCANNOT BE READ: insured.records.v1 partition 2 at offset 7: BadCompression\n";
        assert!(page(&stalled).contains(line), "{}", page(&stalled));
        assert!(!page(&status()).contains("CANNOT"));
    }

    #[test]
    fn misrouted_messages_are_counted_by_topic() {
        assert!(page(&status()).contains("\nmisrouted messages    0\n"), "{}", page(&status()));
        let counts = [("insured.records.v1", 2), ("registry.marriages.v1", 1_000)];
        let misrouted =
            StatusView { misrouted: counts.map(|(topic, n)| (topic.to_owned(), n)).into(), ..status() };
        let line = "1,002 (insured.records.v1 2, registry.marriages.v1 1,000): correct the partitioner of the sender\n";
        assert!(page(&misrouted).contains(line), "{}", page(&misrouted));
    }

    #[test]
    fn unfinished_work_is_shown_first() {
        let late = StatusView { unfinished: vec!["2 events wait in the outbox".to_owned()], ..status() };
        assert!(page(&late).starts_with("NOT DONE in time: 2 events wait in the outbox\n"));
        assert!(serde_json::to_string(&late).unwrap().contains("\"lag\":{\"registry.marriages.v1\":1200}"));
    }
}
