//! `registry.files.v1`: the opening and closing events of every published file, of any kind.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::fault::Fault;
use super::files::FileKind;
use super::form::{Sha256Hex, Strict, Text, reason};

/// `registry.file.opened`: rows of this file follow.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileOpened {
    /// SHA-256 of the file's bytes.
    #[serde_as(as = "Text<Sha256Hex>")]
    pub file_id: String,
    #[serde_as(as = "Strict")]
    pub kind: FileKind,
    #[serde_as(as = "Strict")]
    pub opened_at: Timestamp,
}

/// `registry.file.closed`: every row of the file has been sent or rejected.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileClosed {
    #[serde_as(as = "Text<Sha256Hex>")]
    pub file_id: String,
    #[serde_as(as = "Strict")]
    pub kind: FileKind,
    /// Data rows read: the sum of `rows` and the rejected rows.
    pub declared: u64,
    /// Rows that the publisher rejected, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Rows sent. A wage event contains several.
    pub rows: u64,
    /// SHA-256 of the file's bytes. A publisher uses it to recognise a file that was sent before.
    #[serde_as(as = "Text<Sha256Hex>")]
    pub digest: String,
    /// The file ended without a line end, so it may have been cut off.
    #[serde(default)]
    pub unterminated: bool,
    #[serde_as(as = "Strict")]
    pub closed_at: Timestamp,
}

impl FileClosed {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        let sum = self.rejected.values().try_fold(self.rows, |sum, n| sum.checked_add(*n));
        if sum == Some(self.declared) { Ok(()) } else { Err(Fault::field("declared", reason::CONTRADICTORY)) }
    }
}
