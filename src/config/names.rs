//! Names: whose a variable is, and which setting a misspelt one was meant to be.

use super::keys::keys;

/// Variables that begin with `PEYVAND_` and are no settings: the file's place, and what tests and local stacks use.
const OTHER_VARIABLES: &[&str] = &["PEYVAND_CONFIG"];
const OTHER_PREFIXES: &[&str] = &["PEYVAND_TEST_", "PEYVAND_LOCAL_"];

/// Whether a variable that begins with `PEYVAND_` and is no setting belongs to somebody else.
pub(super) fn is_unrelated(name: &str, rest: &str) -> bool {
    OTHER_VARIABLES.contains(&name)
        || OTHER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || from_kubernetes(rest)
}

/// Kubernetes gives each container `PEYVAND_SERVICE_HOST`, `PEYVAND_API_PORT_8080_TCP` and the like for services of
/// these names; they are not ours to refuse.
fn from_kubernetes(rest: &str) -> bool {
    let padded = format!("_{rest}");
    padded.contains("_SERVICE_HOST")
        || padded.contains("_SERVICE_PORT")
        || padded.ends_with("_PORT")
        || padded.contains("_PORT_")
}

/// The known key within two edits, or a third of its length.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    keys()
        .iter()
        .map(|key| (edits(name, key.name), key.name))
        .filter(|(edits, key)| *edits <= 2.max(key.len() / 3))
        .min()
        .map(|(_, key)| key)
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
