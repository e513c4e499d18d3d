//! Errors in the settings. Each names where to correct it.

use std::fmt;
use std::path::PathBuf;

/// The layer of a value. A later layer overrides an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable, with its full name.
    Environment(String),
    /// A flag on the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// One error in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key as it was written; empty if the whole file is invalid.
    pub key: String,
    /// The layer that contains it.
    pub origin: Origin,
    /// The invalid value, masked for secrets; none if the error is not about a value.
    pub value: Option<String>,
    /// The expected value.
    pub expected: String,
}

impl ConfigError {
    pub(super) fn unreadable_file(path: PathBuf, why: &str) -> Self {
        Self {
            key: String::new(),
            origin: Origin::File(path),
            value: None,
            expected: format!("a readable TOML file: {why}"),
        }
    }

    /// `nearest` is the most similar known key, in the notation of this layer.
    pub(super) fn unknown(key: &str, origin: Origin, nearest: Option<String>) -> Self {
        let expected = match nearest {
            Some(nearest) => format!("a known setting; did you mean `{nearest}`?"),
            None => "a known setting; `peyvand config` lists them".to_owned(),
        };
        Self { key: key.to_owned(), origin, value: None, expected }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        write!(f, "({})", self.origin)?;
        if let Some(value) = &self.value {
            write!(f, " is \"{value}\"")?;
        }
        write!(f, ": expected {}", self.expected)
    }
}

impl std::error::Error for ConfigError {}
