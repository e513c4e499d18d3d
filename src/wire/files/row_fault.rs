//! Why a row is rejected.

use super::shown::{MAX_SHOWN, escaped};

/// The first fault of a rejected row, in column order.
#[derive(Clone, PartialEq, Eq)]
pub struct RowFault {
    pub line: u64,
    /// The column; empty if the whole row is faulty.
    pub field: &'static str,
    /// The text in the file, cut after 100 characters, with invisible characters escaped.
    pub value: String,
    /// A code of [`reason`](crate::wire::form::reason).
    pub reason: &'static str,
}

impl RowFault {
    pub fn new(line: u64, field: &'static str, value: &str, reason: &'static str) -> Self {
        Self { line, field, value: escaped(value, MAX_SHOWN), reason }
    }

    /// A fault of the row as a whole.
    pub fn of_row(line: u64, value: &str, reason: &'static str) -> Self {
        Self::new(line, "", value, reason)
    }
}

/// Omits the value, which is personal data. It belongs in the rejects file and on the publisher's screen, not in a log.
impl std::fmt::Debug for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.field, self.reason)
    }
}
