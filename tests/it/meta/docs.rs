//! Checks the documents against the tree and the code: names, paths, links and tables.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use peyvand::claim::{Outcome, ReasonCode};
use peyvand::config::{self, settings_markdown};
use peyvand::telemetry::{GaugeValues, Metrics, render_prometheus};
use peyvand::wire::files::FileKind;
use peyvand::wire::{EventType, Topic};

/// Folders whose paths documents may name.
const FOLDERS: [&str; 9] =
    ["src/", "tests/", "docs/", "schemas/", "deploy/", "migrations/", "tables/", "benches/", ".ci/"];

static PAGES: LazyLock<Vec<(PathBuf, String)>> = LazyLock::new(|| {
    let mut pages =
        vec![root().join("README.md"), root().join("CHANGELOG.md"), root().join("schemas/README.md")];
    gather(&root().join("docs"), &mut pages);
    pages.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
});

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn gather(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            gather(&entry, pages);
        } else if entry.extension().is_some_and(|e| e == "md") {
            pages.push(entry);
        }
    }
}

fn page(name: &str) -> &'static str {
    let path = root().join(name);
    &PAGES.iter().find(|(page, _)| *page == path).unwrap().1
}

/// The text between `<!-- name:begin -->` and `<!-- name:end -->`.
fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let after = text.split_once(&format!("<!-- {name}:begin -->\n")).unwrap().1;
    after.split_once(&format!("<!-- {name}:end -->")).unwrap().0
}

/// The texts in backticks, outside code blocks.
fn quoted(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.lines().flat_map(|line| line.split('`').skip(1).step_by(2))).collect()
}

/// Whether the file defines an item with this name.
fn defines(file: &str, name: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let keywords = ["fn", "struct", "enum", "const", "static", "type", "mod", "trait"];
    keywords.iter().any(|keyword| {
        text.match_indices(&format!("{keyword} {name}")).any(|(at, found)| {
            let next = text[at + found.len()..].chars().next();
            next.is_none_or(|c| !c.is_alphanumeric() && c != '_')
        })
    })
}

