//! The structure of the code: dependencies between modules, the length of files and functions, names that are not used,
//! and text that no tracked file contains.

mod graph;
pub mod source;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use graph::{circles, graph, module_path};
use source::{Source, bound_closures, crate_modules, function_lengths, words};

/// The modules in the order of their dependencies. A module names only modules before it.
const ORDER: &[&str] = &[
    "law",
    "ident",
    "claim",
    "texts",
    "pictures",
    "wire",
    "failpoint",
    "config",
    "clock",
    "retry",
    "tls",
    "telemetry",
    "blobs",
    "picture_worker",
    "store",
    "app",
    "views",
    "kafka",
    "http",
    "terminal",
    "service",
    "demo",
    "cli",
];

/// Names of types and functions that were replaced. `docs/ARCHITECTURE.md` has the current terms.
const OLD_DEFINITIONS: &[&str] = &[
    "House",
    "HouseError",
    "Known",
    "Held",
    "Stage",
    "News",
    "Kept",
    "Heard",
    "Said",
    "Unheard",
    "Anew",
    "Again",
    "Taken",
    "Taker",
    "Occasion",
    "Suspects",
    "Standstill",
    "Telling",
    "Sealed",
    "Ledger",
    "Dice",
    "claims_held",
    "held_by",
    "set_aside",
    "refuse_lost",
    "brake",
    "patiently",
];

/// Replaced names that must not appear as a variable, field or path either.
const OLD_IDENTIFIERS: &[&str] = &["house", "take_in", "take_in_quietly", "suspects", "town"];

