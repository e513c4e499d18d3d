//! Why a message cannot be read: a stable code and the field, never a value of the message.

use super::form::reason;
use super::json_path;

/// Why a message becomes a dead letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub code: &'static str,
    /// The field and the kind of fault. Contains no values of the message.
    pub detail: String,
}

/// The stable fault codes.
pub mod code {
    pub const NO_VALUE: &str = "no_value";
    pub const HEADERS_UNREADABLE: &str = "headers_unreadable";
    pub const NO_TYPE: &str = "no_type";
    pub const NO_ID: &str = "no_id";
    pub const UNKNOWN_TYPE: &str = "unknown_type";
    pub const UNKNOWN_SPECVERSION: &str = "unknown_specversion";
    pub const FILE_HEADERS: &str = "file_headers";
    pub const NOT_JSON: &str = "not_json";
    pub const SCHEMA: &str = "schema";
    pub const IDENTIFIER: &str = "identifier";
    pub const KEY_MISMATCH: &str = "key_mismatch";
    /// The message is not in the partition of its key.
    pub const MISROUTED: &str = "misrouted";
    /// The message is well formed, but its document was never issued. Ingest finds this when it applies the event.
    pub const UNKNOWN_DOCUMENT: &str = "unknown_document";
    /// The message passes every check, but the database refuses to write its data.
    pub const REFUSED_BY_DATABASE: &str = "refused_by_database";
}

impl Fault {
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// A field that breaks a rule of the schema or of identifiers.
    pub fn field(field: &str, why: &'static str) -> Self {
        let code = match why {
            reason::BAD_CHECK_DIGIT | reason::NOT_A_CODE => code::IDENTIFIER,
            _ => code::SCHEMA,
        };
        Self { code, detail: format!("{field}: {why}") }
    }

    /// The text of a serde error may contain values, so the fault contains only the field's path and a stable code.
    pub(crate) fn from_json(error: &serde_json::Error, json: &[u8]) -> Self {
        if !error.is_data() {
            return Self::new(code::NOT_JSON, "the value is no JSON text");
        }
        let text = error.to_string();
        let path = json_path::at(json, error.line(), error.column());
        if let Some(rest) = text.strip_prefix("missing field `") {
            let field = rest.split('`').next().unwrap_or_default();
            return Self::field(&json_path::sibling(&path, field), reason::MISSING);
        }
        match reason::ALL.into_iter().find(|why| text.starts_with(&format!("{why} at line"))) {
            Some(why) => Self::field(&path, why),
            None => Self::new(code::SCHEMA, format!("{path}: wrong_form")),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.code, self.detail)
    }
}

impl std::error::Error for Fault {}
