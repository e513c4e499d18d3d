//! The house keeps its shape: who may name whom, how long files and functions are, and what no tracked file holds.

pub mod source;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use source::{Source, crate_modules, function_lengths, words};

/// From pure to worldly; a module names only modules to its left, or those it shares a place with.
const HOUSE: &[&[&str]] = &[
    &["law", "ident"],
    &["claim"],
    &["wire"],
    &["failpoint", "config", "clock", "retry"],
    &["store"],
    &["work"],
    &["kafka", "http", "telemetry"],
    &["cli"],
];

/// Each crate has one door.
const ONE_DOOR: &[(&str, &str)] =
    &[("backoff", "retry"), ("fail", "failpoint"), ("sqlx", "store"), ("rdkafka", "kafka"), ("axum", "http")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rank(module: &str) -> Option<usize> {
    HOUSE.iter().position(|group| group.contains(&module))
}

#[test]
fn a_module_names_only_modules_to_its_left() {
    let mut wrong = Vec::new();
    for source in Source::all(&root().join("src")) {
        let own = source.module();
        if matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        let place = rank(&own).unwrap_or_else(|| panic!("{own} has no place in the house"));
        for named in crate_modules(&source.code) {
            match rank(&named) {
                Some(other) if other <= place => {}
                Some(_) => wrong.push(format!("{}: {own} names {named}", source.path.display())),
                None => {
                    wrong.push(format!("{}: crate::{named} is no module of the house", source.path.display()))
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_has_its_one_door_and_the_law_knows_none() {
    let dependencies = dependencies();
    assert!(ONE_DOOR.iter().all(|(name, _)| dependencies.contains(*name)), "{dependencies:?}");
    let mut wrong = Vec::new();
    for source in Source::all(&root().join("src")) {
        let (own, named) = (source.module(), words(&source.code));
        for (name, door) in ONE_DOOR {
            if own != *door && named.contains(*name) {
                wrong.push(format!("{}: only {door} names {name}", source.path.display()));
            }
        }
        if own == "law" {
            let foreign =
                dependencies.iter().filter(|name| *name != "icu_calendar" && source.names_crate(name));
            wrong.extend(foreign.map(|name| format!("{}: the law names {name}", source.path.display())));
            if crate_modules(&source.code).iter().any(|named| named != "law") {
                wrong.push(format!("{}: the law names another module", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names in `[dependencies]`, as code writes them.
fn dependencies() -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_")).collect()
}

#[test]
fn nothing_is_left_for_later() {
    for source in Source::all(&root().join("src")) {
        for stub in ["todo!", "unimplemented!"] {
            assert!(!source.code.contains(stub), "{}: {stub}", source.path.display());
        }
    }
}

#[test]
fn files_and_functions_are_short() {
    let sources = Source::all(&root().join("src"));
    let mut files: Vec<_> = sources.iter().map(|source| source.code.lines().count()).collect();
    let mut functions: Vec<_> = sources.iter().flat_map(|source| function_lengths(&source.code)).collect();
    files.sort_unstable();
    functions.sort_unstable();
    assert!(functions.len() > 500, "only {} functions were found", functions.len());
    let (median, tail) = (files[files.len() / 2], functions[functions.len() * 9 / 10]);
    assert!(median < 160, "the median file has {median} lines");
    assert!(tail < 50, "a tenth of the functions have {tail} lines or more");
}

#[test]
fn no_tracked_file_knows_the_machine_it_was_written_on() {
    let Some(files) = tracked() else { return };
    assert!(files.len() > 200, "only {} tracked files were found", files.len());
    let folders = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat()];
    for path in files {
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else {
            continue;
        };
        for folder in &folders {
            // Not the end of a longer path, such as src/…
            let absolute = |at: usize| {
                !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "_.-/}*".contains(c))
            };
            let found = text.match_indices(folder.as_str()).any(|(at, _)| absolute(at));
            assert!(!found, "{path} names {folder}");
        }
        if path.ends_with("Cargo.lock") {
            let elsewhere = |line: &&str| {
                line.starts_with("source = ") && !line.contains("github.com/rust-lang/crates.io-index")
            };
            assert_eq!(text.lines().find(elsewhere), None, "a dependency comes from elsewhere");
        }
        for option in [["index", "-url"].concat(), ["replace", "-with"].concat()] {
            assert!(!text.contains(&option), "{path} names a package registry");
        }
    }
}

/// Files that git tracks, or would; none where this is no checkout.
fn tracked() -> Option<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .ok()?;
    listed
        .status
        .success()
        .then(|| String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect())
}

#[test]
fn the_measures_measure() {
    let code = "use crate::law::Rial;\nuse crate::{claim, wire::{self, Topic}, store as s};\n// crate::cli\nlet x = \"crate::http\";\n";
    let code = source::strip(code);
    assert_eq!(crate_modules(&code), ["claim", "law", "store", "wire"].map(str::to_owned).into());
    let code = "fn a() {\n    if x {\n    }\n}\nfn b(f: impl Fn(u8) -> u8) -> u8 { f(1) }\ntrait T { fn none(&self); }\n";
    assert_eq!(function_lengths(&source::strip(code)), [4, 1]);
    let odd = "let c = '{'; let l: &'static str = r#\"fn x() {\"#; /* fn { */ let e = '\\''; fn y() {\n}";
    assert_eq!(function_lengths(&source::strip(odd)), [2]);
    assert!(
        words("use sqlx::PgPool; sqlx_free()").contains("sqlx") && !words("sqlx_free()").contains("sqlx")
    );
}
