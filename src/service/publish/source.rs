//! The bytes of a file, and their SHA-256: it must be known before the first row is sent.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::service::{Error, Result};

/// A file, or standard input kept in an unnamed temporary file.
pub struct SourceFile {
    file: File,
    name: PathBuf,
    file_id: String,
    bytes: u64,
}

impl SourceFile {
    pub fn open(path: &Path) -> Result<Self> {
        let told = |error: std::io::Error| Error::Failed(format!("{}: {error}", path.display()));
        let file =
            if path == Path::new("-") { spool().map_err(told)? } else { File::open(path).map_err(told)? };
        let mut source = Self { file, name: path.to_owned(), file_id: String::new(), bytes: 0 };
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        let mut reading = source.reopen()?;
        loop {
            let read = reading.read(&mut buffer).map_err(told)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            source.bytes += u64::try_from(read).unwrap_or(0);
        }
        source.file_id = hex::encode(hash.finalize());
        Ok(source)
    }

    /// From the first byte again.
    pub fn reopen(&self) -> Result<File> {
        let told = |error: std::io::Error| Error::Failed(format!("{}: {error}", self.name.display()));
        let mut file = self.file.try_clone().map_err(told)?;
        file.rewind().map_err(told)?;
        Ok(file)
    }

    /// SHA-256 of the bytes, lower-case hex.
    pub fn file_id(&self) -> &str {
        &self.file_id
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn name(&self) -> &Path {
        &self.name
    }
}

fn spool() -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
    file.flush()?;
    Ok(file)
}
