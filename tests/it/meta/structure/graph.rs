//! The dependencies between the files of `src`, read from `use` statements and paths.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, paths};

/// For each file, by module path (e.g. `claim::plan`), the files that it names.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// Builds the graph of these sources, without unit tests.
pub fn graph(sources: &[Source]) -> Graph {
    let modules: BTreeSet<String> = sources.iter().map(module_path).collect();
    let mut graph = Graph::new();
    for source in sources.iter().filter(|source| !source.path.ends_with("tests.rs")) {
        let own = module_path(source);
        let named = paths(without_unit_tests(&source.code)).into_iter();
        // A facade re-exports. That is no dependency of its own.
        let named = named.filter(|path| !path.is_reexport);
        let named = named.filter_map(|path| file_of(&absolute(&own, &path.parts)?, &modules));
        graph.insert(own.clone(), named.filter(|file| *file != own).collect());
    }
    graph
}

/// Finds cycles between files other than the `mod.rs` of a folder. A `mod.rs` and its children may name each other.
pub fn circles(graph: &Graph, facades: &BTreeSet<String>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in graph.keys().filter(|file| !facades.contains(*file)) {
        let mut path = vec![start.clone()];
        let mut visited = BTreeSet::new();
        if reaches(graph, facades, start, start, &mut path, &mut visited) && path.iter().min() == Some(start)
        {
            found.push(path);
        }
    }
    found
}

fn reaches(
    graph: &Graph,
    facades: &BTreeSet<String>,
    from: &str,
    goal: &str,
    path: &mut Vec<String>,
    visited: &mut BTreeSet<String>,
) -> bool {
    for next in graph.get(from).into_iter().flatten().filter(|next| !facades.contains(*next)) {
        if next == goal {
            return true;
        }
        if visited.insert(next.clone()) {
            path.push(next.clone());
            if reaches(graph, facades, next, goal, path, visited) {
                return true;
            }
            path.pop();
        }
    }
    false
}

/// `claim::plan` for `claim/plan.rs`, `claim` for `claim/mod.rs`.
pub fn module_path(source: &Source) -> String {
    let path = source.path.with_extension("");
    let mut parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts.join("::")
}

fn without_unit_tests(code: &str) -> &str {
    code.split("#[cfg(test)]\nmod tests {").next().unwrap_or(code)
}

/// The path from the crate's root. None for a path into another crate.
fn absolute(own: &str, path: &[String]) -> Option<Vec<String>> {
    let own: Vec<String> = own.split("::").map(str::to_owned).collect();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([&own[..], &path[1..]].concat()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let kept = own.len().checked_sub(up)?;
            Some([&own[..kept], &path[up..]].concat())
        }
        _ => Some([&own[..], path].concat()),
    }
}

/// The file whose module path is the longest prefix of this path.
fn file_of(path: &[String], modules: &BTreeSet<String>) -> Option<String> {
    (1..=path.len()).rev().map(|length| path[..length].join("::")).find(|module| modules.contains(module))
}
