//! `registry.file-receipts.v1`: the result of every row of a published file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::files::FileKind;
use super::form::{Sha256Hex, Strict, Text};

/// `registry.file.received`: `declared` is the sum of the other counts, in rows.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileReceived {
    /// SHA-256 of the file's bytes.
    #[serde_as(as = "Text<Sha256Hex>")]
    pub file_id: String,
    #[serde_as(as = "Strict")]
    pub kind: FileKind,
    /// Data rows read.
    pub declared: u64,
    /// No row with the same key existed.
    pub accepted: u64,
    /// The content differs from the existing row with the same key.
    pub corrected: u64,
    /// The same content as the existing row, or a lower version.
    pub unchanged: u64,
    /// The same version with different content. The first row stays in force.
    pub conflicting: u64,
    /// Rejected rows, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// SHA-256 of the file's bytes. A publisher uses it to recognise a file that was sent before.
    #[serde_as(as = "Text<Sha256Hex>")]
    pub digest: String,
    /// The file ended without a line end, so it may have been cut off.
    #[serde(default)]
    pub unterminated: bool,
}

impl FileReceived {
    /// Whether the counts add up to `declared`.
    pub fn adds_up(&self) -> bool {
        let counts = [self.accepted, self.corrected, self.unchanged, self.conflicting];
        let sum = counts.iter().chain(self.rejected.values()).try_fold(0_u64, |sum, n| sum.checked_add(*n));
        sum == Some(self.declared)
    }
}
