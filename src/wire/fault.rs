//! Why a message cannot be read: a stable code, the field, what it contains where that is no personal data, and what is
//! wanted.

use super::form::{plausibility, reason};
use super::{json_path, shown};

/// Why a message becomes a dead letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub code: &'static str,
    /// The field, the kind of fault, what came and what is wanted. Contains no personal data.
    pub detail: String,
    /// The path and the kind of fault, until the value is known.
    field: Option<(String, &'static str)>,
}

/// The stable fault codes.
pub mod code {
    pub const NO_VALUE: &str = "no_value";
    pub const HEADERS_UNREADABLE: &str = "headers_unreadable";
    pub const NO_TYPE: &str = "no_type";
    pub const NO_ID: &str = "no_id";
    pub const NO_TIME: &str = "no_time";
    pub const CONTENT_TYPE: &str = "content_type";
    pub const UNKNOWN_TYPE: &str = "unknown_type";
    pub const UNKNOWN_SPECVERSION: &str = "unknown_specversion";
    pub const FILE_HEADERS: &str = "file_headers";
    pub const NOT_JSON: &str = "not_json";
    pub const SCHEMA: &str = "schema";
    pub const IDENTIFIER: &str = "identifier";
    /// A date or an instant that cannot be right at the event's `ce_time`.
    pub const PLAUSIBILITY: &str = "plausibility";
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
        Self { code, detail: detail.into(), field: None }
    }

    /// A record without a value (a tombstone).
    pub(crate) fn no_value() -> Self {
        Self::new(code::NO_VALUE, "the value: got nothing, wanted the event's data as a JSON object")
    }

    /// A header or attribute of the event with an unexpected value.
    pub(crate) fn header(code: &'static str, name: &str, value: Option<&str>, wanted: &str) -> Self {
        let came = value.map_or_else(|| "nothing".to_owned(), shown::quoted);
        Self::new(code, format!("{name}: got {came}, wanted {wanted}"))
    }

    /// A header whose text breaks a rule of its form or of plausibility.
    pub(crate) fn header_text(name: &str, why: &'static str, text: &str, wanted: &str) -> Self {
        let detail = detail(name, why, &shown::quoted(text), wanted);
        Self { detail, field: None, ..Self::field(name, why) }
    }

    /// A field that breaks a rule of the schema, of identifiers or of plausibility.
    pub fn field(field: &str, why: &'static str) -> Self {
        let code = match why {
            reason::BAD_CHECK_DIGIT | reason::NOT_A_CODE => code::IDENTIFIER,
            reason::IMPLAUSIBLE_DATE | reason::IMPLAUSIBLE_INSTANT => code::PLAUSIBILITY,
            _ => code::SCHEMA,
        };
        Self { code, detail: format!("{field}: {why}"), field: Some((field.to_owned(), why)) }
    }

    /// The path of the field and the kind of fault, if the fault is about a field.
    pub fn of_field(&self) -> Option<(&str, &'static str)> {
        self.field.as_ref().map(|(path, why)| (path.as_str(), *why))
    }

    /// Adds what came and what is wanted to a fault of a field.
    #[must_use]
    pub(crate) fn explained(mut self, json: &[u8]) -> Self {
        if let Some((path, why)) = self.field.take() {
            self.detail = detail(&path, why, &shown::value_at(json, &path), reason::wanted(why));
        }
        self
    }

    /// The text of a serde error may contain values, so the fault contains only the field's path and a stable code.
    pub(crate) fn from_json(error: &serde_json::Error, json: &[u8]) -> Self {
        if !error.is_data() {
            let came = format!("text that is not JSON from line {}, column {}", error.line(), error.column());
            return Self::new(
                code::NOT_JSON,
                format!("the value: got {came}, wanted one JSON object in UTF-8"),
            );
        }
        let text = error.to_string();
        let path = json_path::at(json, error.line(), error.column());
        if let Some(rest) = text.strip_prefix("missing field `") {
            let field = rest.split('`').next().unwrap_or_default();
            return Self::field(&json_path::sibling(&path, field), reason::MISSING);
        }
        if let Some(rest) = text.strip_prefix("unknown field `") {
            let field = json_path::field_name(rest.split('`').next().unwrap_or_default().as_bytes());
            return Self::field(&json_path::sibling(&path, &field), reason::UNKNOWN_WORD);
        }
        if text.starts_with("invalid type: null") {
            return Self::field(&path, reason::MISSING);
        }
        let why = text.split_once(" at line").and_then(|(code, _)| reason::known(code));
        Self::field(&path, why.unwrap_or(reason::WRONG_FORM))
    }
}

/// What is wrong with a field, what came and what is wanted.
fn detail(path: &str, why: &str, came: &str, wanted: &str) -> String {
    let hint = plausibility::hint(why, came.trim_start_matches('"'));
    let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{path}: {why}: got {came}{hint}, wanted {wanted}")
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.code, self.detail)
    }
}

impl std::error::Error for Fault {}