#[test]
fn what_is_named_exists() {
    let mut missing = Vec::new();
    for (page, text) in PAGES.iter() {
        for span in
            quoted(text).into_iter().filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)))
        {
            // A pattern or a placeholder is not a path.
            if span.contains(['*', '<', '…', ' ']) {
                continue;
            }
            let (path, name) = span.split_once("::").map_or((span, None), |(path, name)| (path, Some(name)));
            let file = root().join(path);
            let there = file.exists() && name.is_none_or(|name| defines(&file.to_string_lossy(), name));
            if !there {
                missing.push(format!("{}: `{span}`", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn links_lead_somewhere() {
    let mut missing = Vec::new();
    for (page, text) in PAGES.iter() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let there = file.exists() && (heading.is_empty() || headings(&file).contains(heading));
            if !there {
                missing.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The anchors of a page's headings.
fn headings(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let titles = text
        .lines()
        .filter_map(|line| line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()));
    let anchor = |title: &str| -> String {
        let plain = title.to_lowercase().replace(' ', "-");
        plain.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
    };
    titles.map(anchor).collect()
}

#[test]
fn the_settings_are_those_of_the_code() {
    let page = page("docs/OPERATIONS.md");
    let (written, code) = (between(page, "settings"), settings_markdown());
    for (written, code) in written.lines().zip(code.lines()) {
        assert_eq!(written, code, "the settings in docs/OPERATIONS.md");
    }
    assert_eq!(written.lines().count(), code.lines().count(), "the settings in docs/OPERATIONS.md");
    let env = fs::read_to_string(root().join("deploy/service.env")).unwrap();
    for key in config::keys() {
        assert!(env.contains(&format!("{}=", key.variable())), "deploy/service.env lacks {}", key.variable());
    }
}

#[test]
fn the_librdkafka_properties_are_those_of_the_code() {
    let written = quoted(between(page("docs/OPERATIONS.md"), "properties"));
    assert_eq!(written, config::allowed_properties().collect::<Vec<_>>());
}

#[test]
fn the_metrics_are_those_of_the_code() {
    let text = render_prometheus(&Metrics::new(), Some(&GaugeValues::default()));
    let rendered: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let rows = between(page("docs/OPERATIONS.md"), "metrics").lines();
    let written: BTreeSet<&str> = rows.filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(written, rendered);
}

#[test]
fn every_ground_stands_on_its_line() {
    let rows: Vec<&str> = between(page("docs/STATES.md"), "grounds").lines().skip(2).collect();
    let mut written = Vec::new();
    for row in &rows {
        let mut words = quoted(row).into_iter();
        let outcome: Outcome = words.next().unwrap().parse().unwrap();
        for word in words {
            let code: ReasonCode = word.parse().unwrap_or_else(|_| panic!("{word} is not a reason code"));
            assert_eq!(code.outcome(), outcome, "{word}");
            written.push(code);
        }
    }
    assert_eq!(written, ReasonCode::all().collect::<Vec<_>>());
}

#[test]
fn every_rule_has_its_row_and_its_test() {
    let rows: Vec<&str> = between(page("docs/LAW.md"), "rules").lines().skip(2).collect();
    assert_eq!(rows.len(), 26);
    for (row, number) in rows.iter().zip(1..) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 5, "{row}");
        assert_eq!(cells[0], format!("R{number}"));
        assert!(cells[4].contains("tests/") || cells[4].contains("src/"), "{row}: no test");
    }
}

#[test]
fn files_and_topics_are_those_of_the_code() {
    let page = page("docs/FILES.md");
    let rows: Vec<&str> = between(page, "files").lines().skip(2).collect();
    assert_eq!(rows.len(), FileKind::ALL.len());
    for (row, kind) in rows.iter().zip(FileKind::ALL) {
        let mut expected = vec![kind.as_str().to_owned(), kind.file_name()];
        expected.extend(kind.columns().iter().map(|column| (*column).to_owned()));
        assert_eq!(quoted(row), expected);
    }
    for topic in Topic::ALL {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", topic.name())));
        let row = row.unwrap_or_else(|| panic!("no row for {}", topic.name()));
        assert!(row.contains(topic.key_field()), "{row}");
        let kinds =
            EventType::ALL.iter().filter(|kind| kind.topic() == *topic && **kind != EventType::DeadLetter);
        for kind in kinds {
            assert!(row.contains(&format!("`{}`", kind.name())), "{} lacks {}", topic.name(), kind.name());
        }
    }
}

#[test]
fn every_dependency_has_its_line() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let names =
        |table: &str| manifest[table].as_table().unwrap().keys().cloned().collect::<BTreeSet<String>>();
    let wanted: BTreeSet<String> = names("dependencies").union(&names("dev-dependencies")).cloned().collect();
    let rows = between(page("docs/DEPENDENCIES.md"), "dependencies").lines().skip(2);
    let written: BTreeSet<String> = rows.map(|row| quoted(row)[0].to_owned()).collect();
    assert_eq!(written, wanted);
}

#[test]
fn every_document_and_record_is_listed() {
    for (folder, index) in [("docs", "docs/README.md"), ("docs/decisions", "docs/decisions/README.md")] {
        for entry in fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            let listed = name == "README.md" || entry.is_dir() || page(index).contains(&format!("]({name})"));
            assert!(listed, "{index} does not list {name}");
        }
    }
}

/// A patch that does not apply, or whose test no longer exists, catches nothing. `make sabotage` would report this only
/// after an hour.
#[test]
fn every_planted_defect_applies_and_names_its_test() {
    let runner = root().join("tests/sabotage/run.py");
    let checked = Command::new("python3").arg(runner).arg("--check").output().unwrap();
    let output = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{output}{}", String::from_utf8_lossy(&checked.stderr));
}
