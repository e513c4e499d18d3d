//! Variables that are not settings, and suggestions for misspelt settings.

use super::keys::keys;

/// Variables with the prefix `PEYVAND_` that are not settings: the path of the file, and variables of tests and local
/// stacks.
const OTHER_VARIABLES: &[&str] = &["PEYVAND_CONFIG"];
const OTHER_PREFIXES: &[&str] = &["PEYVAND_TEST_", "PEYVAND_LOCAL_"];

/// Whether a variable with the prefix `PEYVAND_` that is not a setting is a known variable for another purpose.
pub(super) fn is_unrelated(name: &str, rest: &str) -> bool {
    OTHER_VARIABLES.contains(&name)
        || OTHER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || from_kubernetes(rest)
}

/// Kubernetes sets variables such as `PEYVAND_SERVICE_HOST` and `PEYVAND_API_PORT_8080_TCP` in each container for
/// services with these names. They must not be refused as unknown settings.
fn from_kubernetes(rest: &str) -> bool {
    let padded = format!("_{rest}");
    padded.contains("_SERVICE_HOST")
        || padded.contains("_SERVICE_PORT")
        || padded.ends_with("_PORT")
        || padded.contains("_PORT_")
}

/// The most similar known key, within two edits or a third of its length.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    keys()
        .iter()
        .map(|key| (edits(name, key.name), key.name))
        .filter(|(edits, key)| *edits <= 2.max(key.len() / 3))
        .min()
        .map(|(_, key)| key)
}

/// The Levenshtein distance.
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