/// Crates that only one module may use.
const ONE_DOOR: &[(&str, &str)] = &[
    ("askama", "http"),
    ("backoff", "retry"),
    ("fail", "failpoint"),
    ("sqlx", "store"),
    ("rdkafka", "kafka"),
    ("object_store", "blobs"),
    ("image", "pictures"),
    ("rustls", "tls"),
    ("axum", "http"),
    ("axum_extra", "http"),
    ("governor", "http"),
    ("openidconnect", "http"),
    ("reqwest", "http"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rank(module: &str) -> usize {
    ORDER.iter().position(|name| *name == module).unwrap_or_else(|| panic!("{module} is not in ORDER"))
}

#[test]
fn a_module_names_only_modules_before_it() {
    let mut wrong = Vec::new();
    for source in Source::all(&root().join("src")) {
        let own = source.module();
        if matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        for named in crate_modules(&source.code) {
            if named != own && rank(&named) >= rank(&own) {
                wrong.push(format!("{}: {own} names {named}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_a_module_name_each_other_in_no_circle() {
    let sources = Source::all(&root().join("src"));
    let facades: BTreeSet<String> =
        sources.iter().filter(|source| source.path.ends_with("mod.rs")).map(module_path).collect();
    let graph = graph(&sources);
    let arrows: usize = graph.values().map(BTreeSet::len).sum();
    assert!(arrows > 400, "only {arrows} dependencies were found");
    let found: Vec<_> = circles(&graph, &facades).iter().map(|circle| circle.join(" -> ")).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether the code defines a type, function or module with this name.
fn defines(code: &str, name: &str) -> bool {
    ["struct", "enum", "trait", "type", "fn", "mod"].iter().any(|keyword| {
        let head = format!("{keyword} {name}");
        code.match_indices(&head)
            .any(|(at, _)| !code[at + head.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

#[test]
fn names_of_the_earlier_vocabulary_are_not_used() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests/it"] {
        for source in Source::all(&root().join(folder)) {
            let named = words(&source.code);
            let identifiers = OLD_IDENTIFIERS.iter().filter(|name| named.contains(**name));
            let definitions =
                OLD_DEFINITIONS.iter().filter(|name| named.contains(**name) && defines(&source.code, name));
            let old = identifiers.chain(definitions);
            wrong.extend(old.map(|name| format!("{folder}/{}: {name}", source.path.display())));
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

/// The names in `[dependencies]`, as they are written in code.
fn dependencies() -> BTreeSet<String> {
    dependency_table("Cargo.toml").keys().map(|name| name.replace('-', "_")).collect()
}

fn dependency_table(manifest: &str) -> toml::Table {
    let manifest = std::fs::read_to_string(root().join(manifest)).unwrap();
    let mut manifest: toml::Table = manifest.parse().unwrap();
    let Some(toml::Value::Table(dependencies)) = manifest.remove("dependencies") else {
        panic!("the manifest has no dependencies")
    };
    dependencies
}

/// `fuzz/src/lib.rs` includes some modules of `src`. Its manifest must name their dependencies, with the same versions.
#[test]
fn the_fuzz_targets_have_the_dependencies_of_the_modules_they_include() {
    let library = std::fs::read_to_string(root().join("fuzz/src/lib.rs")).unwrap();
    let (main, fuzz) = (dependency_table("Cargo.toml"), dependency_table("fuzz/Cargo.toml"));
    let mut wrong = BTreeSet::new();
    let mut used = BTreeSet::new();
    for source in Source::all(&root().join("src")) {
        if !library.contains(&format!("../../src/{}/mod.rs", source.module())) {
            continue;
        }
        for (name, wanted) in main.iter().filter(|(name, _)| source.names_crate(&name.replace('-', "_"))) {
            used.insert(name.as_str());
            if fuzz.get(name) != Some(wanted) {
                wrong.insert(format!("{name} is {wanted} in Cargo.toml"));
            }
        }
    }
    assert!(used.len() > 10, "only these dependencies were found: {used:?}");
    assert!(wrong.is_empty(), "fuzz/Cargo.toml: {wrong:?}");
}

/// A prepared statement with `*` fails in the processes of the version before as soon as a migration adds a column.
#[test]
fn no_statement_reads_all_columns_of_a_table() {
    let folder = root().join("src");
    let mut wrong = Vec::new();
    let mut of_lists = 0;
    for source in Source::all(&folder).into_iter().filter(|source| source.module() == "store") {
        let text = std::fs::read_to_string(folder.join(&source.path)).unwrap();
        for (at, _) in text.match_indices('*') {
            let (before, after) = (&text[..at], &text[at + 1..]);
            if before.ends_with("SELECT ") && after.starts_with(" FROM unnest(") {
                of_lists += 1;
            } else if before.ends_with("SELECT ") || before.ends_with("RETURNING ") || before.ends_with('.') {
                wrong.push(format!("{}: {}", source.path.display(), text[at..].lines().next().unwrap()));
            }
        }
    }
    assert!(of_lists > 5, "only {of_lists} statements that read lists were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
    assert!(
        functions.last().is_some_and(|longest| *longest <= 60),
        "the longest function has {:?} lines",
        functions.last()
    );
}

/// A named function or a loop is easier to read than a closure bound to a name. The limit is only ever lowered.
#[test]
fn few_closures_are_bound_to_names() {
    let sources = Source::all(&root().join("src"));
    let lines: usize = sources.iter().map(|source| source.code.lines().count()).sum();
    let bound: usize = sources.iter().map(|source| bound_closures(&source.code)).sum();
    assert!(bound > 0 && bound * 1000 < lines, "{bound} closures bound to names in {lines} lines");
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
            // Whether the match is an absolute path and not the end of a longer one, such as src/…
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

/// The files that git tracks, or that are untracked and not ignored. None if this is not a checkout.
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
    let odd = "let c = '{'; let l: &'static str = r#\"fn x() {\"#; /* fn { */ let b = br#\"fn z() {\"#; let e = '\\''; fn y() {\n}";
    assert_eq!(function_lengths(&source::strip(odd)), [2]);
    assert!(
        words("use sqlx::PgPool; sqlx_free()").contains("sqlx") && !words("sqlx_free()").contains("sqlx")
    );
}
