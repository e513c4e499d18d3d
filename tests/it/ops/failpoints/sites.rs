//! The boundaries of the source: where `boundary!` stands, and where it does not.

use std::path::PathBuf;

use crate::meta::structure::source::Source;

/// What crosses a boundary, by the module whose door it is. Reading SQL is left out: a process that dies at it leaves
/// behind what one leaves that dies before the next write.
const CROSSINGS: &[(&str, &[&str])] = &[
    ("work", &[".begin()", ".commit()", ".execute(pool)", ".execute(&house.pool)"]),
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
    (
        "cli",
        &[
            "File::create(",
            "create_dir",
            ".write_all(",
            ".flush()",
            "fs::write(",
            "self.0.write(",
            "self.0.finish(",
        ],
    ),
];

/// Files whose writes nobody relies on.
const OUTSIDE: &[(&str, &str)] = &[
    ("cli/generate", "an invented month: one that broke off is made again"),
    ("cli/paper.rs", "what a person reads on the terminal"),
    ("cli/publish/source.rs", "standard input, kept in a file without a name that ends with the process"),
];

fn src() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Everything but the macro's own file.
fn sources() -> impl Iterator<Item = Source> {
    Source::all(&src()).into_iter().filter(|source| source.module() != "failpoint")
}

/// The names of all boundaries, as often as they stand there.
pub fn names() -> Vec<String> {
    let mut all = Vec::new();
    for source in sources() {
        let text = std::fs::read_to_string(src().join(&source.path)).unwrap();
        let found: Vec<_> = text
            .split("failpoint!(")
            .skip(1)
            .map(|rest| rest.trim_start().trim_start_matches('"').split('"').next().unwrap().to_owned())
            .collect();
        assert_eq!(found.len(), spans(&source.code).len(), "{}: boundaries", source.path.display());
        all.extend(found);
    }
    all
}

/// Calls that cross a boundary outside of `boundary!`.
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
            // Our own `Sender`: its calls have their points inside.
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
