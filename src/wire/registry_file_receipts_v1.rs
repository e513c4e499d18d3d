//! `registry.file-receipts.v1`: what became of every row of a published file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::files::FileKind;
use super::form::{Sha256Hex, Strict};

/// `registry.file.received`: `declared` is the sum of the other counts, in rows.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileReceived {
    /// SHA-256 of the file's bytes.
    #[serde_as(as = "Sha256Hex")]
    pub file_id: String,
    #[serde_as(as = "Strict")]
    pub kind: FileKind,
    /// Data rows read.
    pub declared: u64,
    /// No row of the key was there yet.
    pub accepted: u64,
    /// Other content than the row of the key that was there.
    pub corrected: u64,
    /// The same content, or a lower version.
    pub unchanged: u64,
    /// The same version with other content: the first stands.
    pub conflicting: u64,
    /// By reason.
    pub rejected: BTreeMap<String, u64>,
    /// SHA-256 of the file's bytes, by which a file already sent is recognised.
    #[serde_as(as = "Sha256Hex")]
    pub digest: String,
}

impl FileReceived {
    /// Do the counts add up to `declared`?
    pub fn adds_up(&self) -> bool {
        let counts = [self.accepted, self.corrected, self.unchanged, self.conflicting];
        let sum = counts.iter().chain(self.rejected.values()).try_fold(0_u64, |sum, n| sum.checked_add(*n));
        sum == Some(self.declared)
    }
}
