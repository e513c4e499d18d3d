//! The failpoints of the source: I/O calls inside `failpoint!`, and I/O calls without it.

use std::path::PathBuf;

use crate::meta::structure::source::Source;

/// Calls that write files or output.
const FILE_CALLS: &[&str] = &[
    "File::create(",
    "create_dir",
    ".write_all(",
    ".flush()",
    "fs::write(",
    "self.0.write(",
    "self.0.finish(",
];

/// I/O calls, by module. SQL reads are left out: a process that dies at a read leaves the same state as one that dies
/// before the next write.
const CROSSINGS: &[(&str, &[&str])] = &[
    ("app", &[".begin()", ".commit()", ".execute(pool)", ".execute(&ctx.pool)"]),
    ("store", &[".begin()", ".commit()", ".execute(pool)", ".run(pool)", "advisory"]),
    (
        "kafka",
        &[
            ".abort_transaction(",
            ".assign(",
            ".begin_transaction(",
            ".commit(",
            ".commit_transaction(",
            ".committed(",
            ".create_partitions(",
            ".create_topics(",
            ".delete_topics(",
            ".describe_configs(",
            ".fetch_group_list(",
            ".fetch_metadata(",
            ".fetch_watermarks(",
            ".flush(",
            ".incremental_assign(",
            ".incremental_unassign(",
            ".init_transactions(",
            ".offsets_for_times(",
            ".poll(",
            ".seek(",
            ".seek_partitions(",
            ".send_offsets_to_transaction(",
            ".store_offset",
            ".subscribe(",
            ".unassign(",
            ".unsubscribe(",
            "producer.send(",
        ],
    ),
    ("blobs", &["builder.create(", ".put_opts(", ".delete(&path)", "remove_file("]),
    ("cli", FILE_CALLS),
    ("demo", FILE_CALLS),
    ("service", FILE_CALLS),
    ("terminal", FILE_CALLS),
    ("views", FILE_CALLS),
];

/// Files whose writes are not relied on, each with the reason.
const OUTSIDE: &[(&str, &str)] = &[
    ("demo/generate", "a generated month: an incomplete one is generated again"),
    ("demo/sign_ins.rs", "the files of a trial: `make up` makes them again"),
    ("terminal.rs", "terminal output"),
    (
        "service/publish/source.rs",
        "a copy of standard input in an unnamed file that disappears with the process",
    ),
];

fn src() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Modules and files that the lists above name and that do not exist.
pub fn missing() -> Vec<&'static str> {
    let modules = CROSSINGS.iter().map(|(module, _)| *module);
    let is_missing = |name: &&str| !src().join(name).exists() && !src().join(format!("{name}.rs")).exists();
    modules.chain(OUTSIDE.iter().map(|(file, _)| *file)).filter(is_missing).collect()
}

/// All source files but the macro's own.
fn sources() -> impl Iterator<Item = Source> {
    Source::all(&src()).into_iter().filter(|source| source.module() != "failpoint")
}

/// The names of all failpoints, with repetitions.
pub fn names() -> Vec<String> {
    let mut all = Vec::new();
    for source in sources() {
        let text = std::fs::read_to_string(src().join(&source.path)).unwrap();
        let found: Vec<_> = text
            .split("failpoint!(")
            .skip(1)
            .map(|rest| rest.trim_start().trim_start_matches('"').split('"').next().unwrap().to_owned())
            .collect();
        assert_eq!(found.len(), spans(&source.code).len(), "{}: failpoints", source.path.display());
        all.extend(found);
    }
    all
}

/// I/O calls outside of `failpoint!`.
pub fn bare_calls() -> Vec<String> {
    let outside = |source: &Source| {
        let path = source.path.to_string_lossy().into_owned();
        path.contains("tests") || OUTSIDE.iter().any(|(file, _)| path.starts_with(file))
    };
    sources()
        .filter(|source| !outside(source))
        .flat_map(|source| {
            let of_file = |call| format!("src/{}: {call}", source.path.display());
            bare_in(&source.module(), &source.code).into_iter().map(of_file).collect::<Vec<_>>()
        })
        .collect()
}

pub fn bare_in(module: &str, code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let spans = spans(code);
    let crossings = CROSSINGS.iter().filter(|(door, _)| *door == module).flat_map(|(_, calls)| calls.iter());
    let mut bare = Vec::new();
    for call in crossings {
        for (at, _) in code.match_indices(call) {
            let within = spans.iter().any(|(from, to)| (*from..*to).contains(&at));
            // Calls of our own `Sender` contain their failpoints.
            if !within && !code[..at].ends_with("sender") {
                bare.push(format!("line {}: {call}", code[..at].matches('\n').count() + 1));
            }
        }
    }
    bare
}

/// From each `failpoint!(` to its closing bracket.
fn spans(code: &str) -> Vec<(usize, usize)> {
    let close = |at: usize| {
        let mut depth = 0_i32;
        let end = code[at..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            *c == ')' && depth == 0
        });
        end.map_or(code.len(), |(length, _)| at + length)
    };
    code.match_indices("failpoint!(").map(|(at, _)| (at, close(at))).collect()
}
