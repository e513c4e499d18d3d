//! The bytes of a file and their SHA-256, which must be known before the first row is sent.

use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::service::{Error, Result};
use crate::wire::files::{FileKind, RowChunks, RowLimits, RowReader};

/// A file, or standard input that is copied to an unnamed temporary file.
pub struct SourceFile {
    file: File,
    name: PathBuf,
    file_id: String,
    bytes: u64,
}

impl SourceFile {
    pub fn open(path: &Path) -> Result<Self> {
        let opened = if path == Path::new("-") { spool() } else { File::open(path) };
        let file = opened.map_err(|error| failed(path, &error))?;
        let mut source = Self { file, name: path.to_owned(), file_id: String::new(), bytes: 0 };
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        let mut reading = source.reopen()?;
        loop {
            let read = reading.read(&mut buffer).map_err(|error| failed(path, &error))?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            source.bytes += u64::try_from(read).unwrap_or(0);
        }
        source.file_id = hex::encode(hash.finalize());
        Ok(source)
    }

    /// Returns a handle that reads the file from its first byte.
    pub fn reopen(&self) -> Result<File> {
        let mut file = self.file.try_clone().map_err(|error| failed(&self.name, &error))?;
        file.rewind().map_err(|error| failed(&self.name, &error))?;
        Ok(file)
    }

    /// The SHA-256 of the bytes, in lower-case hex.
    pub fn file_id(&self) -> &str {
        &self.file_id
    }

    /// Reads the file from its start, as rows of this kind.
    pub fn chunks(&self, kind: FileKind, limits: RowLimits) -> Result<RowChunks<File>> {
        let reader = RowReader::new(kind, limits, self.reopen()?);
        Ok(RowChunks::new(reader.map_err(|error| self.failed(&error))?))
    }

    /// An error that names the file.
    pub fn failed(&self, error: &dyn Display) -> Error {
        failed(&self.name, error)
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn name(&self) -> &Path {
        &self.name
    }
}

fn failed(path: &Path, error: &dyn Display) -> Error {
    Error::Failed(format!("{}: {error}", path.display()))
}

fn spool() -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
    file.flush()?;
    Ok(file)
}
