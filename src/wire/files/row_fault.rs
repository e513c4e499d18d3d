//! Why a row is rejected.

/// The first fault of a rejected row, in column order.
#[derive(Clone, PartialEq, Eq)]
pub struct RowFault {
    pub line: u64,
    /// The column; empty if the whole row is faulty.
    pub field: &'static str,
    /// The text in the file.
    pub value: String,
    /// A code of [`reason`].
    pub reason: &'static str,
}

/// Omits the value, which is personal data. It belongs in the rejects file and on the publisher's screen, not in a log.
impl std::fmt::Debug for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.field, self.reason)
    }
}
