//! Why a file is refused as a whole.

use std::fmt::{self, Write};
use std::io;

use super::FileKind;
use super::format::{OtherFormat, other_delimiter};
use super::shown::{escaped, masked};

/// Maximum length of the shown first line in characters.
const SHOWN_LINE: usize = 200;

/// Why a file cannot be read, or cannot be read any further. The text names the cause and what to do.
#[derive(Debug)]
pub enum FileError {
    NoHeader(FileKind),
    OtherFormat(OtherFormat),
    NotUtf8 {
        line: u64,
        is_windows_1256: bool,
    },
    /// The file begins with more than one byte order mark.
    TwoByteOrderMarks,
    Header(HeaderFault),
    /// The quotation mark that line `0` opens is never closed.
    OpenQuotation(u64),
    /// Line `0` is longer than 1 MiB.
    LineTooLong(u64),
    Io(io::Error),
}

/// A header that lacks columns or names one twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeaderFault {
    pub kind: FileKind,
    pub missing: Vec<&'static str>,
    pub twice: Vec<&'static str>,
    /// The first line of the file.
    pub line: String,
}

impl std::error::Error for FileError {}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader(kind) => {
                let columns = kind.columns().join(", ");
                write!(f, "the file is empty; its first line must name the columns: {columns}")
            }
            Self::OtherFormat(format) => {
                write!(f, "the file is {}, and not CSV in UTF-8: {}", format.what, format.cure)
            }
            Self::NotUtf8 { line, is_windows_1256 } => {
                let encoding =
                    if *is_windows_1256 { "looks like Windows-1256" } else { "is in another encoding" };
                write!(
                    f,
                    "the file is not UTF-8 (first on line {line}); it {encoding}: save it as \"CSV UTF-8 (comma delimited)\""
                )
            }
            Self::TwoByteOrderMarks => {
                f.write_str("the file begins with two byte order marks: save it as UTF-8 with one or none")
            }
            Self::Header(fault) => fault.fmt(f),
            Self::OpenQuotation(line) => write!(
                f,
                "line {line} opens a quotation mark that is never closed: close or remove it (a mark inside a quoted value is doubled)"
            ),
            Self::LineTooLong(line) => {
                write!(f, "line {line} is longer than 1 MiB: is this a CSV file with one row a line?")
            }
            Self::Io(error) => write!(f, "the file cannot be read: {error}"),
        }
    }
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if !self.missing.is_empty() {
            let plural = if self.missing.len() == 1 { "" } else { "s" };
            let _ = write!(
                text,
                "the file of {} lacks the column{plural} {}",
                self.kind,
                self.missing.join(", ")
            );
        } else {
            let _ = write!(text, "the header names {} twice", self.twice.join(", "));
        }
        let _ = write!(text, ". Its first line is: {}", masked(&escaped(&self.line, SHOWN_LINE)));
        if let Some(delimiter) = other_delimiter(&self.line).filter(|_| !self.missing.is_empty()) {
            let _ = write!(text, ". The delimiter looks like {delimiter}: save the file with commas");
        }
        f.write_str(&text)
    }
}
