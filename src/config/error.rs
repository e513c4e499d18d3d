//! What is wrong with the settings, in words that say where to mend it.

use std::fmt;
use std::path::PathBuf;

/// The layer that a value came from; a later one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable, by its full name.
    Environment(String),
    /// The command line.
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

/// One fault in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key as it was written; empty where the whole file is at fault.
    pub key: String,
    /// Where it was written.
    pub origin: Origin,
    /// What was written, masked for secrets; none where it has no bearing.
    pub value: Option<String>,
    /// What is expected there.
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

    /// `nearest` is the known key that looks most like it, in the form in which this layer writes keys.
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
