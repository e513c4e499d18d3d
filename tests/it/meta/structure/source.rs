//! A minimal reader of Rust code. It blanks comments and literals, and finds paths, closures and function bodies.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub struct Source {
    /// The path relative to the folder that was read.
    pub path: PathBuf,
    /// The code with comments, strings and characters blanked. Line breaks are kept.
    pub code: String,
}

impl Source {
    pub fn all(folder: &Path) -> Vec<Self> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let code = strip(&std::fs::read_to_string(&path).unwrap());
                    found.push(Self { path: path.strip_prefix(folder).unwrap().to_owned(), code });
                }
            }
        }
        assert!(found.len() > 50, "only {} files were found", found.len());
        found
    }

    /// The top-level module that the file belongs to.
    pub fn module(&self) -> String {
        let first = self.path.iter().next().unwrap().to_string_lossy();
        first.trim_end_matches(".rs").to_owned()
    }

    /// Whether the code has a path that begins with this crate.
    pub fn names_crate(&self, name: &str) -> bool {
        let path = format!("{name}::");
        self.code.match_indices(&path).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            before.is_none_or(|c| !is_word(c) && c != ':')
        })
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All identifiers in the code.
pub fn words(code: &str) -> BTreeSet<&str> {
    code.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect()
}

/// The modules that are named after `crate::`, in paths and in the braces of `use` statements.
pub fn crate_modules(code: &str) -> BTreeSet<String> {
    let named =
        paths(code).into_iter().filter(|path| path.parts.first().is_some_and(|first| first == "crate"));
    named.filter_map(|path| path.parts.into_iter().nth(1)).collect()
}

/// A path in the code.
pub struct NamedPath {
    pub parts: Vec<String>,
    /// Whether it is of a `pub use` statement.
    pub is_reexport: bool,
}

/// Every path of a `use` statement, and every other path that begins with `crate`, `super` or `self`.
pub fn paths(code: &str) -> Vec<NamedPath> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("use ") else { continue };
        if statement[..at].chars().next_back().is_none_or(char::is_whitespace) {
            let is_reexport = statement[..at].trim_end().ends_with("pub");
            let mut named = Vec::new();
            expand(&[], &statement[at + 4..], &mut named);
            found.extend(named.into_iter().map(|parts| NamedPath { parts, is_reexport }));
        }
    }
    for head in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(head) {
            if code[..at].ends_with(|c: char| is_word(c) || c == ':') {
                continue;
            }
            let path = code[at..].split(|c: char| !is_word(c) && c != ':').next().unwrap_or_default();
            let parts = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            found.push(NamedPath { parts, is_reexport: false });
        }
    }
    found
}

/// Expands the braces of a `use` tree.
fn expand(prefix: &[String], tree: &str, found: &mut Vec<Vec<String>>) {
    let (head, group) = match tree.split_once('{') {
        Some((head, rest)) => (head, rest.rfind('}').map(|end| &rest[..end])),
        None => (tree, None),
    };
    let mut path = prefix.to_vec();
    let name = head.split(" as ").next().unwrap_or_default();
    path.extend(name.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
    let Some(group) = group else {
        found.push(path);
        return;
    };
    let (mut depth, mut start) = (0_u32, 0);
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&path, &group[start..at], found);
                start = (at + 1).min(group.len());
            }
            _ => {}
        }
    }
}

/// The number of closures bound to a name: `let name = |…|`.
pub fn bound_closures(code: &str) -> usize {
    let is_bound = |line: &&str| {
        let text = line.trim_start();
        let Some((_, value)) = text.strip_prefix("let ").and_then(|text| text.split_once(" = ")) else {
            return false;
        };
        value.starts_with('|') || value.starts_with("move |")
    };
    code.lines().filter(is_bound).count()
}

/// The number of lines of each function with a body, from `fn` to the closing brace.
pub fn function_lengths(code: &str) -> Vec<usize> {
    let head = |at: usize| !code[..at].ends_with(is_word) && code[at + 3..].starts_with(is_word);
    code.match_indices("fn ")
        .filter(|(at, _)| head(*at))
        .filter_map(|(at, _)| body_lines(&code[at..]))
        .collect()
}

fn body_lines(function: &str) -> Option<usize> {
    let mut depth = 0_i32;
    let mut brackets = 0_i32;
    for (at, c) in function.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if depth == 0 && brackets == 0 => return None,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(function[..at].matches('\n').count() + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Blanks comments, strings and characters.
pub fn strip(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = literal_length(rest, out.chars().next_back());
        let taken = if length == 0 { c.len_utf8() } else { length };
        let (piece, after) = rest.split_at(taken);
        if length == 0 {
            out.push(c);
        } else {
            out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    out
}

/// The length in bytes of the comment or literal that begins here, or 0 if none does.
fn literal_length(text: &str, before: Option<char>) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |end| end + 2);
    }
    if text.starts_with('"') {
        return quoted(text, '"');
    }
    let raw = text.strip_prefix("br").or_else(|| text.strip_prefix('r'));
    if let Some(after) = raw.filter(|_| !before.is_some_and(is_word)) {
        let hashes = after.chars().take_while(|c| *c == '#').count();
        if after[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = text.len() - after.len() + hashes + 1;
            return text[body..].find(&end).map_or(text.len(), |at| body + at + end.len());
        }
    }
    if text.starts_with('\'') {
        return character(text);
    }
    0
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character literal that begins here, or 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => quoted(text, '\''),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}
