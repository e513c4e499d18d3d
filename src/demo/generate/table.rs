//! A CSV writer. No generated field contains a comma, a quote or a line break, so fields are never quoted.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::GenerateError;
use crate::wire::files::FileKind;

pub struct CsvTable {
    out: BufWriter<File>,
    path: PathBuf,
    line: Vec<u8>,
    /// Number of data rows, including faulty ones.
    pub rows: u64,
}

impl CsvTable {
    /// Creates the file with the usual name and the header of its kind.
    pub fn create(dir: &Path, kind: FileKind) -> Result<Self, GenerateError> {
        let path = dir.join(kind.file_name());
        let file = File::create(&path).map_err(|source| GenerateError::file(&path, source))?;
        let mut table =
            CsvTable { out: BufWriter::with_capacity(1 << 20, file), path, line: Vec::new(), rows: 0 };
        table.row(&kind.columns())?;
        table.rows = 0;
        Ok(table)
    }

    pub fn row(&mut self, fields: &[&str]) -> Result<(), GenerateError> {
        self.line.clear();
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.line.push(b',');
            }
            self.line.extend_from_slice(field.as_bytes());
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line).map_err(|source| GenerateError::file(&self.path, source))?;
        self.rows += 1;
        Ok(())
    }

    /// Writes complete lines.
    pub fn lines(&mut self, lines: &[u8], rows: u64) -> Result<(), GenerateError> {
        self.out.write_all(lines).map_err(|source| GenerateError::file(&self.path, source))?;
        self.rows += rows;
        Ok(())
    }

    pub fn finish(mut self) -> Result<u64, GenerateError> {
        self.out.flush().map_err(|source| GenerateError::file(&self.path, source))?;
        Ok(self.rows)
    }
}
