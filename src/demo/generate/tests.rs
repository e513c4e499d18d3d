use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::wire::files::{RowLimits, RowReader};

const FILES: [&str; 6] =
    ["marriages", "persons", "employments", "wages", "self-registrations", "earlier-payments"];

fn kind(name: &str) -> FileKind {
    name.parse().unwrap()
}

fn plan(marriages: u32, seed: u64) -> GenerateOptions {
    GenerateOptions { marriages, seed, today: "1404-08-01".parse().unwrap() }
}

fn written(plan: &GenerateOptions) -> (GenerateCounts, BTreeMap<&'static str, String>) {
    let dir = tempfile::tempdir().unwrap();
    let summary = write_month(plan, dir.path(), &|_, _| ()).unwrap();
    let texts =
        FILES.map(|name| (name, fs::read_to_string(dir.path().join(kind(name).file_name())).unwrap()));
    (summary, texts.into())
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = written(&plan(40, 7));
    assert_eq!(first, written(&plan(40, 7)));
    assert_ne!(first.1, written(&plan(40, 8)).1);
}

#[test]
fn a_larger_month_starts_with_the_rows_of_a_smaller_one() {
    let small = written(&plan(20, 7)).1;
    let big = written(&plan(40, 7)).1;
    for name in FILES {
        assert!(big[name].starts_with(&small[name]), "{name}");
    }
}

/// The national codes of the month that ends before `today`.
fn codes(today: &str) -> BTreeSet<String> {
    let plan = GenerateOptions { today: today.parse().unwrap(), ..plan(200, 7) };
    let persons = written(&plan).1.remove("persons").unwrap();
    persons.lines().skip(1).map(|line| line[..10].to_owned()).collect()
}

#[test]
fn another_month_of_the_same_seed_has_other_people() {
    let this = codes("1404-08-01");
    let next = codes("1404-09-01");
    assert!(this.intersection(&next).all(|code| code == "1234567890"));
}

#[test]
fn the_counts_match_the_files_and_sizes_are_realistic() {
    let (summary, texts) = written(&plan(1000, 1));
    for (name, rows) in [
        ("marriages", summary.marriage_rows),
        ("persons", summary.persons),
        ("employments", summary.employments),
        ("wages", summary.wages),
        ("self-registrations", summary.self_registrations),
        ("earlier-payments", summary.earlier_payments),
    ] {
        assert_eq!(rows, u64::try_from(texts[name].lines().count() - 1).unwrap(), "{name}");
    }
    assert!((1000..1100).contains(&summary.marriage_rows), "{summary:?}");
    assert!((1750..2000).contains(&summary.persons), "{summary:?}");
    assert!((105_000..135_000).contains(&summary.wages), "{summary:?}");
    assert!((40..140).contains(&summary.self_registrations), "{summary:?}");
    assert!((5..30).contains(&summary.earlier_payments), "{summary:?}");
}

#[test]
fn nothing_is_later_than_today() {
    for line in written(&plan(500, 3)).1["marriages"].lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), FileKind::Marriages.columns().len());
        assert!(fields[3] <= "1404-08-01" && fields[4] <= "1404-08-01", "{line}");
    }
}

#[test]
fn progress_ends_at_the_total() {
    let dir = tempfile::tempdir().unwrap();
    let last = std::cell::Cell::new((0, 0));
    write_month(&plan(300, 1), dir.path(), &|done, total| last.set((done, total))).unwrap();
    assert_eq!(last.get(), (300, 300));
}

#[test]
fn too_many_couples_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(write_month(&plan(u32::MAX, 1), dir.path(), &|_, _| ()), Err(GenerateError::TooMany)));
}

#[test]
fn all_files_are_readable_and_a_few_rows_are_faulty_on_purpose() {
    let limits = RowLimits { today: plan(1, 1).today, now: "2025-11-11T06:30:00Z".parse().unwrap() };
    let mut reasons = BTreeMap::new();
    for (name, text) in written(&plan(3000, 1)).1 {
        let mut reader = RowReader::new(kind(name), limits, text.as_bytes()).unwrap();
        let mut good = 0_u32;
        let mut faulty = 0_u32;
        while let Some(row) = reader.next_row().unwrap() {
            match row {
                Ok(_) => good += 1,
                Err(fault) => {
                    faulty += 1;
                    *reasons.entry(fault.reason).or_insert(0_u32) += 1;
                }
            }
        }
        assert!(faulty <= 3 + good / 500, "{name}: {faulty} of {good}");
    }
    assert!(reasons.len() >= 5, "{reasons:?}");
}
